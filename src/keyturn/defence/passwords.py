"""What a password may be, and the one form in which it is kept.

The rules are NIST SP 800-63B's (section 3.1.1.2 of revision 4): long enough, of any characters, no composition, none
that attackers try first. The form is the profile OpaqueString of RFC 8265 section 4.2: a password typed on two systems
that encode the same letters differently is one password. Sizes are looked at before anything is computed.
"""

import unicodedata
from itertools import pairwise
from typing import Any, Final

from django.contrib.auth.password_validation import get_default_password_validators
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_variables

from keyturn.defence.passwords_common import is_common

__all__ = [
    "MAX_BYTES",
    "MIN_CHARACTERS",
    "CharactersValidator",
    "CommonPasswordValidator",
    "LengthValidator",
    "check_new",
    "check_size",
    "normalised",
    "spellings",
]

MIN_CHARACTERS: Final = 8
"""Code points of a new password, in the form in which it is kept (NIST SP 800-63B: each counts as one character)."""

MAX_BYTES: Final = 4_096
"""Bytes of UTF-8 of any password. Longer ones are refused before a hash is computed or a letter is normalised."""

_TOO_LONG: Final = _("This password is too long. It must contain at most %(max_bytes)d bytes.")


@sensitive_variables()
def normalised(password: str) -> str:
    """Return the form in which a password is kept: spaces of any kind as ASCII spaces, then NFC; case stays."""
    mapped = "".join(" " if unicodedata.category(letter) == "Zs" else letter for letter in password)
    return unicodedata.normalize("NFC", mapped)


@sensitive_variables()
def spellings(typed: str) -> tuple[str, ...]:
    """Return what to compare with a hash, in this order, when somebody typed this as their password.

    The form in which passwords are kept comes first, then what was typed, for hashes that were made of it verbatim. For
    nearly everybody both are the same, and one hash is computed. Whoever compares must do so with as many hashes for an
    account that does not exist, or the time would tell.

    Returns:
        one or two spellings; none for what can be nobody's password, being too long or not text at all.
    """
    if not _fits(typed):
        return ()
    kept = normalised(typed)
    return (kept,) if kept == typed else (kept, typed)


@sensitive_variables()
def check_size(password: str) -> None:
    """Refuse what is too long to be hashed, or not text, in any field that takes a password.

    Raises:
        ValidationError: ``password_too_long`` or ``password_characters``.
    """
    if not _is_text(password):
        raise ValidationError(CharactersValidator.message, code="password_characters")
    if not _fits(password):
        raise ValidationError(_TOO_LONG, code="password_too_long", params={"max_bytes": MAX_BYTES})


@sensitive_variables()
def check_new(password: str, user: Any = None) -> str:
    """Check a password that somebody wants to have, by Keyturn's rules and the project's validators.

    Args:
        password: as typed.
        user: whose it shall be, saved or not; what is known of them makes a bad password.

    Returns:
        the form in which to hash it.

    Raises:
        ValidationError: with everything that is wrong with it; ``code`` of each says what. Never holds the password.
    """
    check_size(password)
    kept = normalised(password)
    configured = get_default_password_validators()
    own = [rule() for rule in _RULES if not any(isinstance(one, rule) for one in configured)]
    wrong: list[ValidationError] = []
    for validator in (*own, *configured):
        try:
            validator.validate(kept, user)
        except ValidationError as error:
            wrong.extend(error.error_list)
    if wrong:
        raise ValidationError(_once_each(wrong))
    return kept


class LengthValidator:
    """At least 8 characters, at most 4,096 bytes; both of the form in which the password is kept."""

    @sensitive_variables()
    def validate(self, password: str, user: Any = None) -> None:  # noqa: ARG002 - Django's interface
        """Refuse a password that is too short or too long.

        Raises:
            ValidationError: ``password_too_short`` or ``password_too_long``.
        """
        check_size(password)
        if len(normalised(password)) < MIN_CHARACTERS:
            raise ValidationError(
                _("This password is too short. It must contain at least %(min_length)d characters."),
                code="password_too_short",
                params={"min_length": MIN_CHARACTERS},
            )

    def get_help_text(self) -> str:
        """What Django's forms say beside the field."""
        return _("Your password must contain at least %(min_length)d characters.") % {"min_length": MIN_CHARACTERS}


class CharactersValidator:
    """No control characters, and none that Unicode has not assigned: nobody knows how those will be normalised."""

    message = _("This password contains characters that cannot be typed everywhere.")

    @sensitive_variables()
    def validate(self, password: str, user: Any = None) -> None:  # noqa: ARG002 - Django's interface
        """Refuse a password with such characters (RFC 8264 section 4.3, FreeformClass).

        Raises:
            ValidationError: ``password_characters``.
        """
        if any(unicodedata.category(letter) in {"Cc", "Cn", "Cs"} for letter in password):
            raise ValidationError(self.message, code="password_characters")

    def get_help_text(self) -> str:
        """What Django's forms say beside the field."""
        return str(_("Your password must not contain control characters."))


class CommonPasswordValidator:
    """None that is known from breaches, in whatever case; none that is one short piece repeated, or a row of signs."""

    @sensitive_variables()
    def validate(self, password: str, user: Any = None) -> None:  # noqa: ARG002 - Django's interface
        """Refuse a password that attackers try first.

        Raises:
            ValidationError: ``password_too_common``.
        """
        kept = normalised(password)
        if _is_pattern(kept) or is_common(kept):
            raise ValidationError(
                _("This password is too common: it is among those that attackers try first."),
                code="password_too_common",
            )

    def get_help_text(self) -> str:
        """What Django's forms say beside the field."""
        return str(_("Your password must not be a commonly used one."))


_RULES: Final = (LengthValidator, CharactersValidator, CommonPasswordValidator)
# Characters of a piece that makes no good password however often it is repeated.
_LONGEST_PIECE: Final = 4


def _is_text(password: str) -> bool:
    return not any("\ud800" <= letter <= "\udfff" for letter in password[: MAX_BYTES + 1])


def _fits(password: str) -> bool:
    # No character takes less than a byte, so that nothing long is encoded to be measured.
    return len(password) <= MAX_BYTES and _is_text(password) and len(password.encode()) <= MAX_BYTES


def _is_pattern(password: str) -> bool:
    """Whether a password is one piece of up to four characters repeated, or goes up or down one code point a step."""
    for size in range(1, _LONGEST_PIECE + 1):
        piece = password[:size]
        if len(password) > size and (piece * (len(password) // size + 1))[: len(password)] == password:
            return True
    steps = {ord(after) - ord(before) for before, after in pairwise(password)}
    return steps in ({1}, {-1})


def _once_each(errors: list[ValidationError]) -> list[ValidationError]:
    """The errors, without those whose code has been named: a project's validator may say the same as ours."""
    first: dict[str, ValidationError] = {}
    for error in errors:
        first.setdefault(error.code or str(id(error)), error)
    return list(first.values())
