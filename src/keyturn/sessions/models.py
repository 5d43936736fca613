"""The session row: one login, one row, changed in place for as long as it lives."""

from typing import Any, Never, cast

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import models, router, transaction
from django.dispatch import Signal
from django.utils.translation import gettext_lazy as _

from keyturn.sessions.identity import new_session_id

__all__ = ["Session", "sessions_about_to_be_deleted"]

sessions_about_to_be_deleted = Signal()
"""Sent inside the transaction that deletes rows, with ``session_ids`` (sequence of UUID) of those not yet ended."""


class _SessionQuerySet(models.QuerySet["Session"]):
    """Whose deletions everybody learns of who keeps track of endings."""

    def delete(self) -> tuple[int, dict[str, int]]:
        """End the sessions that have not ended, then remove all: a row that is gone cannot say that it had ended."""
        with transaction.atomic(using=self.db):
            alive = list(self.filter(revoked_at__isnull=True).order_by().values_list("pk", flat=True))
            sessions_about_to_be_deleted.send(sender=self.model, session_ids=alive)
            return super().delete()

    delete.alters_data = True  # type: ignore[attr-defined]
    delete.queryset_only = True  # type: ignore[attr-defined]


class Session(models.Model):
    """One login of one user on one client; its id is the claim ``sid`` and names the family of refresh tokens.

    Rows are inserted by :mod:`keyturn.sessions.opening` and changed by conditional UPDATEs only. No index covers a
    column that a refresh changes, so that PostgreSQL can update in place (heap-only tuples).
    """

    id = models.UUIDField(primary_key=True, default=new_session_id, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="keyturn_sessions", verbose_name=_("user")
    )
    created_at = models.DateTimeField(_("created"))
    auth_time = models.DateTimeField(_("authenticated"), help_text=_("When the user last proved who they are."))
    absolute_expires_at = models.DateTimeField(_("ends at the latest"))
    adopted_until = models.DateTimeField(
        null=True, help_text=_("Expiry of the refresh token of stock simplejwt that this session was adopted from.")
    )
    revoked_at = models.DateTimeField(_("revoked"), null=True)
    revoked_reason = models.CharField(_("reason"), max_length=32, default="")
    password_fingerprint = models.CharField(max_length=64, help_text=_("SHA-256 of the user's stored password hash."))
    amr = models.CharField(
        _("authentication methods"), max_length=100, help_text=_("Words of RFC 8176, separated by spaces.")
    )
    binding_kind = models.CharField(max_length=16, default="")
    binding_hash = models.CharField(max_length=64, default="")
    client_label = models.CharField(_("label"), max_length=100, default="")
    # What a refresh changes stands together, so that little is written.
    generation = models.BigIntegerField(default=0)
    forgiven = models.BigIntegerField(null=True, help_text=_("The generation at which a late predecessor was let in."))
    rotated_at = models.DateTimeField(_("last used"))
    idle_expires_at = models.DateTimeField(_("ends unless used before"))
    ip = models.GenericIPAddressField(_("address"), null=True, unpack_ipv4=True)
    user_agent = models.CharField(_("user agent"), max_length=300, default="")
    # Half a SHA-256 of the Idempotency-Key that came with it. Processes of the version before know no such column.
    retry_key = models.CharField(max_length=32, default="", db_default="")

    objects = models.Manager.from_queryset(_SessionQuerySet)()

    class Meta:
        db_table = "keyturn_session"
        verbose_name = _("session")
        verbose_name_plural = _("sessions")
        # UUIDv7: by id is by time of login.
        ordering = ("-id",)

    def __str__(self) -> str:
        return str(self.id)

    def save(self, *_args: Any, **_kwargs: Any) -> Never:
        """Refuse: a row written back whole would undo a rotation or a revocation that happened meanwhile.

        Raises:
            TypeError: always.
        """
        raise TypeError("A session is changed by the services of keyturn.sessions, never by save().")

    def delete(self, using: str | None = None, keep_parents: bool = False) -> tuple[int, dict[str, int]]:  # noqa: FBT001, FBT002 - Django's signature
        """End the session if it has not ended, then remove the row."""
        alias = using or router.db_for_write(type(self), instance=self)
        with transaction.atomic(using=alias):
            sessions_about_to_be_deleted.send(sender=type(self), session_ids=(self.pk,))
            return super().delete(using=using, keep_parents=keep_parents)

    def remember_user(self, user: AbstractBaseUser) -> None:
        """Keep a loaded user with the session, so that nobody loads it again."""
        self.user = cast("Any", user)

    @property
    def is_revoked(self) -> bool:
        """Whether somebody or something ended this session before its time."""
        return self.revoked_at is not None
