"""The table of the key ring. Rows are added and stamped by :mod:`keyturn.keys`; a state follows from its times."""

from django.db import models
from django.utils.translation import gettext_lazy as _

__all__ = ["SigningKey"]


class SigningKey(models.Model):
    """One key pair. Published from ``created_at``, signing from ``activates_at`` until the next one's.

    ``sequence`` is unique, so that many nodes that make the next key at once make one.
    """

    kid = models.CharField(primary_key=True, max_length=64, help_text=_("RFC 7638 thumbprint of the public key."))
    sequence = models.BigIntegerField(unique=True)
    algorithm = models.CharField(_("algorithm"), max_length=16)
    public_jwk = models.TextField(_("public key"), help_text=_("JWK (RFC 7517), as JSON."))
    sealed = models.TextField(help_text=_("The private key, encrypted; empty once it signs no more."))
    created_at = models.DateTimeField(_("published"))
    activates_at = models.DateTimeField(_("signs from"))
    longest_lifetime = models.PositiveIntegerField(help_text=_("Seconds: the longest that a token signed by it lives."))
    revoked_at = models.DateTimeField(_("revoked"), null=True)
    revoked_reason = models.CharField(_("reason"), max_length=32, default="")

    class Meta:
        db_table = "keyturn_signing_key"
        verbose_name = _("signing key")
        verbose_name_plural = _("signing keys")
        ordering = ("sequence",)

    def __str__(self) -> str:
        return str(self.kid)
