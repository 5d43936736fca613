"""What is kept of factors beside django-allauth's own rows, and the devices that are trusted with one less."""

import uuid
from typing import ClassVar

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """Create their tables."""

    dependencies: ClassVar = [
        ("keyturn", "0005_retry_key"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations: ClassVar = [
        migrations.CreateModel(
            name="FactorState",
            fields=[
                (
                    "factor_id",
                    models.BigIntegerField(
                        help_text="The row of mfa_authenticator.", primary_key=True, serialize=False
                    ),
                ),
                (
                    "counter",
                    models.BigIntegerField(
                        db_default=-1,
                        default=-1,
                        help_text="Of an app: the last step of time that was accepted. Of a passkey: its last count.",
                    ),
                ),
                (
                    "credential_hash",
                    models.CharField(
                        help_text="Hex SHA-256 of a passkey's credential id.", max_length=64, null=True, unique=True
                    ),
                ),
            ],
            options={
                "verbose_name": "state of a factor",
                "verbose_name_plural": "states of factors",
                "db_table": "keyturn_factor_state",
            },
        ),
        migrations.CreateModel(
            name="RecoveryCode",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("hash", models.CharField(help_text="Hex SHA-256.", max_length=64)),
                ("created_at", models.DateTimeField(verbose_name="created")),
                ("used_at", models.DateTimeField(null=True, verbose_name="used")),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "verbose_name": "recovery code",
                "verbose_name_plural": "recovery codes",
                "db_table": "keyturn_recovery_code",
                "constraints": [models.UniqueConstraint(fields=("user", "hash"), name="keyturn_recovery_code_once")],
            },
        ),
        migrations.CreateModel(
            name="TrustedDevice",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("device_hash", models.CharField(help_text="Hex SHA-256 of the device cookie.", max_length=64)),
                ("created_at", models.DateTimeField(verbose_name="created")),
                ("expires_at", models.DateTimeField(db_index=True, verbose_name="expires")),
                ("ip", models.GenericIPAddressField(null=True, verbose_name="address")),
                ("user_agent", models.CharField(blank=True, max_length=300, verbose_name="user agent")),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "verbose_name": "trusted device",
                "verbose_name_plural": "trusted devices",
                "db_table": "keyturn_trusted_device",
                "constraints": [
                    models.UniqueConstraint(fields=("user", "device_hash"), name="keyturn_trusted_device_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="UsedChallenge",
            fields=[
                (
                    "hash",
                    models.CharField(help_text="Hex SHA-256.", max_length=64, primary_key=True, serialize=False),
                ),
                ("expires_at", models.DateTimeField(db_index=True, verbose_name="expires")),
            ],
            options={
                "verbose_name": "used challenge",
                "verbose_name_plural": "used challenges",
                "db_table": "keyturn_used_challenge",
            },
        ),
    ]
