"""Verify Keyturn's access tokens in another service: by its public keys and its revocation feed.

Needs neither Django nor REST framework, only ``PyJWT[crypto]``:

    verifier = Verifier("https://auth.example.com", client_id="…", client_secret="…")
    shown = presented(authorization=…, dpop=…, method="GET", url="https://orders.example.com/me")
    token = verifier.verify(shown)
    token.subject

``docs/how-to/verify-in-another-service.md`` is the guide.
"""

from keyturn.errors import InvalidProofError, ProofError, Reason, RefusedError, UnavailableError, UseNonceError
from keyturn.verifier.answers import HttpAnswer, answer_to, bearer_token
from keyturn.verifier.asynchronous import AsyncVerifier
from keyturn.verifier.presenting import Presented, presented
from keyturn.verifier.step_up import require_authentication
from keyturn.verifier.verified import VerifiedToken
from keyturn.verifier.verifier import Status, Verifier

__all__ = [
    "AsyncVerifier",
    "HttpAnswer",
    "InvalidProofError",
    "Presented",
    "ProofError",
    "Reason",
    "RefusedError",
    "Status",
    "UnavailableError",
    "UseNonceError",
    "VerifiedToken",
    "Verifier",
    "answer_to",
    "bearer_token",
    "presented",
    "require_authentication",
]
