"""The trail's table, and the counts by the hour of what happens too often for a row each."""

from collections.abc import Iterable
from typing import Any, Never

from django.db import models
from django.utils.translation import gettext_lazy as _

__all__ = ["AuditEvent", "Tally"]


class _AuditEventQuerySet(models.QuerySet["AuditEvent"]):
    """Which reads, and refuses what would change or remove rows."""

    def update(self, **_kwargs: Any) -> Never:
        """Refuse.

        Raises:
            TypeError: always.
        """
        raise TypeError(_UNCHANGING)

    def bulk_update(self, *_args: Any, **_kwargs: Any) -> Never:
        """Refuse.

        Raises:
            TypeError: always.
        """
        raise TypeError(_UNCHANGING)

    def delete(self) -> Never:
        """Refuse; only retention removes rows (:mod:`keyturn.trail.retention`).

        Raises:
            TypeError: always.
        """
        raise TypeError(_UNCHANGING)

    delete.alters_data = True  # type: ignore[attr-defined]
    delete.queryset_only = True  # type: ignore[attr-defined]


_UNCHANGING = "The trail is written once: no event is changed or deleted but by prune_trail."


class AuditEvent(models.Model):
    """Something that happened to an account. It names users by their key and holds no foreign key.

    So that a user can be deleted and what happened to the account remains. Never a password, token, code or key.
    Rows are added by :mod:`keyturn.trail.recording`. PostgreSQL itself refuses to change or remove them, SQLite to
    change them (migration 0004); on either, this model refuses both.
    """

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField(_("at"))
    event = models.CharField(_("event"), max_length=40)
    # As long as any key that a user model may reasonably have, an e-mail address among them.
    user_id = models.CharField(_("user"), max_length=255, default="", help_text=_("Empty: no account of ours."))
    actor_id = models.CharField(
        _("actor"), max_length=255, default="", help_text=_("Who did it, where that was not the user.")
    )
    session_id = models.UUIDField(_("session"), null=True)
    reason = models.CharField(_("reason"), max_length=64, default="")
    ip = models.GenericIPAddressField(_("address"), null=True, unpack_ipv4=True)
    user_agent = models.CharField(_("user agent"), max_length=300, default="")
    details = models.JSONField(_("details"), default=dict)

    objects = models.Manager.from_queryset(_AuditEventQuerySet)()

    class Meta:
        db_table = "keyturn_audit_event"
        verbose_name = _("event")
        verbose_name_plural = _("trail")
        ordering = ("-id",)
        indexes = (
            models.Index(fields=["user_id", "id"], name="keyturn_audit_user"),
            models.Index(fields=["event", "at"], name="keyturn_audit_kind"),
            models.Index(fields=["at"], name="keyturn_audit_at"),
            models.Index(fields=["session_id"], name="keyturn_audit_session"),
        )

    def __str__(self) -> str:
        return f"{self.event} {self.id}"

    def save(
        self,
        *,
        force_insert: Any = True,
        force_update: bool = False,
        using: str | None = None,
        update_fields: Iterable[str] | None = None,
    ) -> None:
        """Add the event.

        Raises:
            TypeError: it is there already.
        """
        if not self._state.adding or force_update or update_fields is not None:
            raise TypeError(_UNCHANGING)
        super().save(force_insert=force_insert, using=using)

    def delete(self, *_args: Any, **_kwargs: Any) -> Never:
        """Refuse.

        Raises:
            TypeError: always.
        """
        raise TypeError(_UNCHANGING)


class Tally(models.Model):
    """How often something happened within an hour."""

    id = models.BigAutoField(primary_key=True)
    hour = models.DateTimeField(_("hour"))
    name = models.CharField(_("name"), max_length=40)
    count = models.BigIntegerField(_("count"))

    class Meta:
        db_table = "keyturn_tally"
        verbose_name = _("tally")
        verbose_name_plural = _("dashboard")
        constraints = (models.UniqueConstraint(fields=["hour", "name"], name="keyturn_tally_hour_name"),)

    def __str__(self) -> str:
        return f"{self.name} {self.hour:%Y-%m-%d %H}"
