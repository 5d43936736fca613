"""The one table of refusals: what a client may know when Keyturn says no.

Everything that refuses a token or a login raises :class:`RefusedError` with one :class:`Reason`; status, code and text
follow from the table below, so that two doors can never answer the same fact differently. What only the log may know
goes into ``evidence`` and never leaves the process.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

__all__ = [
    "REFUSALS",
    "InvalidProofError",
    "KeyturnError",
    "ProofError",
    "Reason",
    "Refusal",
    "RefusedError",
    "TooManyAttemptsError",
    "UnavailableError",
    "UseNonceError",
]


class Reason(StrEnum):
    """Why a token or a login was refused. The words are part of the API: they never change meaning."""

    MALFORMED = "malformed"
    BAD_SIGNATURE = "bad_signature"
    UNKNOWN_KEY = "unknown_key"
    WRONG_TYPE = "wrong_type"
    WRONG_AUDIENCE = "wrong_audience"
    WRONG_ISSUER = "wrong_issuer"
    MISSING_CLAIM = "missing_claim"
    INVALID_CLAIM = "invalid_claim"
    NOT_YET_VALID = "not_yet_valid"
    EXPIRED = "expired"
    SESSION_REVOKED = "session_revoked"
    SESSION_EXPIRED = "session_expired"
    REFRESH_REUSED = "refresh_reused"
    REFRESH_MISSING = "refresh_missing"
    BINDING_MISSING = "binding_missing"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - a word, not a password
    USER_INACTIVE = "user_inactive"
    USER_NOT_FOUND = "user_not_found"
    USER_MISMATCH = "user_mismatch"
    BAD_CREDENTIALS = "bad_credentials"
    EMAIL_NOT_VERIFIED = "email_not_verified"
    MFA_REQUIRED = "mfa_required"
    PASSWORD_RESET_REQUIRED = "password_reset_required"  # noqa: S105 - a word, not a password
    TOO_MANY_ATTEMPTS = "too_many_attempts"
    WRONG_PASSWORD = "wrong_password"  # noqa: S105 - a word, not a password
    REAUTHENTICATION_REQUIRED = "reauthentication_required"
    LINK_INVALID = "link_invalid"
    LINK_EXPIRED = "link_expired"
    LINK_USED = "link_used"
    LINK_OUTDATED = "link_outdated"
    EMAIL_TAKEN = "email_taken"
    MFA_TOKEN_INVALID = "mfa_token_invalid"  # noqa: S105 - a word, not a token
    WRONG_CODE = "wrong_code"
    PASSKEY_INVALID = "passkey_invalid"
    PASSKEY_COPIED = "passkey_copied"
    PASSKEYS_UNAVAILABLE = "passkeys_unavailable"
    FACTOR_SETUP_REQUIRED = "factor_setup_required"
    FACTOR_EXISTS = "factor_exists"
    LAST_WAY_IN = "last_way_in"
    PROVIDER_REFUSED = "provider_refused"
    PROVIDER_UNAVAILABLE = "provider_unavailable"
    PROVIDER_ACCOUNT_TAKEN = "provider_account_taken"
    PROVIDER_EMAIL_UNVERIFIED = "provider_email_unverified"


@dataclass(frozen=True, slots=True)
class Refusal:
    """What the client is told: an HTTP status, simplejwt's ``code`` and a sentence."""

    status: int
    code: str
    detail: str


_INVALID = "Token is invalid"

REFUSALS: Final[Mapping[Reason, Refusal]] = MappingProxyType(
    {
        Reason.MALFORMED: Refusal(401, "token_not_valid", _INVALID),
        Reason.BAD_SIGNATURE: Refusal(401, "token_not_valid", _INVALID),
        Reason.UNKNOWN_KEY: Refusal(401, "token_not_valid", _INVALID),
        Reason.WRONG_TYPE: Refusal(401, "token_not_valid", "Token has wrong type"),
        Reason.WRONG_AUDIENCE: Refusal(401, "token_not_valid", _INVALID),
        Reason.WRONG_ISSUER: Refusal(401, "token_not_valid", _INVALID),
        Reason.MISSING_CLAIM: Refusal(401, "token_not_valid", _INVALID),
        Reason.INVALID_CLAIM: Refusal(401, "token_not_valid", _INVALID),
        Reason.NOT_YET_VALID: Refusal(401, "token_not_valid", _INVALID),
        Reason.EXPIRED: Refusal(401, "token_not_valid", "Token is expired"),
        Reason.SESSION_REVOKED: Refusal(401, "token_not_valid", "Token is blacklisted"),
        Reason.SESSION_EXPIRED: Refusal(401, "token_not_valid", "Session is expired"),
        Reason.REFRESH_REUSED: Refusal(401, "token_not_valid", "Token is blacklisted"),
        Reason.REFRESH_MISSING: Refusal(401, "token_not_valid", "This browser has no refresh token"),
        Reason.BINDING_MISSING: Refusal(401, "token_not_valid", "Token and key do not belong together"),
        Reason.PASSWORD_CHANGED: Refusal(401, "password_changed", "The user's password has been changed."),
        Reason.USER_INACTIVE: Refusal(401, "user_inactive", "User is inactive"),
        Reason.USER_NOT_FOUND: Refusal(401, "user_not_found", "User not found"),
        Reason.USER_MISMATCH: Refusal(401, "token_not_valid", _INVALID),
        Reason.BAD_CREDENTIALS: Refusal(401, "no_active_account", "No active account found with the given credentials"),
        Reason.EMAIL_NOT_VERIFIED: Refusal(401, "email_not_verified", "Verify your e-mail address first."),
        Reason.MFA_REQUIRED: Refusal(401, "mfa_required", "A second factor is required."),
        Reason.PASSWORD_RESET_REQUIRED: Refusal(401, "password_reset_required", "Reset your password first."),
        Reason.TOO_MANY_ATTEMPTS: Refusal(429, "too_many_attempts", "Too many attempts. Try again later."),
        Reason.WRONG_PASSWORD: Refusal(400, "wrong_password", "The password is wrong."),
        Reason.REAUTHENTICATION_REQUIRED: Refusal(
            401, "reauthentication_required", "Prove once more who you are, then try again."
        ),
        Reason.LINK_INVALID: Refusal(400, "link_not_valid", "This link is not valid."),
        Reason.LINK_EXPIRED: Refusal(400, "link_not_valid", "This link is too old. Ask for a new one."),
        Reason.LINK_USED: Refusal(400, "link_not_valid", "This link has been used."),
        Reason.LINK_OUTDATED: Refusal(
            400, "link_not_valid", "The account has changed since this was sent. Ask for a new one."
        ),
        Reason.EMAIL_TAKEN: Refusal(400, "email_taken", "This e-mail address belongs to another account."),
        Reason.MFA_TOKEN_INVALID: Refusal(401, "mfa_token_not_valid", "Sign in again: this took too long, or is done."),
        Reason.WRONG_CODE: Refusal(400, "wrong_code", "The code is wrong, or has been used."),
        Reason.PASSKEY_INVALID: Refusal(400, "passkey_not_valid", "The passkey's answer does not serve."),
        Reason.PASSKEY_COPIED: Refusal(400, "passkey_not_valid", "This passkey may have been copied. Remove it."),
        Reason.PASSKEYS_UNAVAILABLE: Refusal(404, "passkeys_unavailable", "Passkeys are not set up here."),
        Reason.FACTOR_SETUP_REQUIRED: Refusal(403, "factor_setup_required", "Set up a second factor first."),
        Reason.FACTOR_EXISTS: Refusal(409, "factor_exists", "There is an authenticator app already. Remove it first."),
        Reason.LAST_WAY_IN: Refusal(409, "last_way_in", "Without this there would be no way left to sign in."),
        Reason.PROVIDER_REFUSED: Refusal(400, "provider_refused", "The provider did not confirm who you are."),
        Reason.PROVIDER_UNAVAILABLE: Refusal(503, "provider_unavailable", "The provider does not answer. Try again."),
        Reason.PROVIDER_ACCOUNT_TAKEN: Refusal(
            409, "provider_account_taken", "This account of the provider belongs to somebody else here."
        ),
        Reason.PROVIDER_EMAIL_UNVERIFIED: Refusal(
            400, "provider_email_unverified", "The provider has not verified your e-mail address."
        ),
    }
)


class KeyturnError(Exception):
    """Base of everything Keyturn raises on purpose."""


class RefusedError(KeyturnError):
    """A token or a login is refused.

    Args:
        reason: the stable word the client sees.
        evidence: for the log only: what exactly was wrong. Never a token, key or password.
        told: what the client is told beside ``detail``, ``code`` and ``reason``: how it can go on.
    """

    def __init__(self, reason: Reason, evidence: str = "", *, told: Mapping[str, Any] | None = None) -> None:
        super().__init__(reason.value)
        self.reason = reason
        self.evidence = evidence
        self.told: Mapping[str, Any] = told or {}

    @property
    def refusal(self) -> Refusal:
        """Status, code and sentence for the client."""
        return REFUSALS[self.reason]

    @property
    def message(self) -> str:
        """The sentence for the client, where simplejwt has a more exact one: that."""
        return self.refusal.detail


class TooManyAttemptsError(RefusedError):
    """Somebody tries too often; nothing was looked at.

    Args:
        retry_after: seconds after which a try is looked at again (RFC 6585 section 4, RFC 9110 section 10.2.3).
        evidence: for the log only: what was counted.
    """

    def __init__(self, retry_after: int, evidence: str = "") -> None:
        super().__init__(Reason.TOO_MANY_ATTEMPTS, evidence)
        self.retry_after = max(1, retry_after)


class ProofError(KeyturnError):
    """A DPoP proof (RFC 9449) does not serve. Nothing follows from that: no session ends, nothing was decided.

    Args:
        what: what is wrong with the proof, as the end of a sentence that begins with it. Never anything out of it.

    Attributes:
        code: the client's word for it, RFC 9449's.
    """

    code = ""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what

    @property
    def detail(self) -> str:
        """The client's sentence."""
        return f"The DPoP proof does not serve: {self.what}."


class InvalidProofError(ProofError):
    """It proves nothing (RFC 9449 section 5)."""

    code = "invalid_dpop_proof"


class UseNonceError(ProofError):
    """It may be old, or made by a clock that is wrong: made again with a fresh nonce it will do (RFC 9449 section 8).

    Args:
        what: as :class:`ProofError`.
        nonce: a fresh one, where it is not sent with every answer anyway.
    """

    code = "use_dpop_nonce"

    def __init__(self, what: str, nonce: str | None = None) -> None:
        super().__init__(what)
        self.nonce = nonce


class UnavailableError(KeyturnError):
    """The store cannot answer now; nothing was decided.

    Args:
        retry_after: seconds after which a retry makes sense (RFC 9110 section 10.2.3).

    Attributes:
        code: the client's word for it.
        detail: the client's sentence.
    """

    code = "unavailable"
    detail = "Temporarily unavailable, try again."

    def __init__(self, retry_after: int = 1) -> None:
        super().__init__("temporarily unavailable")
        self.retry_after = retry_after
