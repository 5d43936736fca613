"""The key ring, the revocations and the services that follow them."""

from typing import ClassVar

from django.db import migrations, models

import keyturn.feed.models


class Migration(migrations.Migration):
    """Create their tables."""

    dependencies: ClassVar = [
        ("keyturn", "0001_sessions"),
    ]

    operations: ClassVar = [
        migrations.CreateModel(
            name="ServiceClient",
            fields=[
                (
                    "client_id",
                    models.CharField(max_length=64, primary_key=True, serialize=False, verbose_name="client id"),
                ),
                ("name", models.CharField(max_length=100, verbose_name="name")),
                ("secret_hash", models.CharField(max_length=64)),
                (
                    "scopes",
                    models.CharField(help_text="Words separated by spaces.", max_length=200, verbose_name="scopes"),
                ),
                ("created_at", models.DateTimeField(verbose_name="created")),
                ("disabled_at", models.DateTimeField(null=True, verbose_name="disabled")),
            ],
            options={
                "verbose_name": "service client",
                "verbose_name_plural": "service clients",
                "db_table": "keyturn_service_client",
                "ordering": ("client_id",),
            },
        ),
        migrations.CreateModel(
            name="SigningKey",
            fields=[
                (
                    "kid",
                    models.CharField(
                        help_text="RFC 7638 thumbprint of the public key.",
                        max_length=64,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("sequence", models.BigIntegerField(unique=True)),
                ("algorithm", models.CharField(max_length=16, verbose_name="algorithm")),
                ("public_jwk", models.TextField(help_text="JWK (RFC 7517), as JSON.", verbose_name="public key")),
                ("sealed", models.TextField(help_text="The private key, encrypted; empty once it signs no more.")),
                ("created_at", models.DateTimeField(verbose_name="published")),
                ("activates_at", models.DateTimeField(verbose_name="signs from")),
                (
                    "longest_lifetime",
                    models.PositiveIntegerField(help_text="Seconds: the longest that a token signed by it lives."),
                ),
                ("revoked_at", models.DateTimeField(null=True, verbose_name="revoked")),
                ("revoked_reason", models.CharField(default="", max_length=32, verbose_name="reason")),
            ],
            options={
                "verbose_name": "signing key",
                "verbose_name_plural": "signing keys",
                "db_table": "keyturn_signing_key",
                "ordering": ("sequence",),
            },
        ),
        migrations.CreateModel(
            name="Revocation",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("txid", keyturn.feed.models.TransactionIdField(default=0, editable=False)),
                ("at", models.DateTimeField(verbose_name="at")),
                ("session_id", models.UUIDField(null=True, verbose_name="session")),
                ("kid", models.CharField(default="", max_length=64, verbose_name="key")),
                ("reason", models.CharField(max_length=32, verbose_name="reason")),
            ],
            options={
                "verbose_name": "revocation",
                "verbose_name_plural": "revocations",
                "db_table": "keyturn_revocation",
                "ordering": ("id",),
                "indexes": [
                    models.Index(fields=["txid"], name="keyturn_revocation_txid"),
                    models.Index(fields=["at"], name="keyturn_revocation_at"),
                ],
            },
        ),
    ]
