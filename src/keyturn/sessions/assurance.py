"""How a user has proved who they are, and how much that is worth: the claims ``amr`` (RFC 8176) and ``acr``.

A session remembers words. Keyturn's own beside those of RFC 8176 are ``fed``, signed in by another provider (the
registry has none for it, and leaves room), and ``impersonation``, where the user has proved nothing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Final

__all__ = ["ONE_FACTOR", "TWO_FACTORS", "Method", "Proof", "acr_of", "amr_of", "is_strong", "stepped_up"]

ONE_FACTOR: Final = "1fa"
"""``acr``: one thing was shown."""

TWO_FACTORS: Final = "2fa"
"""``acr``: two different things were shown, or a passkey that itself made sure of its user."""

_MFA: Final = "mfa"
_NOBODY: Final = "impersonation"


class Method(StrEnum):
    """What can be shown. The words are the API's (``methods`` of a challenge) where it may be asked for once more."""

    PASSWORD = "password"  # noqa: S105 - a word, not a password
    TOTP = "totp"
    RECOVERY_CODES = "recovery_codes"
    WEBAUTHN = "webauthn"
    MAIL_CODE = "mail_code"
    PROVIDER = "provider"


@dataclass(frozen=True, slots=True)
class Proof:
    """One thing that a user has shown.

    Args:
        method: what it was.
        is_synced: of a passkey: whether copies of it exist (``backup_eligible``): its key is held in software.
        user_verified: of a passkey: whether it made sure who uses it, by a PIN or a fingerprint.
    """

    method: Method
    is_synced: bool = False
    user_verified: bool = False

    @property
    def words(self) -> tuple[str, ...]:
        """In ``amr``."""
        if self.method is not Method.WEBAUTHN:
            return (_WORDS[self.method],)
        return ("swk" if self.is_synced else "hwk", *(("user",) if self.user_verified else ()))

    @property
    def is_second_factor(self) -> bool:
        """Whether it is of what a user sets up to be asked for beside something else."""
        return self.method in _SECOND


_WORDS: Final[Mapping[Method, str]] = {
    Method.PASSWORD: "pwd",
    Method.TOTP: "otp",
    Method.RECOVERY_CODES: "otp",
    Method.MAIL_CODE: "otp",
    Method.PROVIDER: "fed",
}
_SECOND: Final = frozenset({Method.TOTP, Method.RECOVERY_CODES, Method.WEBAUTHN})
_PASSKEYS: Final = frozenset({"hwk", "swk", "user"})


def amr_of(proofs: Iterable[Proof]) -> str:
    """The words of a sign-in, separated by spaces; ``pwd`` where nothing is known of it.

    ``mfa`` is among them where a second factor was shown beside something else (a recovery code stands in for the app),
    or a passkey that made sure of its user: it is something held, and something known or a part of the body. A mailed
    code is no second factor (NIST SP 800-63B-4 section 3.1.3.1): whoever reads the mailbox can set a new password, too.
    """
    shown = tuple(proofs)
    words = list(dict.fromkeys(word for proof in shown for word in proof.words))
    kinds = {Method.TOTP if proof.method is Method.RECOVERY_CODES else proof.method for proof in shown}
    has_second = any(proof.is_second_factor for proof in shown)
    if (has_second and len(kinds) > 1) or any(proof.user_verified for proof in shown):
        words.append(_MFA)
    return " ".join(words or ["pwd"])


def stepped_up(before: str, proof: Proof) -> str:
    """The words of a session once its user has shown something more, just now.

    A second factor adds to how the session began, whatever that was. A password or a mailed code does not make a
    session stronger, and what it proves is all that it proves: a session that had two factors has one after it.

    Args:
        before: the session's words.
        proof: what was shown.
    """
    had = before.split()
    if not (proof.is_second_factor or _MFA not in had):
        return " ".join(proof.words)
    words = list(dict.fromkeys([*(word for word in had if word != _MFA), *proof.words]))
    another = set(had) - {_MFA, _NOBODY}
    if proof.method is Method.WEBAUTHN:
        another -= _PASSKEYS
    if _MFA in had or proof.user_verified or (proof.is_second_factor and another):
        words.append(_MFA)
    return " ".join(words)


@lru_cache(maxsize=256)
def acr_of(amr: str) -> str | None:
    """What a session's words are worth: ``1fa`` or ``2fa``; None where its user has proved nothing."""
    words = amr.split()
    if _MFA in words:
        return TWO_FACTORS
    return None if not words or _NOBODY in words else ONE_FACTOR


def is_strong(amr: str) -> bool:
    """Whether a session's words are worth two factors."""
    return acr_of(amr) == TWO_FACTORS
