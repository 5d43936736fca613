"""The claims a project adds to its access tokens (``KEYTURN["ACCESS_TOKEN_CLAIMS"]``), made anew at every mint."""

from collections.abc import Mapping
from typing import Any, Final

from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from keyturn import conf
from keyturn.sessions.models import Session

__all__ = ["own_claims"]

# RFC 7519 section 4.1, RFC 9068 section 2.2, RFC 7800 (``cnf``), RFC 8693 (``act``), and Keyturn's own.
_TAKEN: Final = frozenset(
    {
        "acr",
        "act",
        "amr",
        "aud",
        "auth_time",
        "client_id",
        "cnf",
        "exp",
        "gen",
        "iat",
        "iss",
        "jti",
        "nbf",
        "scope",
        "sid",
        "sub",
    }
)


def own_claims(session: Session) -> dict[str, Any]:
    """Ask the project's function for its claims.

    Args:
        session: whose token it is; ``session.user`` reads the user, if the function looks at it.

    Returns:
        Its claims; none where no function is set.

    Raises:
        ImproperlyConfigured: it gave something else than a mapping, or a claim that Keyturn gives itself.
    """
    settings = conf.get()
    hook = settings.access_token_claims
    if hook is None:
        return {}
    claims = (import_string(hook) if isinstance(hook, str) else hook)(session)
    if not isinstance(claims, Mapping):
        raise ImproperlyConfigured("KEYTURN['ACCESS_TOKEN_CLAIMS'] must return a mapping of claims.")
    named = {
        settings.token_type_claim,
        settings.user_id_claim,
        settings.jti_claim,
        settings.sliding_token_refresh_exp_claim,
    }
    if settings.check_revoke_token:
        named.add(settings.revoke_token_claim)
    taken = sorted(str(name) for name in claims if name in _TAKEN or name in named)
    if taken:
        raise ImproperlyConfigured(f"KEYTURN['ACCESS_TOKEN_CLAIMS'] must not give {', '.join(taken)}: Keyturn does.")
    return dict(claims)
