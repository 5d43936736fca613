"""How a request shows its token: by bearing it (RFC 6750), or with the proof of a key (DPoP, RFC 9449)."""

from dataclasses import dataclass, field
from typing import Final

from keyturn.errors import Reason, RefusedError, UseNonceError
from keyturn.jose import derive_key
from keyturn.jose.dpop import verify_proof
from keyturn.jose.nonces import Nonces
from keyturn.verifier.verified import VerifiedToken

__all__ = ["Presented", "check_presented", "nonces_under", "presented"]

_SCHEMES: Final = ("bearer", "dpop")


@dataclass(frozen=True, slots=True)
class Presented:
    """A token, and what came along with it.

    Args:
        token: the raw token.
        by_dpop: whether it was shown by the scheme DPoP.
        proof: the value of the ``DPoP`` header; None where there was none.
        method: of the request.
        url: of the request, as its client sent it.
    """

    token: str = field(repr=False)
    by_dpop: bool
    proof: str | None = field(repr=False)
    method: str
    url: str


def presented(*, authorization: str | None, dpop: str | None, method: str, url: str) -> Presented | None:
    """Read how a request shows its token, for :meth:`keyturn.verifier.Verifier.verify`.

    Args:
        authorization: the ``Authorization`` header's value; None where there is none.
        dpop: the ``DPoP`` header's value; None where there is none.
        method: of the request.
        url: of the request, whole, as its client sent it: behind a proxy, the proxy's. With a host that is known to be
            this service's, as whoever calls writes the ``Host`` header.

    Returns:
        None where the request shows no token: the header is missing, empty, or of another scheme.

    Raises:
        RefusedError: malformed: not exactly one token follows the scheme.
    """
    parts = (authorization or "").split()
    # RFC 9110 section 11.1: schemes are case-insensitive.
    scheme = parts[0].lower() if parts else ""
    if scheme not in _SCHEMES:
        return None
    if len(parts) != 2:
        raise RefusedError(Reason.MALFORMED, f"not exactly one token after {parts[0]}")
    return Presented(token=parts[1], by_dpop=scheme == "dpop", proof=dpop, method=method, url=url)


def nonces_under(client_secret: str | None) -> Nonces | None:
    """The nonces that all processes of a service give and recognise; None where it has no secret to make them under."""
    if not client_secret:
        return None
    return Nonces((derive_key(client_secret, purpose="keyturn verifier dpop nonce v1"),))


def check_presented(token: VerifiedToken, shown: Presented | None, *, now: float, nonces: Nonces | None) -> None:
    """Demand what a token is bound to (RFC 9449 section 7).

    Args:
        token: verified.
        shown: how it came; None: as a bearer token.
        now: seconds since the epoch.
        nonces: what is given to clients whose clocks are wrong; None: ``iat`` alone decides.

    Raises:
        RefusedError: binding_missing: a bound token without a proof, with another key's or by another scheme (section
            7.2); or an unbound one by the scheme DPoP.
        InvalidProofError: what came as a proof proves nothing.
        UseNonceError: it will do once it is made again with the nonce in the error.
    """
    key = token.bound_key
    by_dpop = shown is not None and shown.by_dpop
    if key is None and not by_dpop:
        return
    if key is None or shown is None or not by_dpop or not shown.proof:
        raise RefusedError(Reason.BINDING_MISSING, "the token and a proof of the key that it is bound to")
    try:
        proof = verify_proof(
            shown.proof, method=shown.method, urls=(shown.url,), now=now, token=shown.token, nonces=nonces
        )
    except UseNonceError as error:
        raise UseNonceError(error.what, nonce=None if nonces is None else nonces.fresh(now=now)) from None
    if not proof.is_by(key):
        raise RefusedError(Reason.BINDING_MISSING, "a proof by another key")
