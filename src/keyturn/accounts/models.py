"""Half-done flows: what must be remembered between two requests of a sign-up, a recovery or a change."""

from django.db import models
from django.utils.translation import gettext_lazy as _

__all__ = ["Flow"]


class Flow(models.Model):
    """The state of one client's flow, under the hash of the token that names it, or under its session.

    The state is sealed, since codes are in it: whoever reads the table can neither present a token nor learn a code.
    """

    key_hash = models.CharField(
        max_length=64, primary_key=True, help_text=_("Hex SHA-256 of the token, or of the session's id.")
    )
    session_id = models.UUIDField(null=True, help_text=_("The session whose flow it is; empty before the sign-in."))
    sealed = models.TextField(help_text=_("JSON, encrypted."))
    created_at = models.DateTimeField(_("created"))
    expires_at = models.DateTimeField(_("expires"))

    class Meta:
        db_table = "keyturn_flow"
        verbose_name = _("flow")
        verbose_name_plural = _("flows")
        indexes = (
            models.Index(fields=["expires_at"], name="keyturn_flow_expires"),
            models.Index(fields=["session_id"], name="keyturn_flow_session"),
        )

    def __str__(self) -> str:
        return self.key_hash[:8]
