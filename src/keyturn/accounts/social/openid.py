"""The code flow of OpenID Connect (Core section 3.1), with PKCE (RFC 7636), nonce and the issuer's name (RFC 9207)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode

from django.views.decorators.debug import sensitive_variables

from keyturn.accounts.social import apple, discovery
from keyturn.accounts.social.asking import Asking
from keyturn.accounts.social.discovery import Metadata
from keyturn.accounts.social.id_tokens import claims_of, identity_in
from keyturn.accounts.social.identity import Identity
from keyturn.accounts.social.starts import Start
from keyturn.conf.providers import Kind, Provider
from keyturn.errors import Reason, RefusedError
from keyturn.verifier.transport import Answer, NoAnswerError, basic_credentials

__all__ = ["authorization_url", "identity_by_code", "identity_by_token"]

_LONGEST_TOKEN: Final = 16_384
_ABOUT_THE_ADDRESS: Final = frozenset({"email_verified", "xms_edov"})


@sensitive_variables()
def authorization_url(provider: Provider, start: Start, metadata: Metadata) -> str:
    """Where to send the browser."""
    endpoint = metadata.authorization_endpoint
    asked = {
        "response_type": "code",
        "client_id": provider.client_id,
        "redirect_uri": start.redirect_uri,
        "scope": " ".join(provider.scopes),
        "state": start.state,
        "nonce": start.nonce,
        "code_challenge": start.challenge,
        "code_challenge_method": "S256",
    }
    if provider.kind == Kind.APPLE:
        # Apple wants it wherever more than nothing is asked for.
        asked["response_mode"] = "form_post"
    return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(asked)}"


@sensitive_variables()
def identity_by_code(
    provider: Provider, start: Start, *, code: str, issuer: str | None, now: datetime, asking: Asking
) -> Identity:
    """Trade a code, and learn who signed in.

    Args:
        provider: who gave the code.
        start: how this began.
        code: as it came.
        issuer: who the answer says it is from (RFC 9207); None: it does not say.
        now: aware.
        asking: asks.

    Raises:
        RefusedError: ``provider_refused``, ``provider_unavailable``.
    """
    metadata = discovery.metadata_of(provider, asking)
    _check_sender(issuer, metadata)
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": start.redirect_uri,
        "code_verifier": start.verifier,
    }
    headers: dict[str, str] = {}
    _prove(provider, metadata, form, headers, now=now)
    answered = _object(
        asking.post(metadata.token_endpoint, what="the code", form=form, headers=headers), "the answer to the code"
    )
    raw, access = answered.get("id_token"), answered.get("access_token")
    if not isinstance(raw, str):
        raise RefusedError(Reason.PROVIDER_REFUSED, "no ID token came for the code")
    access = access if isinstance(access, str) and 0 < len(access) <= _LONGEST_TOKEN and access.isprintable() else None
    claims = claims_of(
        raw,
        provider=provider,
        metadata=metadata,
        nonce=start.nonce,
        clients=(provider.client_id,),
        access_token=access,
        now=now,
        asking=asking,
    )
    if "email" not in claims and metadata.userinfo_endpoint and access is not None and access.isascii():
        # An address and whether it is verified come from one and the same document.
        said = {name: value for name, value in claims.items() if name not in _ABOUT_THE_ADDRESS}
        claims = {**_further(metadata, access, claims, asking), **said}
    return identity_in(claims, provider=provider)


@sensitive_variables()
def identity_by_token(provider: Provider, start: Start, *, id_token: str, now: datetime, asking: Asking) -> Identity:
    """Learn from an ID token that a mobile app was given who uses it. Arguments and errors as above."""
    claims = claims_of(
        id_token,
        provider=provider,
        metadata=discovery.metadata_of(provider, asking),
        nonce=start.nonce,
        clients=(provider.client_id, *provider.app_client_ids),
        access_token=None,
        now=now,
        asking=asking,
    )
    return identity_in(claims, provider=provider)


def _check_sender(issuer: str | None, metadata: Metadata) -> None:
    """RFC 9207 section 2.4: who names itself always must, and whoever does must be the one that was asked."""
    if issuer is None and metadata.names_itself:
        raise RefusedError(Reason.PROVIDER_REFUSED, "the answer does not say who it is from")
    if issuer is not None and issuer != metadata.issuer and "{tenantid}" not in metadata.issuer:
        raise RefusedError(Reason.PROVIDER_REFUSED, "the answer is from another issuer")


@sensitive_variables()
def _prove(
    provider: Provider, metadata: Metadata, form: dict[str, str], headers: dict[str, str], *, now: datetime
) -> None:
    """Say who we are, in the way that the provider takes (Core section 9)."""
    if provider.kind == Kind.APPLE:
        form |= {"client_id": provider.client_id, "client_secret": apple.client_secret(provider, now=now)}
    elif not provider.client_secret:
        form["client_id"] = provider.client_id
    elif metadata.auth_methods and "client_secret_basic" not in metadata.auth_methods:
        form |= {"client_id": provider.client_id, "client_secret": provider.client_secret}
    else:
        headers["Authorization"] = basic_credentials(provider.client_id, provider.client_secret)


@sensitive_variables()
def _further(metadata: Metadata, access: str, claims: Mapping[str, Any], asking: Asking) -> dict[str, Any]:
    """Claims that are told at another address only. Its ``sub`` must be the ID token's (Core section 5.3.2)."""
    headers = {"Authorization": f"Bearer {access}"}
    found = _object(asking.get(metadata.userinfo_endpoint, what="further claims", headers=headers), "further claims")
    if found.get("sub") != claims.get("sub"):
        raise RefusedError(Reason.PROVIDER_REFUSED, "the further claims are about somebody else")
    return found


@sensitive_variables()
def _object(answer: Answer, what: str) -> dict[str, Any]:
    if answer.status != 200:
        raise RefusedError(Reason.PROVIDER_REFUSED, f"{what} has status {answer.status}")
    try:
        return answer.json_object(what)
    except NoAnswerError as error:
        raise RefusedError(Reason.PROVIDER_REFUSED, str(error)) from None
