"""What a new user name and a new e-mail address may be, and when two of them are one.

User names follow the profile UsernameCasePreserved of RFC 8265 section 3.4, with NFKC in place of NFC as in Django's
own forms, and less of its repertoire; e-mail addresses are ASCII before the ``@`` (RFC 5321 section 4.1.2, dot-string)
and written with ASCII labels after it (RFC 5890). So nothing that merely looks like an account's name can be taken, or
can find the account (CVE-2019-19844). Names that are there already are never judged.
"""

import re
import unicodedata
from typing import Any, Final

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator
from django.db import connections, models, router
from django.utils.translation import gettext_lazy as _

from keyturn.locking import hold

__all__ = ["check_email", "check_username", "folded", "is_username_taken", "lookup_email", "normalised_username"]

MAX_EMAIL: Final = 254
"""Characters of an address: what fits into the path of RFC 5321 section 4.5.3.1.3."""
MAX_LOCAL_PART: Final = 64
"""Characters before the ``@`` (RFC 5321 section 4.5.3.1.1)."""

_DOT_STRING: Final = re.compile(r"[-!#$%&'*+/=?^_`{|}~0-9A-Za-z]+(?:\.[-!#$%&'*+/=?^_`{|}~0-9A-Za-z]+)*", re.ASCII)
# What IDNA 2003, which is in Python, maps to other letters and IDNA 2008, which registries follow, does not. An address
# with one of these would name one domain here and another there.
_DEVIATIONS: Final = frozenset("ßς\u200c\u200d")
_LETTER_CATEGORIES: Final = frozenset({"Ll", "Lu", "Lo", "Lm", "Mn", "Mc", "Nd"})
_PUNCTUATION: Final = frozenset("._-+")
# Of these scripts at most one: their letters pass for one another's.
_ALIKE: Final = frozenset({"LATIN", "CYRILLIC", "GREEK"})


def normalised_username(name: str) -> str:
    """Return the form in which a user name is kept: NFKC, in the case in which it was chosen."""
    return unicodedata.normalize("NFKC", name)


def folded(name: str) -> str:
    """Return what a user name has in common with those that count as the same one: NFKC, without case."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())


def check_username(name: str, *, field: str | None = None, user: Any = None) -> str:
    """Check a user name that somebody wants to have.

    Nobody can take the same name at the same time in another case: on PostgreSQL the name is locked until the
    transaction ends, on SQLite only one transaction writes at a time. So this wants to be called inside of one.

    Args:
        name: as typed.
        field: of the user model, which keeps the name; None: its ``USERNAME_FIELD``.
        user: who wants it, if they have an account already.

    Returns:
        the form in which to keep it.

    Raises:
        ValidationError: ``username_invalid``, ``username_taken``, or what the user model's own validators say.
    """
    # Longer than any field, and not worth normalising.
    if len(name) > 1_000:
        raise _invalid(_("This user name is too long."))
    kept = normalised_username(name)
    _check_characters(kept)
    _check_direction(kept)
    model: Any = get_user_model()
    model._meta.get_field(field or model.USERNAME_FIELD).run_validators(kept)
    if is_username_taken(kept, field=field, except_for=user):
        raise ValidationError(_("A user with that user name already exists."), code="username_taken")
    return kept


def is_username_taken(name: str, *, field: str | None = None, except_for: Any = None) -> bool:
    """Whether a user has this name, in whatever case. Locks the name where the database is in a transaction."""
    model: Any = get_user_model()
    field = field or model.USERNAME_FIELD
    alias = router.db_for_write(model)
    hold("user name", folded(name), alias=alias)
    others = model._default_manager.using(alias).all()
    if except_for is not None and except_for.pk is not None:
        others = others.exclude(pk=except_for.pk)
    # Databases know the case of ASCII at least; of other letters the usual spellings are asked for by name.
    spellings = {name, name.lower(), name.upper(), name.casefold(), name.title(), name.capitalize()}
    same = models.Q((f"{field}__iexact", name)) | models.Q((f"{field}__in", spellings))
    if not name.isascii() and connections[alias].vendor == "sqlite":
        # Python's own regular expressions, and so every letter's case.
        same |= models.Q((f"{field}__iregex", f"^{re.escape(name)}$"))
    return bool(others.filter(same).exists())


def check_email(address: str) -> str:
    """Check an e-mail address that somebody says is theirs.

    Returns:
        the form in which to keep it: in small letters, the domain in ASCII.

    Raises:
        ValidationError: ``invalid``.
    """
    kept = lookup_email(address)
    if kept is None:
        raise ValidationError(EmailValidator.message, code="invalid")
    return kept


def lookup_email(address: str) -> str | None:
    """Return the form in which an address would be kept, to look for it; None for what nobody can have.

    Letters beyond ASCII before the ``@`` are not mapped to ASCII ones, in no case: whoever types them means no account.
    """
    if len(address) > MAX_EMAIL:
        return None
    local_part, at, domain = address.strip(" ").rpartition("@")
    if not at or len(local_part) > MAX_LOCAL_PART or not _DOT_STRING.fullmatch(local_part):
        return None
    ascii_domain = _ascii_domain(domain)
    if ascii_domain is None:
        return None
    kept = f"{local_part}@{ascii_domain}".lower()
    try:
        EmailValidator()(kept)
    except ValidationError:
        return None
    return kept if len(kept) <= MAX_EMAIL else None


def _ascii_domain(domain: str) -> str | None:
    # An address in brackets is no domain (RFC 5321 section 4.1.3): mail would go to whatever listens there.
    if domain.startswith("[") or _DEVIATIONS & set(domain):
        return None
    if domain.isascii():
        return domain
    try:
        return domain.encode("idna").decode("ascii")
    except UnicodeError:
        return None


def _check_characters(name: str) -> None:
    if "@" in name:
        raise _invalid(_("A user name must not contain “@”: it could be taken for an e-mail address."))
    categories = [unicodedata.category(letter) for letter in name]
    if any(
        category not in _LETTER_CATEGORIES and letter not in _PUNCTUATION
        for letter, category in zip(name, categories, strict=True)
    ) or any(map(_is_invisible, name)):
        raise _invalid(_("A user name may contain letters, digits and . _ - + only."))
    if not name or categories[0] in {"Mn", "Mc"} or not any(one[0] in "LN" for one in categories):
        raise _invalid(_("A user name must begin with a letter, a digit or a sign, and contain a letter or a digit."))
    if len(_ALIKE & {unicodedata.name(one, "").partition(" ")[0] for one in name if one.isalpha()}) > 1:
        raise _invalid(_("A user name must not mix letters of Latin, Greek and Cyrillic script."))


def _is_invisible(letter: str) -> bool:
    """Letters by category that show nothing: Hangul fillers, variation selectors, the Khmer inherent vowels."""
    code = ord(letter)
    return (
        code in {0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x3164, 0xFFA0}
        or 0x180B <= code <= 0x180F
        or 0xFE00 <= code <= 0xFE0F
        or 0xE0100 <= code <= 0xE01EF
    )


def _check_direction(name: str) -> None:
    """Refuse a name that is shown in another order than it is written in (the Bidi Rule, RFC 5893 section 2)."""
    directions = [unicodedata.bidirectional(letter) for letter in name]
    if not {"R", "AL", "AN"} & set(directions):
        return
    shown = [one for one in directions if one != "NSM"]
    ends_well = shown[-1] in {"R", "AL", "EN", "AN"}
    if (
        directions[0] not in {"R", "AL"}
        or not set(directions) <= {"R", "AL", "AN", "EN", "ES", "CS", "ET", "ON", "BN", "NSM"}
        or not ends_well
        or {"EN", "AN"} <= set(directions)
    ):
        raise _invalid(_("A user name must not mix letters written from left to right and from right to left."))


def _invalid(message: Any) -> ValidationError:
    return ValidationError(message, code="username_invalid")
