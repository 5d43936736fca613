"""What happens to a user happens to the user's sessions, in the same transaction (DESIGN P7).

A changed password or a deactivation ends them; Django's transparent upgrade of a password hash re-stamps them, since
the password is still the same. Signals cannot do this: ``post_save`` comes after the row is committed. So the user
model's ``save_base`` is wrapped, and ``check_password`` tells it which saves are hash upgrades. Doors that call
neither (``queryset.update``, SQL) take effect at the next mint, by the fingerprint in the session row. Deleting a user
deletes the sessions by cascade; just before, they are ended, for all who keep track of endings.
"""

import functools
import inspect
from collections.abc import Awaitable, Callable, Collection, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Final

from django.apps import apps
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import router, transaction
from django.db.models import Model
from django.db.models.signals import class_prepared, pre_delete
from django.dispatch import Signal

from keyturn.clock import utc_now
from keyturn.sessions.fingerprint import password_fingerprint
from keyturn.sessions.models import Session
from keyturn.sessions.policy import Policy
from keyturn.sessions.revocation import RevokeReason, revoke_user_sessions
from keyturn.sessions.statements import database
from keyturn.trail.events import Event
from keyturn.trail.recording import record

__all__ = ["password_replaced", "watch_user_model"]

password_replaced = Signal()
"""Sent inside the transaction that stores a new password, with ``user_id`` (the primary key) and ``using`` (alias)."""

_DECIDING = frozenset({"password", "is_active"})

_CHECKS: Final = 3
"""How often a password is compared anew because another login upgraded its hash in between."""


@dataclass
class _Check:
    """A ``check_password`` under way.

    Args:
        user: whose.
        against: the stored hash it compares with.
        overtaken: another request replaced that hash before this one could upgrade it; compare again.
    """

    user: AbstractBaseUser
    against: str
    overtaken: bool = False


_current_check: ContextVar[_Check | None] = ContextVar("keyturn_password_check", default=None)
"""Another hash saved for the very user inside a check is Django's upgrade: the password has just been seen."""

_watched: set[type[AbstractBaseUser]] = set()


def watch_user_model(model: type[AbstractBaseUser]) -> None:
    """Make sessions follow what is saved to this user model. Safe to call twice."""
    if model in _watched:
        return
    _watched.add(model)
    model.save_base = _follow(model.save_base)  # type: ignore[method-assign]
    model.check_password = _mark_upgrade(model.check_password)  # type: ignore[method-assign]
    model.acheck_password = _mark_upgrade_async(model.acheck_password)  # type: ignore[method-assign,assignment]
    # Django tells of a proxy's deletion under the proxy's name. A receiver without sender would cost every model its
    # deletion by one statement.
    for each in apps.get_models():
        if issubclass(each, model):
            _watch_deletion(each)
    class_prepared.connect(_watch_later_proxy, dispatch_uid="keyturn.user_proxies")


def _watch_deletion(model: type[Model]) -> None:
    pre_delete.connect(_end_sessions, sender=model, dispatch_uid=f"keyturn.user_deleted.{model._meta.label}")


def _watch_later_proxy(*, sender: type[Model], **_: object) -> None:
    if issubclass(sender, tuple(_watched)):
        _watch_deletion(sender)


def _follow(save_base: Callable[..., None]) -> Callable[..., None]:
    # Django's own, by which it calls: an overriding method may hide its arguments behind *args and **kwargs.
    signature = inspect.signature(Model.save_base)

    @functools.wraps(save_base)
    def wrapper(self: AbstractBaseUser, *args: Any, **kwargs: Any) -> None:
        given = signature.bind(self, *args, **kwargs).arguments
        update_fields: Collection[str] | None = given.get("update_fields")
        decides = update_fields is None or bool(_DECIDING.intersection(update_fields))
        if given.get("raw") or given.get("force_insert") or self.pk is None or not decides:
            save_base(self, *args, **kwargs)
            return
        alias = given.get("using") or router.db_for_write(type(self), instance=self)
        check = _current_check.get()
        if check is not None and check.user is self and _is_upgrade(check, update_fields):
            with transaction.atomic(using=alias, savepoint=False):
                _upgrade_hash(self, check, lambda: save_base(self, *args, **kwargs), alias)
            return
        before = _stored(self, alias)
        with transaction.atomic(using=alias, savepoint=False):
            save_base(self, *args, **kwargs)
            _follow_change(self, before, update_fields)

    return wrapper


@dataclass(frozen=True, slots=True)
class _Before:
    """What is stored of a user when a save begins.

    Args:
        password: the hash.
        is_active: None where the user model has no such column.
    """

    password: str
    is_active: bool | None


def _stored(user: AbstractBaseUser, alias: str) -> _Before | None:
    """What a save may replace: a save that only may change the password must be told from one that does.

    Before the transaction: SQLite could not turn one that began by reading into one that writes.
    """
    model = type(user)
    names = ["password", *(["is_active"] if _has_column(model, "is_active") else [])]
    row = model._base_manager.using(alias).filter(pk=user.pk).values(*names).first()
    return None if row is None else _Before(row["password"], row.get("is_active"))


def _has_column(model: type[Model], name: str) -> bool:
    return any(field.name == name for field in model._meta.concrete_fields)


def _saves_password(user: AbstractBaseUser, update_fields: Collection[str] | None) -> bool:
    if "password" in user.get_deferred_fields():
        return False
    return update_fields is None or "password" in update_fields


def _follow_change(user: AbstractBaseUser, before: _Before | None, update_fields: Collection[str] | None) -> None:
    new_password = before is not None and _saves_password(user, update_fields) and before.password != user.password
    if before is not None:
        _trail_follows(user, before, update_fields, new_password=new_password)
    _sessions_follow(user, update_fields, new_password=new_password)


def _trail_follows(
    user: AbstractBaseUser, before: _Before, update_fields: Collection[str] | None, *, new_password: bool
) -> None:
    """Record what the save has changed, in its transaction."""
    if new_password:
        record(Event.PASSWORD_CHANGED, user_id=user.pk)
        password_replaced.send(sender=type(user), user_id=user.pk, using=database())
    saves_active = update_fields is None or "is_active" in update_fields
    if not saves_active or "is_active" in user.get_deferred_fields() or before.is_active is None:
        return
    is_active = bool(getattr(user, "is_active", True))
    if is_active != before.is_active:
        record(Event.ACCOUNT_REACTIVATED if is_active else Event.ACCOUNT_DEACTIVATED, user_id=user.pk)


def _sessions_follow(user: AbstractBaseUser, update_fields: Collection[str] | None, *, new_password: bool) -> None:
    now = utc_now()
    # An inactive user may be welcome all the same: CHECK_USER_IS_ACTIVE, USER_AUTHENTICATION_RULE.
    if not getattr(user, "is_active", True) and not Policy.current().admits(user):
        revoke_user_sessions(user.pk, reason=RevokeReason.USER_INACTIVE, now=now)
        return
    if _saves_password(user, update_fields):
        revoke_user_sessions(
            user.pk,
            reason=RevokeReason.PASSWORD_CHANGED,
            now=now,
            unless_fingerprint=password_fingerprint(user.password),
            unshown_too=new_password,
        )


def _end_sessions(*, instance: AbstractBaseUser, **_: object) -> None:
    """Django sends this inside the transaction that deletes the user."""
    revoke_user_sessions(instance.pk, reason=RevokeReason.USER_DELETED, now=utc_now(), unshown_too=False)
    record(Event.ACCOUNT_DELETED, user_id=instance.pk)


def _is_upgrade(check: _Check, update_fields: Collection[str] | None) -> bool:
    """Whether a save inside a check stores another hash. A model's own ``save()`` may save more fields along."""
    return check.user.password != check.against and (update_fields is None or "password" in update_fields)


def _upgrade_hash(user: AbstractBaseUser, check: _Check, save: Callable[[], None], alias: str) -> None:
    """Store the better hash of the same password, and re-stamp the sessions opened under the old one.

    Two logins may upgrade at once. The second must not replace the first one's hash: the first one's new session
    stands under it. So the upgrade is a compare-and-set, and whoever loses compares with the winner's hash.
    """
    rows = type(user)._base_manager.using(alias).filter(pk=user.pk)
    if not rows.filter(password=check.against).update(password=user.password):
        check.overtaken = True
        user.password = rows.values_list("password", flat=True).first() or ""
        return
    save()
    Session.objects.using(database()).filter(
        user_id=user.pk, password_fingerprint=password_fingerprint(check.against)
    ).update(password_fingerprint=password_fingerprint(user.password))


def _mark_upgrade(check_password: Callable[..., bool]) -> Callable[..., bool]:
    @functools.wraps(check_password)
    def wrapper(self: AbstractBaseUser, raw_password: str | None) -> bool:
        for _ in range(_CHECKS):
            with _checking(self) as check:
                correct = check_password(self, raw_password)
            if not check.overtaken:
                return correct
        return False

    return wrapper


def _mark_upgrade_async(check_password: Callable[..., Awaitable[bool]]) -> Callable[..., Awaitable[bool]]:
    @functools.wraps(check_password)
    async def wrapper(self: AbstractBaseUser, raw_password: str | None) -> bool:
        for _ in range(_CHECKS):
            with _checking(self) as check:
                correct = await check_password(self, raw_password)
            if not check.overtaken:
                return correct
        return False

    return wrapper


@contextmanager
def _checking(user: AbstractBaseUser) -> Iterator[_Check]:
    check = _Check(user, user.password)
    token = _current_check.set(check)
    try:
        yield check
    finally:
        _current_check.reset(token)
