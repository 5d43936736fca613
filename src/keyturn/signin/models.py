"""What Keyturn knows of an account beyond the user's own row."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

__all__ = ["AccountState"]


class AccountState(models.Model):
    """How an account came to be, and what stands between its password and a session.

    A user without such a row was made by an administrator or by the project's own code, and nothing is asked of them.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="keyturn_account",
        verbose_name=_("user"),
    )
    signed_up_at = models.DateTimeField(_("signed up"), null=True, help_text=_("Empty where somebody else did it."))
    verified_at = models.DateTimeField(
        _("verified"), null=True, help_text=_("When an e-mail address of the account was verified first.")
    )
    reset_required_at = models.DateTimeField(
        _("reset required"), null=True, help_text=_("Since when the password lets nobody in until it is reset.")
    )

    class Meta:
        db_table = "keyturn_account"
        verbose_name = _("account")
        verbose_name_plural = _("accounts")
        permissions = (("impersonate_user", "Can sign in as another user"),)

    def __str__(self) -> str:
        return str(self.user_id)
