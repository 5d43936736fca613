"""Whose account somebody means who types a user name or an e-mail address, and what stands in its way."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from typing import Any, Final

from django.apps import apps
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db import connections
from django.db.models import CharField, Exists, OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce

from keyturn.defence.names import folded, lookup_email, normalised_username
from keyturn.sessions.statements import database

__all__ = ["Code", "Identity", "account_of", "account_of_code", "fold", "identify", "identity_of"]

_LONGEST: Final = 1_000
"""Characters of a name that are looked at; no account has so long a one, and normalising takes time."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Whom a name means.

    Args:
        account: what attempts at the account are counted under, the same for every spelling of its name.
        user_id: the user's primary key; None where nobody has such a name.
        username: the name to hand to the authentication backends: the user's own, or else what was typed.
        needs_verification: whether the account was made by sign-up and none of its addresses was ever verified.
        reset_required: whether the password lets nobody in until it is reset.
        has_factor: whether a second factor is set up.
    """

    account: str = field(repr=False)
    user_id: Any
    username: str = field(repr=False)
    needs_verification: bool = False
    reset_required: bool = False
    has_factor: bool = False


def fold(name: str) -> str:
    """What spellings of a name have in common: NFKC, then case folding, then NFKC again (RFC 8265 section 3.3)."""
    return folded(name[:_LONGEST].strip())


class Code(StrEnum):
    """What a mailed code is good for."""

    RESET = "reset"
    SIGN_IN = "sign-in"
    VERIFICATION = "verification"


def account_of_code(code: Code, *, email: str) -> str:
    """What guesses at a mailed code are counted under: the mailbox, whether or not it has an account.

    Each kind under a name of its own. Were guesses at a known address counted under its account, then which of them
    share a count would tell whether there is one.
    """
    return f"{code} of {lookup_email(email) or email.strip().casefold()}"


def account_of(user: Any) -> str:
    """What attempts at a user's account are counted under, however the user was named."""
    return fold(str(user.get_username()))


def identify(name: str) -> Identity:
    """Find the user who is meant, by one statement, whoever that is and whether anybody is.

    A user name is taken as it is, or else in NFKC, in which names are kept. Where django-allauth's accounts are
    installed and its ``ACCOUNT_LOGIN_METHODS`` allow for e-mail, an address means the user who verified it, or else the
    one whose first, unverified address it is. Addresses are compared by letters: in ASCII without regard to case, and
    before the ``@`` other letters are like none but themselves (CVE-2019-19844).

    Args:
        name: as typed.
    """
    row = _find(name)
    return Identity(account=_unknown(name), user_id=None, username=name) if row is None else _identity(row)


def identity_of(user: Any) -> Identity:
    """What is known of a user whom a backend has found, under whatever name."""
    alias, model = database(), get_user_model()
    key: Any = model._meta.pk
    row = _row(alias, [("pk", key.get_db_prep_value(user.pk, connections[alias]))])
    if row is None:
        return Identity(account=account_of(user), user_id=user.pk, username=str(user.get_username()))
    return _identity(row)


def _identity(row: tuple[Any, ...]) -> Identity:
    key, username, signed_up_at, verified_at, reset_required_at, *has_factor = row
    return Identity(
        account=fold(str(username)),
        user_id=key,
        username=str(username),
        needs_verification=signed_up_at is not None and verified_at is None and _verification_is_mandatory(),
        reset_required=reset_required_at is not None,
        has_factor=any(has_factor),
    )


def _find(name: str) -> tuple[Any, ...] | None:
    if len(name) > _LONGEST or "\x00" in name or any("\ud800" <= letter <= "\udfff" for letter in name):
        return None
    model: Any = get_user_model()
    field = model._meta.get_field(model.USERNAME_FIELD)
    typed = [*_usernames(field, name), *_addresses(name)]
    return _row(database(), typed) if typed else None


def _row(alias: str, typed: Sequence[tuple[str, Any]]) -> tuple[Any, ...] | None:
    model: Any = get_user_model()
    shape = tuple(kind for kind, _ in typed)
    sql, parameters = _statement(alias, model, model.USERNAME_FIELD, shape, apps.is_installed("allauth.mfa"))
    values = [one.of(typed) if isinstance(one, _Slot) else one for one in parameters]
    with connections[alias].cursor() as cursor:
        try:
            cursor.execute(sql, values)
        except OverflowError:
            # A number that SQLite's columns cannot hold is nobody's name; its driver says so before it asks.
            return None
        row = cursor.fetchone()
    return None if row is None else (model._meta.pk.to_python(row[0]), *row[1:])


def _unknown(name: str) -> str:
    """What attempts under a name that nobody has are counted under.

    Spellings that would mean one account share a count, and no others do: whoever is refused under one spelling of an
    address could tell by another, which shares the count of an unknown address only, whether there is an account.
    """
    name = name[:_LONGEST]
    return (lookup_email(name) or _literally(name)) if _is_address(name) else fold(name)


def _is_address(name: str) -> bool:
    """Whether a name is compared as addresses are."""
    return "@" in normalised_username(name) and apps.is_installed("allauth.account") and "email" in _login_methods()


def _literally(name: str) -> str:
    return "".join(letter.lower() if letter.isascii() else letter for letter in name.strip())


def _usernames(field: Any, name: str) -> Iterator[tuple[str, Any]]:
    """What was typed, and its NFKC, as the column holds it; none where the field cannot hold such a name.

    What is compared as an address is like no other letters, here neither.
    """
    for spelling in dict.fromkeys((name, name if _is_address(name) else normalised_username(name))):
        with suppress(TypeError, ValueError, ValidationError, OverflowError):
            yield "username", field.get_db_prep_value(field.to_python(spelling), connections[database()])


def _addresses(name: str) -> Iterator[tuple[str, Any]]:
    """As addresses are kept, or else as one of a time before that was."""
    if _is_address(name):
        literally = _literally(name)
        yield from (("email", one) for one in dict.fromkeys((lookup_email(name) or literally, literally)))


class _Slot(Value):
    """The place of a typed name in a statement that is built once and used for all names."""

    def __init__(self, position: int) -> None:
        super().__init__("", output_field=CharField())
        self.position = position

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:  # noqa: ARG002 - Django's interface
        """Itself, as the parameter."""
        return "%s", [self]

    def of(self, typed: Sequence[tuple[str, Any]]) -> Any:
        """What was typed there."""
        return typed[self.position][1]


@lru_cache(maxsize=32)
def _statement(
    alias: str,
    model: Any,
    username: str,
    shape: tuple[str, ...],
    asks_for_factor: bool,  # noqa: FBT001 - part of the memo's key
) -> tuple[str, tuple[Any, ...]]:
    """The statement for so many spellings of a user name and of an address. Building it takes longer than running it.

    Each way to a user is a subquery that runs once, by its index; the first that finds anybody decides.
    """
    users = model._base_manager.using(alias)
    ways: list[Any] = [_Slot(position) for position, kind in enumerate(shape) if kind == "pk"]
    ways += [
        Subquery(users.filter(**{username: _Slot(position)}).order_by().values("pk")[:1])
        for position, kind in enumerate(shape)
        if kind == "username"
    ]
    spellings = [_Slot(position) for position, kind in enumerate(shape) if kind == "email"]
    if spellings:
        addresses = apps.get_model("account", "EmailAddress")._base_manager.using(alias)
        own = addresses.filter(Q(verified=True) | Q(primary=True), email__in=spellings)
        ways.append(Subquery(own.order_by("-verified", "pk").values("user")[:1]))
    rows = users.filter(pk=Coalesce(*ways) if len(ways) > 1 else ways[0])
    names = [f"keyturn_account__{name}" for name in ("signed_up_at", "verified_at", "reset_required_at")]
    if asks_for_factor:
        factors = apps.get_model("mfa", "Authenticator")._base_manager.exclude(type="recovery_codes")
        rows = rows.annotate(keyturn_has_factor=Exists(factors.filter(user=OuterRef("pk"))))
        names.append("keyturn_has_factor")
    query = rows.order_by().values_list("pk", username, *names)[:1].query
    sql, parameters = query.get_compiler(using=alias).as_sql()
    return sql, tuple(parameters)


def _login_methods() -> Any:
    from allauth.account import app_settings  # noqa: PLC0415 - only where it is installed

    return app_settings.LOGIN_METHODS


def _verification_is_mandatory() -> bool:
    if not apps.is_installed("allauth.account"):
        return False
    from allauth.account import app_settings  # noqa: PLC0415 - only where it is installed

    return bool(app_settings.EMAIL_VERIFICATION == app_settings.EmailVerificationMethod.MANDATORY)
