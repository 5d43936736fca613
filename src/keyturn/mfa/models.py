"""What Keyturn keeps of factors beside django-allauth's own rows, and the devices that are trusted with one less.

``factor_id`` names a row of ``mfa_authenticator``. It is no foreign key: that table is there only in a project that has
``allauth.mfa`` installed.
"""

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

__all__ = ["FactorState", "RecoveryCode", "TrustedDevice", "UsedChallenge"]


class FactorState(models.Model):
    """How far one factor has been used, so that no use of it counts twice."""

    factor_id = models.BigIntegerField(primary_key=True, help_text=_("The row of mfa_authenticator."))
    counter = models.BigIntegerField(
        db_default=-1,
        default=-1,
        help_text=_("Of an app: the last step of time that was accepted. Of a passkey: its last count."),
    )
    credential_hash = models.CharField(  # noqa: DJ001 - of those without one there are many
        max_length=64, null=True, unique=True, help_text=_("Hex SHA-256 of a passkey's credential id.")
    )

    class Meta:
        db_table = "keyturn_factor_state"
        verbose_name = _("state of a factor")
        verbose_name_plural = _("states of factors")

    def __str__(self) -> str:
        return str(self.factor_id)


class RecoveryCode(models.Model):
    """One recovery code. What is stored cannot be turned back into it: it is made of 80 random bits."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    hash = models.CharField(max_length=64, help_text=_("Hex SHA-256."))
    created_at = models.DateTimeField(_("created"))
    used_at = models.DateTimeField(_("used"), null=True)

    class Meta:
        db_table = "keyturn_recovery_code"
        verbose_name = _("recovery code")
        verbose_name_plural = _("recovery codes")
        constraints = (models.UniqueConstraint(fields=["user", "hash"], name="keyturn_recovery_code_once"),)

    def __str__(self) -> str:
        return str(self.pk)


class TrustedDevice(models.Model):
    """A browser that is asked for no second factor for a while: it holds the device cookie of this hash."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    device_hash = models.CharField(max_length=64, help_text=_("Hex SHA-256 of the device cookie."))
    created_at = models.DateTimeField(_("created"))
    expires_at = models.DateTimeField(_("expires"), db_index=True)
    ip = models.GenericIPAddressField(_("address"), null=True)
    user_agent = models.CharField(_("user agent"), max_length=300, blank=True)

    class Meta:
        db_table = "keyturn_trusted_device"
        verbose_name = _("trusted device")
        verbose_name_plural = _("trusted devices")
        constraints = (models.UniqueConstraint(fields=["user", "device_hash"], name="keyturn_trusted_device_once"),)

    def __str__(self) -> str:
        return str(self.pk)[:8]


class UsedChallenge(models.Model):
    """A passkey's challenge that has been answered. It is never answered again; kept until it would be too old."""

    hash = models.CharField(max_length=64, primary_key=True, help_text=_("Hex SHA-256."))
    expires_at = models.DateTimeField(_("expires"), db_index=True)

    class Meta:
        db_table = "keyturn_used_challenge"
        verbose_name = _("used challenge")
        verbose_name_plural = _("used challenges")

    def __str__(self) -> str:
        return self.hash[:8]
