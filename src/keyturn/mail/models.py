"""The queue of outgoing mail."""

from django.db import models
from django.utils.translation import gettext_lazy as _

__all__ = ["OutgoingMail"]


class OutgoingMail(models.Model):
    """A message on its way. Codes and links are in it, so that only its sealed form is stored.

    The row goes when the message has been taken over by a mail server.
    """

    id = models.BigAutoField(primary_key=True)
    kind = models.CharField(_("kind"), max_length=64, help_text=_("The template it was made of."))
    created_at = models.DateTimeField(_("created"))
    due_at = models.DateTimeField(_("due"), help_text=_("Not tried before."))
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    leased_until = models.DateTimeField(null=True, help_text=_("A process is at it until then."))
    failed_at = models.DateTimeField(_("given up"), null=True)
    last_error = models.CharField(_("last error"), max_length=200, default="")
    sealed = models.TextField(help_text=_("The whole message (RFC 5322) with its envelope, encrypted."))

    class Meta:
        db_table = "keyturn_outgoing_mail"
        verbose_name = _("outgoing mail")
        verbose_name_plural = _("outgoing mails")
        ordering = ("id",)
        indexes = (models.Index(fields=["due_at"], name="keyturn_mail_due"),)

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"
