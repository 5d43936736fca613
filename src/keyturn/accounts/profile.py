"""What an account says of itself, and what its user may change there, for any user model."""

import unicodedata
from collections.abc import Collection, Mapping
from datetime import UTC
from typing import Any, Final
from uuid import UUID

from django.apps import apps
from django.contrib.auth import get_user_model
from django.core.exceptions import FieldDoesNotExist
from django.db import router, transaction

from keyturn import conf
from keyturn.clock import aware
from keyturn.signin.models import AccountState
from keyturn.signin.users import locked_user, user_database
from keyturn.trail.events import Event
from keyturn.trail.recording import record

__all__ = ["change_profile", "email_field", "is_email_verified", "is_plain_text", "own_fields", "profile_of"]

# Characters that turn the direction of text around (Unicode Technical Report 36, section 2.1): what stands after them
# in a mail or on an administrator's page would be shown as something else.
_TURNING: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
# Control characters, line and paragraph separators, lone surrogates, and what Unicode has not assigned.
_NO_TEXT: Final = frozenset({"Cc", "Cn", "Cs", "Zl", "Zp"})


def own_fields() -> tuple[str, ...]:
    """The fields of the user model that users see and change themselves: those of ``PROFILE_FIELDS`` that exist."""
    return tuple(name for name in conf.get().profile_fields if _field(name) is not None)


def email_field() -> str | None:
    """The name of the user model's e-mail field; None where it has none."""
    model: Any = get_user_model()
    name = model.get_email_field_name()
    return name if _field(name) is not None else None


def is_plain_text(value: str) -> bool:
    """Whether a text can stand in a mail, a log or on a page and be taken for what it is."""
    return not any(letter in _TURNING or unicodedata.category(letter) in _NO_TEXT for letter in value)


def profile_of(user: Any) -> dict[str, Any]:
    """Describe the account to its user.

    Args:
        user: loaded.

    Returns:
        ``id``, ``username``, ``email``, ``email_verified`` (None where nothing keeps track of it), the own fields,
        ``date_joined`` (aware, UTC), ``has_usable_password``, ``needs``: what stands between the account and a
        session, as words. None for what the user model does not have.
    """
    name = email_field()
    email = str(getattr(user, name) or "") if name is not None else None
    joined = getattr(user, "date_joined", None)
    return {
        "id": user.pk,
        "username": user.get_username(),
        "email": email,
        "email_verified": is_email_verified(user, email),
        **{field: getattr(user, field) for field in own_fields()},
        "date_joined": None if joined is None else aware(joined).astimezone(UTC),
        "has_usable_password": user.has_usable_password(),
        "needs": _needs(user),
    }


def change_profile(user_pk: Any, *, changes: Mapping[str, Any], session_id: UUID | None) -> Any:
    """Change own fields of a user, those and no others, and tell the trail which.

    Args:
        user_pk: the user's primary key.
        changes: checked values by the names of :func:`own_fields`.
        session_id: the session in which it happens.

    Returns:
        The user, as stored now.

    Raises:
        RefusedError: ``user_not_found``.
    """
    with transaction.atomic(using=user_database()):
        user = locked_user(user_pk)
        changed = sorted(name for name, value in changes.items() if getattr(user, name) != value)
        for name in changed:
            setattr(user, name, changes[name])
        if changed:
            user.save(update_fields=changed)
            record(Event.PROFILE_CHANGED, user_id=user.pk, session_id=session_id, details={"fields": changed})
    return user


def is_email_verified(user: Any, email: str | None) -> bool | None:
    """Whether the user has shown to read this address; None where nothing keeps track of it."""
    if email is None or not apps.is_installed("allauth.account"):
        return None
    from allauth.account.models import EmailAddress  # noqa: PLC0415 - not every project has it

    return EmailAddress.objects.filter(user_id=user.pk, email__iexact=email, verified=True).exists()


def _field(name: str) -> Any:
    model: Any = get_user_model()
    try:
        found = model._meta.get_field(name)
    except FieldDoesNotExist:
        return None
    return found if getattr(found, "concrete", False) else None


def _needs(user: Any) -> Collection[str]:
    """Words of the refusals that a login with the right password would meet."""
    rows = AccountState._base_manager.using(router.db_for_write(AccountState))
    state = rows.filter(user_id=user.pk).first()
    if state is None:
        return []
    needs = []
    if state.signed_up_at is not None and state.verified_at is None:
        needs.append("email_not_verified")
    if state.reset_required_at is not None:
        needs.append("password_reset_required")
    return needs
