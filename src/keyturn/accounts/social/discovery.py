"""What an OpenID provider says about itself, and the keys it signs with: asked for once, kept in this process's memory.

OpenID Connect Discovery section 4; RFC 7517 for the keys.
"""

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from keyturn.accounts.social.asking import Asking, usable_endpoint
from keyturn.conf.providers import Provider
from keyturn.errors import Reason, RefusedError
from keyturn.jose import Key, KeySet
from keyturn.jose.jwk import read_jwk
from keyturn.verifier.transport import Answer, NoAnswerError

__all__ = ["Metadata", "forget", "fresh_metadata", "key_set", "metadata_of"]

_DOCUMENT_FRESH: Final = 3600.0
_KEYS_FRESH: Final = 600.0
"""Seconds. A key that the provider withdraws is believed no longer than this."""
_DOCUMENT_USABLE: Final = 86_400.0
"""Seconds for which a document is used that cannot be had anew."""
_PAUSE: Final = 60.0
"""Seconds for which a document that could not be had anew is used without asking once more."""
_RENEWAL: Final = 2.0
"""Seconds to have a document anew while the one before may still be used."""
_UNKNOWN_PAUSE: Final = 10.0
"""Seconds between two fetches for the sake of an unknown ``kid``."""
_KEYS_AT_MOST: Final = 100

ALGORITHMS: Final = ("RS256", "ES256", "PS256", "EdDSA", "RS384", "ES384", "PS384", "RS512", "ES512", "PS512")
"""What ID tokens may be signed with: only public keys, never ``none``, never a secret (RFC 8725 section 3.1)."""
_BY_KIND: Final[Mapping[str, str]] = {"RSA": "RS256", "P-256": "ES256", "P-384": "ES384", "P-521": "ES512"}


@dataclass(frozen=True, slots=True)
class Metadata:
    """What is needed of the document.

    Args:
        issuer: what ID tokens must name; may hold ``{tenantid}``.
        authorization_endpoint: where a browser is sent.
        token_endpoint: where codes are traded.
        jwks_uri: where the keys are.
        userinfo_endpoint: where further claims are; empty: nowhere.
        auth_methods: how a client may prove who it is; empty: not said.
        names_itself: whether it names itself when it leads a browser back (RFC 9207 section 3).
    """

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str
    auth_methods: tuple[str, ...]
    names_itself: bool


@dataclass(slots=True)
class _Known:
    """What is known of one provider; times by the monotonic clock."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    metadata: Metadata | None = None
    metadata_at: float = float("-inf")
    """When it was had, or could not be had anew."""
    metadata_from: float = float("-inf")
    """When it was had."""
    keys: KeySet | None = None
    keys_at: float = float("-inf")


_known: Final[dict[str, _Known]] = {}


def forget() -> None:
    """Forget everything. For tests."""
    _known.clear()


def fresh_metadata(provider: Provider, *, for_next: float = 0.0) -> Metadata | None:
    """Return a provider's document if it is in memory and fresh; None: the provider has to be asked.

    Args:
        provider: whose.
        for_next: seconds for which it must stay so.
    """
    known = _known.get(provider.discovery)
    if known is None or time.monotonic() - known.metadata_at >= _DOCUMENT_FRESH - for_next:
        return None
    return known.metadata


def metadata_of(provider: Provider, asking: Asking, *, for_next: float = 0.0) -> Metadata:
    """Return a provider's document, from memory where it is fresh.

    Args:
        provider: whose.
        asking: asks.
        for_next: seconds for which it shall stay fresh, so that whoever holds a lock then need not ask.

    Raises:
        RefusedError: ``provider_unavailable``: it cannot be had, or is not the configured issuer's.
    """
    if (found := fresh_metadata(provider, for_next=for_next)) is not None:
        return found
    known = _known.setdefault(provider.discovery, _Known())
    with _Turn(known, asking):
        if (found := fresh_metadata(provider, for_next=for_next)) is not None:
            return found
        is_usable = known.metadata is not None and time.monotonic() - known.metadata_from <= _DOCUMENT_USABLE
        try:
            answer = asking.get(
                provider.discovery, what="the provider's document", at_most=_RENEWAL if is_usable else None
            )
            known.metadata = _metadata(provider, answer)
            known.metadata_at = known.metadata_from = time.monotonic()
        except RefusedError:
            if known.metadata is None or not is_usable:
                raise
            known.metadata_at = time.monotonic() - _DOCUMENT_FRESH + for_next + _PAUSE
        return known.metadata


def key_set(provider: Provider, metadata: Metadata, asking: Asking, *, kid: str | None) -> KeySet:
    """Return a provider's keys; asked for anew where they are old, or do not have the wanted one.

    Args:
        provider: whose.
        metadata: its document.
        asking: asks.
        kid: the key that is wanted.

    Raises:
        RefusedError: ``provider_unavailable``: they cannot be had.
    """
    known = _known.setdefault(provider.discovery, _Known())
    with _Turn(known, asking):
        age = time.monotonic() - known.keys_at
        is_missing = kid is not None and known.keys is not None and kid not in known.keys.named
        if known.keys is None or age > _KEYS_FRESH or (is_missing and age > _UNKNOWN_PAUSE):
            known.keys = _keys(asking.get(metadata.jwks_uri, what="the provider's keys"))
            known.keys_at = time.monotonic()
        return known.keys


class _Turn:
    """One asks, and the others wait for what it is told, no longer than they have time."""

    def __init__(self, known: _Known, asking: Asking) -> None:
        self._lock = known.lock
        self._asking = asking

    def __enter__(self) -> None:
        if not self._lock.acquire(timeout=max(self._asking.remaining, 0.001)):
            raise RefusedError(Reason.PROVIDER_UNAVAILABLE, "somebody else is asking, without an answer yet")

    def __exit__(self, *_: object) -> None:
        self._lock.release()


def _object(answer: Answer, what: str) -> dict[str, Any]:
    if answer.status != 200:
        raise RefusedError(Reason.PROVIDER_UNAVAILABLE, f"{what} is answered with {answer.status}")
    try:
        return answer.json_object(what)
    except NoAnswerError as error:
        raise RefusedError(Reason.PROVIDER_UNAVAILABLE, str(error)) from None


def _metadata(provider: Provider, answer: Answer) -> Metadata:
    document = _object(answer, "the provider's document")
    if document.get("issuer") != provider.issuer:
        # Section 4.3: it is somebody else's, and must not be used.
        raise RefusedError(Reason.PROVIDER_UNAVAILABLE, "the document is that of another issuer: check its spelling")

    def endpoint(name: str) -> str:
        return usable_endpoint(document.get(name), what=name, of=provider.discovery)

    methods = document.get("token_endpoint_auth_methods_supported")
    return Metadata(
        issuer=provider.issuer,
        authorization_endpoint=endpoint("authorization_endpoint"),
        token_endpoint=endpoint("token_endpoint"),
        jwks_uri=endpoint("jwks_uri"),
        userinfo_endpoint=endpoint("userinfo_endpoint") if document.get("userinfo_endpoint") else "",
        auth_methods=tuple(one for one in methods if isinstance(one, str)) if isinstance(methods, list) else (),
        names_itself=document.get("authorization_response_iss_parameter_supported") is True,
    )


def _keys(answer: Answer) -> KeySet:
    """The keys that can be used; what cannot is left out (RFC 7517 section 5)."""
    found = _object(answer, "the provider's key set").get("keys")
    if not isinstance(found, list) or len(found) > _KEYS_AT_MOST:
        raise RefusedError(Reason.PROVIDER_UNAVAILABLE, "the provider's key set is none")
    keys = [key for key in map(_key, found) if key is not None]
    names = [key.kid for key in keys]
    named = {key.kid: key for key in keys if key.kid is not None and names.count(key.kid) == 1}
    # A token need not name the key where there is one only (OpenID Connect Core section 10.1).
    return KeySet(named=named, unnamed=tuple(keys) if len(keys) == 1 else ())


def _key(jwk: Any) -> Key | None:
    if not isinstance(jwk, dict):
        return None
    if "alg" not in jwk:
        # Microsoft does not say it: then what everybody must understand, by the kind of key.
        jwk = {**jwk, "alg": _BY_KIND.get(str(jwk.get("crv") or jwk.get("kty")))}
    try:
        key = read_jwk(jwk)
    except ValueError:
        return None
    return key if key.algorithm in ALGORITHMS else None
