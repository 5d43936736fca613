"""The queue of outgoing mail."""

from django.db import models
from django.utils.translation import gettext_lazy as _

__all__ = ["OutgoingMail"]


class OutgoingMail(models.Model):
    """A message on its way, or another delivery. Codes and links are in it, so that only its sealed form is stored.

    The row goes when a mail server has taken the message over.
    """

    id = models.BigAutoField(primary_key=True)
    kind = models.CharField(_("kind"), max_length=64, help_text=_("Its templates, or who carries it."))
    created_at = models.DateTimeField(_("created"))
    due_at = models.DateTimeField(_("due"), help_text=_("Not tried before."))
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    leased_until = models.DateTimeField(null=True, help_text=_("A process is at it until then."))
    failed_at = models.DateTimeField(_("given up"), null=True)
    last_error = models.CharField(_("last error"), max_length=200, default="")
    sealed = models.TextField(help_text=_("What is delivered and to whom, encrypted."))

    class Meta:
        db_table = "keyturn_outgoing_mail"
        verbose_name = _("outgoing mail")
        verbose_name_plural = _("outgoing mails")
        ordering = ("id",)
        indexes = (
            models.Index(fields=["due_at"], name="keyturn_mail_due", condition=models.Q(failed_at__isnull=True)),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"
