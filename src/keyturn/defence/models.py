"""The counters of attempts, where the database keeps them."""

from django.db import models
from django.utils.translation import gettext_lazy as _

__all__ = ["AttemptCounter"]


class AttemptCounter(models.Model):
    """Attempts within a window of time, of one account and address, of one address, or of one account.

    Names and addresses are kept as keyed hashes only: whoever reads the table learns neither. Times are numbers,
    because the statement that counts computes with them, alike on every database and whatever ``USE_TZ`` says.
    """

    key = models.CharField(max_length=64, primary_key=True, help_text=_("Hex HMAC-SHA-256 of what is counted."))
    account = models.CharField(
        max_length=64, default="", help_text=_("Hex HMAC-SHA-256 of the account's name; empty for addresses.")
    )
    count = models.IntegerField()
    level = models.SmallIntegerField(default=0, help_text=_("How many windows in a row ended at the limit."))
    window_ends_at = models.BigIntegerField(help_text=_("Milliseconds since 1970."))
    succeeded_at = models.BigIntegerField(null=True, help_text=_("When an attempt was right last, in the same unit."))

    class Meta:
        db_table = "keyturn_attempt_counter"
        verbose_name = _("attempt counter")
        verbose_name_plural = _("attempt counters")
        indexes = (
            models.Index(fields=["account"], name="keyturn_attempt_account"),
            models.Index(fields=["window_ends_at"], name="keyturn_attempt_window"),
        )

    def __str__(self) -> str:
        return self.key
