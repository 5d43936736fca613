"""The table of services that hold credentials. A secret is never stored, only its SHA-256."""

from django.db import models
from django.utils.translation import gettext_lazy as _

__all__ = ["ServiceClient"]


class ServiceClient(models.Model):
    """One service, what it may do, and the hash of its secret: random and long, so that a fast hash is enough."""

    client_id = models.CharField(_("client id"), primary_key=True, max_length=64)
    name = models.CharField(_("name"), max_length=100)
    secret_hash = models.CharField(max_length=64)
    scopes = models.CharField(_("scopes"), max_length=200, help_text=_("Words separated by spaces."))
    created_at = models.DateTimeField(_("created"))
    disabled_at = models.DateTimeField(_("disabled"), null=True)

    class Meta:
        db_table = "keyturn_service_client"
        verbose_name = _("service client")
        verbose_name_plural = _("service clients")
        ordering = ("client_id",)

    def __str__(self) -> str:
        return str(self.name)
