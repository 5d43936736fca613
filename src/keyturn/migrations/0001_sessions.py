"""The session table."""

from typing import Any, ClassVar

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import keyturn.sessions.identity


def leave_room_in_pages(_apps: Any, schema_editor: Any) -> None:
    """Keep a fifth of each page free on PostgreSQL, so that a refresh updates in its page and touches no index."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("ALTER TABLE keyturn_session SET (fillfactor = 80)")


class Migration(migrations.Migration):
    """Create it."""

    initial = True

    dependencies: ClassVar = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations: ClassVar = [
        migrations.CreateModel(
            name="Session",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=keyturn.sessions.identity.new_session_id,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("created_at", models.DateTimeField(verbose_name="created")),
                (
                    "auth_time",
                    models.DateTimeField(
                        help_text="When the user last proved who they are.", verbose_name="authenticated"
                    ),
                ),
                ("absolute_expires_at", models.DateTimeField(verbose_name="ends at the latest")),
                (
                    "adopted_until",
                    models.DateTimeField(
                        help_text="Expiry of the refresh token of stock simplejwt that this session was adopted from.",
                        null=True,
                    ),
                ),
                ("revoked_at", models.DateTimeField(null=True, verbose_name="revoked")),
                ("revoked_reason", models.CharField(default="", max_length=32, verbose_name="reason")),
                (
                    "password_fingerprint",
                    models.CharField(help_text="SHA-256 of the user's stored password hash.", max_length=64),
                ),
                (
                    "amr",
                    models.CharField(
                        help_text="Words of RFC 8176, separated by spaces.",
                        max_length=100,
                        verbose_name="authentication methods",
                    ),
                ),
                ("binding_kind", models.CharField(default="", max_length=16)),
                ("binding_hash", models.CharField(default="", max_length=64)),
                ("client_label", models.CharField(default="", max_length=100, verbose_name="label")),
                ("generation", models.BigIntegerField(default=0)),
                (
                    "forgiven",
                    models.BigIntegerField(
                        help_text="The generation at which a late predecessor was let in.", null=True
                    ),
                ),
                ("rotated_at", models.DateTimeField(verbose_name="last used")),
                ("idle_expires_at", models.DateTimeField(verbose_name="ends unless used before")),
                ("ip", models.GenericIPAddressField(null=True, unpack_ipv4=True, verbose_name="address")),
                ("user_agent", models.CharField(default="", max_length=300, verbose_name="user agent")),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="keyturn_sessions",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="user",
                    ),
                ),
            ],
            options={
                "verbose_name": "session",
                "verbose_name_plural": "sessions",
                "db_table": "keyturn_session",
                "ordering": ("-id",),
            },
        ),
        migrations.RunPython(leave_room_in_pages, migrations.RunPython.noop),
    ]
