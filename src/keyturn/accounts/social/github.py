"""GitHub: OAuth 2.0 with PKCE and no ID token; who somebody is, is asked of its API."""

import json
from typing import Any, Final
from urllib.parse import urlencode

from django.views.decorators.debug import sensitive_variables

from keyturn.accounts.issuers import home_of
from keyturn.accounts.social.asking import Asking
from keyturn.accounts.social.identity import Identity, subject_of
from keyturn.accounts.social.starts import Start
from keyturn.conf.providers import Provider
from keyturn.errors import Reason, RefusedError
from keyturn.verifier.transport import Answer

__all__ = ["authorization_url", "identity_by_code"]

_PUBLIC: Final = "https://github.com"
_PUBLIC_API: Final = "https://api.github.com"
_LONGEST_TOKEN: Final = 1024


@sensitive_variables()
def authorization_url(provider: Provider, start: Start) -> str:
    """Where to send the browser."""
    asked = {
        "response_type": "code",
        "client_id": provider.client_id,
        "redirect_uri": start.redirect_uri,
        "scope": " ".join(provider.scopes),
        "state": start.state,
        "code_challenge": start.challenge,
        "code_challenge_method": "S256",
    }
    return f"{provider.home}/login/oauth/authorize?{urlencode(asked)}"


@sensitive_variables()
def identity_by_code(provider: Provider, start: Start, *, code: str, asking: Asking) -> Identity:
    """Trade a code, and ask who signed in.

    Raises:
        RefusedError: ``provider_refused``, ``provider_unavailable``.
    """
    form = {
        "client_id": provider.client_id,
        "client_secret": provider.client_secret,
        "code": code,
        "redirect_uri": start.redirect_uri,
        "code_verifier": start.verifier,
    }
    answer = asking.post(f"{provider.home}/login/oauth/access_token", what="the code", form=form)
    found = _json(answer, "the answer to the code")
    # GitHub says with status 200 what went wrong.
    token = found.get("access_token") if isinstance(found, dict) else None
    if (
        not isinstance(token, str)
        or not 0 < len(token) <= _LONGEST_TOKEN
        or not (token.isascii() and token.isprintable())
    ):
        raise RefusedError(Reason.PROVIDER_REFUSED, "no access token came for the code")
    api = _PUBLIC_API if provider.home == _PUBLIC else f"{provider.home}/api/v3"
    headers = {"Authorization": f"Bearer {token}", "Accept": "application/vnd.github+json"}
    user = _json(asking.get(f"{api}/user", what="the user", headers=headers), "the user")
    number = user.get("id") if isinstance(user, dict) else None
    # A login can be renamed and then taken by somebody else; the number stays.
    if isinstance(number, bool) or not isinstance(number, int) or number <= 0:
        raise RefusedError(Reason.PROVIDER_REFUSED, "the user has no number")
    addresses = _json(asking.get(f"{api}/user/emails", what="the addresses", headers=headers), "the addresses")
    email, is_verified = _address(addresses)
    claims = {"preferred_username": user.get("login"), "name": user.get("name")}
    return Identity.claimed(
        provider.id,
        subject_of(str(number)),
        claims,
        issuer=home_of(provider),
        email=email,
        is_verified=is_verified,
    )


def _address(found: Any) -> tuple[Any, bool]:
    """The main address, else a verified one."""
    rows = [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
    rows.sort(key=lambda one: (one.get("primary") is True, one.get("verified") is True), reverse=True)
    return (rows[0].get("email"), rows[0].get("verified") is True) if rows else (None, False)


@sensitive_variables()
def _json(answer: Answer, what: str) -> Any:
    if answer.status != 200:
        raise RefusedError(Reason.PROVIDER_REFUSED, f"{what} has status {answer.status}")
    try:
        return json.loads(answer.body)
    except (ValueError, RecursionError):
        raise RefusedError(Reason.PROVIDER_REFUSED, f"{what} is not JSON") from None
