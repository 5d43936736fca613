"""An ID token, judged by every rule of OpenID Connect Core section 3.1.3.7, and turned into who somebody is."""

import hashlib
import hmac
import re
from base64 import urlsafe_b64encode
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from django.views.decorators.debug import sensitive_variables

from keyturn.accounts.social.asking import Asking
from keyturn.accounts.social.discovery import Metadata, key_set
from keyturn.accounts.social.identity import Identity, subject_of
from keyturn.conf.providers import PERSONAL_TENANT, Kind, Provider
from keyturn.errors import Reason, RefusedError
from keyturn.jose.tokens import Expectation, text_of, unverified_header, verify

__all__ = ["claims_of", "identity_in"]

_LEEWAY: Final = timedelta(seconds=60)
_GUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_HASHES: Final[Mapping[str, Any]] = {"256": hashlib.sha256, "384": hashlib.sha384, "512": hashlib.sha512}


@sensitive_variables()
def claims_of(
    raw: str,
    *,
    provider: Provider,
    metadata: Metadata,
    nonce: str,
    clients: Collection[str],
    access_token: str | None,
    now: datetime,
    asking: Asking,
) -> dict[str, Any]:
    """Verify an ID token.

    Args:
        raw: as it came.
        provider: who must have made it.
        metadata: its document.
        nonce: what we sent along when this sign-in began.
        clients: our names at the provider: each of ``aud``, and ``azp``, must be among them.
        access_token: what came with it; None: nothing.
        now: aware.
        asking: asks for keys.

    Raises:
        RefusedError: ``provider_refused``, with the rule that it breaks for the log; ``provider_unavailable``.
    """
    try:
        header = unverified_header(text_of(raw))
        keys = key_set(provider, metadata, asking, kid=header.get("kid"))
        expect = Expectation(audience=tuple(clients), issuer=None, leeway=_LEEWAY)
        claims = verify(raw, keys, now=now.timestamp(), expect=expect)
    except RefusedError as error:
        if error.reason is Reason.PROVIDER_UNAVAILABLE:
            raise
        raise _refused(f"the ID token: {error.reason.value}") from None
    _check_issuer(claims, metadata)
    if provider.tenant == "organizations" and claims.get("tid") == PERSONAL_TENANT:
        raise _refused("a person's own account, and organisations' alone are wanted")
    _check_audience(claims, clients)
    if "iat" not in claims:
        raise _refused("the ID token has no iat")
    said = claims.get("nonce")
    if not isinstance(said, str) or not said.isascii() or not hmac.compare_digest(said, nonce):
        raise _refused("the ID token has not our nonce")
    if access_token is not None and "at_hash" in claims:
        _check_hash(claims["at_hash"], access_token, str(header.get("alg")))
    return claims


def identity_in(claims: Mapping[str, Any], *, provider: Provider) -> Identity:
    """Take from verified claims what is kept.

    Raises:
        RefusedError: ``provider_refused``: there is no ``sub`` that could be kept.
    """
    return Identity.claimed(
        provider.id,
        subject_of(claims.get("sub")),
        claims,
        # As in the token: of Microsoft's many tenants each is an issuer of its own.
        issuer=str(claims["iss"]),
        email=claims.get("email"),
        is_verified=_vouches(provider, claims) or (provider.emails_are_verified and not _denies(claims)),
    )


def _vouches(provider: Provider, claims: Mapping[str, Any]) -> bool:
    """Whether the provider says that the address is verified: by ``true``, and not by what merely passes for it."""
    if provider.kind == Kind.MICROSOFT:
        # An organisation's administrators write what they like into `email`; `xms_edov` says that they own its domain.
        return claims.get("tid") == PERSONAL_TENANT or claims.get("xms_edov") in (True, "1", "true")
    said = claims.get("email_verified")
    # Apple's documentation has both forms.
    return said is True or (provider.kind == Kind.APPLE and said == "true")


def _denies(claims: Mapping[str, Any]) -> bool:
    """Whether the provider says that the address is not verified: nobody can vouch against that."""
    return claims.get("email_verified") not in (True, "true", None)


def _check_issuer(claims: Mapping[str, Any], metadata: Metadata) -> None:
    expected = metadata.issuer
    if "{tenantid}" in expected:
        tenant = claims.get("tid")
        if not isinstance(tenant, str) or not _GUID.fullmatch(tenant):
            raise _refused("the ID token names no tenant")
        expected = expected.replace("{tenantid}", tenant)
    if claims.get("iss") != expected:
        raise _refused("the ID token is of another issuer")


def _check_audience(claims: Mapping[str, Any], clients: Collection[str]) -> None:
    given = claims["aud"]
    audience = [given] if isinstance(given, str) else given
    if any(one not in clients for one in audience):
        raise _refused("the ID token is for somebody else, too")
    party = claims.get("azp")
    if party is not None and party not in clients:
        raise _refused("the ID token was made for another party")
    if len(audience) > 1 and party is None:
        raise _refused("the ID token does not say for which of several it was made")


def _check_hash(said: Any, access_token: str, algorithm: str) -> None:
    """Section 3.1.3.6: the left half of the hash that goes with the signature's algorithm."""
    digest = _HASHES.get(algorithm[-3:], hashlib.sha512)(access_token.encode()).digest()
    expected = urlsafe_b64encode(digest[: len(digest) // 2]).rstrip(b"=").decode()
    if not isinstance(said, str) or not said.isascii() or not hmac.compare_digest(said, expected):
        raise _refused("the access token is not the ID token's")


def _refused(evidence: str) -> RefusedError:
    return RefusedError(Reason.PROVIDER_REFUSED, evidence)
