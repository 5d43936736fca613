"""What a project decides about its sessions, as the services of this room want it."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils.module_loading import import_string

from keyturn import conf
from keyturn.sessions.user_table import UserTable, user_table

__all__ = ["Policy"]


@dataclass(frozen=True, slots=True)
class Policy:
    """The settings that sessions depend on.

    Args:
        grace: ``REFRESH_GRACE``.
        forgive_after: ``REFRESH_FORGIVE_AFTER``.
        absolute_lifetime: from login to the latest end.
        check_active: ``CHECK_USER_IS_ACTIVE``.
        user_rule: a ``USER_AUTHENTICATION_RULE`` of the project's own, called with the user; None for simplejwt's.
        users: the user model's table.
        unless_reset: whether no session is opened while an administrator requires the password to be reset.
    """

    grace: timedelta
    forgive_after: conf.ForgiveAfter
    absolute_lifetime: timedelta
    check_active: bool
    user_rule: Any
    users: UserTable
    unless_reset: bool = True

    @staticmethod
    def current() -> "Policy":
        """The policy of the settings in force."""
        return _current()

    @property
    def must_load_user(self) -> bool:
        """Whether the database alone cannot say that the user may go on."""
        if self.user_rule is not None or not self.users.id_is_here:
            return True
        return self.check_active and self.users.is_active is None

    @property
    def column_decides(self) -> bool:
        """Whether the statement that rotates shall insist on ``is_active``: a rule of the project's own may not."""
        return self.check_active and self.user_rule is None

    def admits(self, user: Any) -> bool:
        """Whether this user may sign in and stay signed in (P6)."""
        if self.user_rule is not None:
            return bool(self.user_rule(user))
        return not self.check_active or bool(user.is_active)


@conf.OncePerSettings
def _current(settings: conf.Settings) -> Policy:
    rule = settings.user_authentication_rule
    return Policy(
        grace=settings.refresh_grace,
        forgive_after=settings.refresh_forgive_after,
        absolute_lifetime=settings.session_absolute_lifetime,
        check_active=settings.check_user_is_active,
        user_rule=None if rule == conf.STOCK.USER_RULE else import_string(rule) if isinstance(rule, str) else rule,
        users=user_table(settings.user_id_field),
    )
