"""DPoP (RFC 9449) at Keyturn's doors: the key that a request proves to hold, and the nonce for its next proof."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final

from django.core.exceptions import DisallowedHost
from django.http import HttpRequest
from django.utils.encoding import escape_uri_path
from rest_framework.request import Request

from keyturn import conf
from keyturn.api.errors import ProofNotAccepted, ProofNotValid, TokenNotValid, refusal_body
from keyturn.clock import utc_now
from keyturn.conf.addresses import origin_of
from keyturn.errors import ProofError, Reason, RefusedError
from keyturn.jose.dpop import Proof, bound_to, verify_proof
from keyturn.jose.thumbprint_spelling import to_hex
from keyturn.keys.nonces import proof_nonces
from keyturn.sessions.client import Binding, BindingKind

__all__ = [
    "NONCE_HEADER",
    "SCHEME",
    "carries_proof",
    "check_binding",
    "check_proof",
    "fresh_nonce",
    "is_by_dpop",
    "offer_nonce",
    "proof_of",
    "proven_binding",
    "scheme_of",
]

SCHEME: Final = "DPoP"
"""Of the ``Authorization`` header (section 7.1)."""

NONCE_HEADER: Final = "DPoP-Nonce"

_SCHEME: Final = b"dpop"
_OF_OTHER_SCHEMES: Final = frozenset({"", "B", "b"})
"""How no header or one of the scheme Bearer begins."""
_READING: Final = frozenset({"GET", "HEAD", "OPTIONS"})


def proven_binding(request: HttpRequest) -> Binding | None:
    """The key that a request proves to hold; None where it comes without a proof.

    Args:
        request: Django's.

    Raises:
        ProofNotAccepted: 400: what came as a proof does not serve.
    """
    try:
        proof = proof_of(request)
    except ProofError as error:
        raise ProofNotAccepted(error) from error
    return None if proof is None else Binding(BindingKind.DPOP, to_hex(proof.thumbprint))


def check_proof(request: Any, *, takes_token: bool = True) -> None:
    """Refuse a proof that does not serve before anything is counted, used up or changed.

    A request that only reads gets no tokens: what else came along with it does not matter. A token that is shown by
    the DPoP scheme is judged together with its proof, by :func:`check_binding`.

    Args:
        request: Django's or REST framework's.
        takes_token: whether the view looks at such a token; where none does, nobody else judges the proof.

    Raises:
        ProofNotAccepted: 400.
    """
    if request.method not in _READING and not (takes_token and is_by_dpop(request)):
        proven_binding(request)


def check_binding(request: Any, claims: Mapping[str, Any]) -> None:
    """Demand what a verified token is bound to: the DPoP scheme and a proof by its key (section 7.1).

    Args:
        request: Django's or REST framework's, as it came.
        claims: of the token in it.

    Raises:
        ProofNotValid: 401: what came as a proof does not serve.
        TokenNotValid: 401, ``binding_missing``: no proof, or another key's; a bound token by another scheme (RFC 9449
            section 7.2), or an unbound one by this.
    """
    key, by_dpop = bound_to(claims), is_by_dpop(request)
    if key is None and not by_dpop:
        return
    proof = None
    if key is not None and by_dpop:
        try:
            proof = proof_of(request)
        except ProofError as error:
            raise ProofNotValid(error) from error
    if key is None or proof is None or not proof.is_by(key):
        missing = RefusedError(Reason.BINDING_MISSING)
        raise TokenNotValid(refusal_body(missing)) from missing


def is_by_dpop(request: Any) -> bool:
    """Whether a token is shown by the DPoP scheme; schemes are case-insensitive (RFC 9110 section 11.1)."""
    header = request.META.get(conf.get().auth_header_name, "")
    # Most headers say at once that it is another one.
    return header[:1] not in _OF_OTHER_SCHEMES and _credentials(request)[:1] == [_SCHEME]


def scheme_of(request: Any) -> str:
    """The scheme to name in a challenge: the one that was used, else the project's."""
    return SCHEME if is_by_dpop(request) else conf.get().auth_header_types[0]


def carries_proof(request: Any) -> bool:
    """Whether there is anything in the ``DPoP`` header."""
    return bool(request.META.get("HTTP_DPOP"))


def proof_of(request: Any) -> Proof | None:
    """Verify the proof of a request, once. With a token shown by the DPoP scheme it must be a proof for that token.

    Args:
        request: Django's or REST framework's.

    Returns:
        None where the request comes without one.

    Raises:
        ProofError: it does not serve.
    """
    http: Any = request._request if isinstance(request, Request) else request  # noqa: SLF001 - the one way to it
    raw = http.META.get("HTTP_DPOP")
    if not raw:
        return None
    known: Proof | None = getattr(http, "keyturn_proof", None)
    if known is None:
        known = http.keyturn_proof = verify_proof(
            raw,
            # As it was sent: django-allauth's views are shown a HEAD as a GET.
            method=http.META.get("REQUEST_METHOD", "").upper(),
            urls=_urls(http),
            now=utc_now().timestamp(),
            token=_shown_token(http),
            nonces=proof_nonces(),
        )
    return known


def fresh_nonce() -> str:
    """A nonce for the client's next proof (section 8)."""
    return proof_nonces().fresh(now=utc_now().timestamp())


def offer_nonce(request: Any, response: Any) -> None:
    """Send a fresh nonce to a client that makes proofs (section 8.2), so that its next one needs no clock."""
    if carries_proof(request):
        response.headers[NONCE_HEADER] = fresh_nonce()


def _shown_token(request: HttpRequest) -> bytes | None:
    parts = _credentials(request)
    return parts[1] if len(parts) == 2 and parts[0] == _SCHEME else None


def _credentials(request: Any) -> list[bytes]:
    """The words of the ``Authorization`` header, the first one in small letters."""
    header = request.META.get(conf.get().auth_header_name, "")
    parts = (header.encode("latin-1", "replace") if isinstance(header, str) else header).split()
    return [parts[0].lower(), *parts[1:]] if parts else []


def _urls(request: HttpRequest) -> list[str]:
    """By what URL the client may have sent the request: as it arrived here, and by ``PUBLIC_URL`` (behind a proxy)."""
    path = escape_uri_path(request.path)
    found = []
    with suppress(DisallowedHost):
        found.append(f"{request.scheme}://{request.get_host()}{path}")
    public = conf.get().public_url
    if public is not None:
        found += [origin_of(public) + path, public + escape_uri_path(request.path_info)]
    return found
