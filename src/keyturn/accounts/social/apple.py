"""Apple's client secret: a JWT that is signed with a key of the developer's, made anew for each exchange."""

from datetime import datetime, timedelta
from typing import Final

from django.views.decorators.debug import sensitive_variables

from keyturn.conf.providers import Provider
from keyturn.errors import Reason, RefusedError
from keyturn.jose import Key
from keyturn.jose.tokens import sign

__all__ = ["client_secret"]

_LIFETIME: Final = timedelta(minutes=5)
"""Apple takes up to six months; nothing needs it for longer than one exchange."""


@sensitive_variables()
def client_secret(provider: Provider, *, now: datetime) -> str:
    """Sign one (Apple: "Creating a client secret").

    Args:
        provider: with team, name of the key, and key.
        now: aware.

    Raises:
        RefusedError: ``provider_unavailable``: the settings' key cannot be read.
    """
    claims = {
        "iss": provider.team_id,
        "iat": int(now.timestamp()),
        "exp": int((now + _LIFETIME).timestamp()),
        "aud": "https://appleid.apple.com",
        "sub": provider.client_id,
    }
    try:
        return sign(claims, Key("ES256", provider.private_key, None, provider.key_id))
    except Exception as error:  # noqa: BLE001 - what a text that is no key makes of the libraries
        # PyJWT and cryptography have many; none of their texts shall show the key.
        raise RefusedError(Reason.PROVIDER_UNAVAILABLE, f"PRIVATE_KEY: {type(error).__name__}") from None
