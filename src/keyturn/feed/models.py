"""The table of revocations: rows are added in the transaction that revokes, read in order, and removed when old."""

from typing import TYPE_CHECKING, Any

from django.db import models
from django.utils.translation import gettext_lazy as _

__all__ = ["Revocation", "TransactionIdField"]

if TYPE_CHECKING:
    _BigInteger = models.BigIntegerField[int, int]
else:
    _BigInteger = models.BigIntegerField


class TransactionIdField(_BigInteger):
    """The id of the transaction that wrote a row: ``xid8`` on PostgreSQL, which compares it with snapshots.

    SQLite has one writer at a time and needs none; there it is 0.
    """

    def db_type(self, connection: Any) -> str | None:
        """PostgreSQL's own type where there is one."""
        return "xid8" if connection.vendor == "postgresql" else super().db_type(connection)


class Revocation(models.Model):
    """One session or one signing key that ended before its time. Written by :mod:`keyturn.feed`, by nobody else."""

    id = models.BigAutoField(primary_key=True)
    txid = TransactionIdField(default=0, editable=False)
    at = models.DateTimeField(_("at"))
    # No foreign key: a session that is deleted must be known to have ended all the more.
    session_id = models.UUIDField(_("session"), null=True)
    kid = models.CharField(_("key"), max_length=64, default="")
    reason = models.CharField(_("reason"), max_length=32)

    class Meta:
        db_table = "keyturn_revocation"
        verbose_name = _("revocation")
        verbose_name_plural = _("revocations")
        ordering = ("id",)
        indexes = (
            models.Index(fields=["txid"], name="keyturn_revocation_txid"),
            models.Index(fields=["at"], name="keyturn_revocation_at"),
        )

    def __str__(self) -> str:
        return f"{self.session_id or self.kid}: {self.reason}"
