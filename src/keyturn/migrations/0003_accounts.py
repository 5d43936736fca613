"""Accounts: their state and flows, the counters of attempts, the trail, the queue of outgoing mail."""

from typing import ClassVar

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """Create their tables."""

    dependencies: ClassVar = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("keyturn", "0002_keys_feed_clients"),
    ]

    operations: ClassVar = [
        migrations.CreateModel(
            name="AccountState",
            fields=[
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="keyturn_account",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="user",
                    ),
                ),
                (
                    "signed_up_at",
                    models.DateTimeField(
                        help_text="Empty where somebody else did it.", null=True, verbose_name="signed up"
                    ),
                ),
                (
                    "verified_at",
                    models.DateTimeField(
                        help_text="When an e-mail address of the account was verified first.",
                        null=True,
                        verbose_name="verified",
                    ),
                ),
                (
                    "reset_required_at",
                    models.DateTimeField(
                        help_text="Since when the password lets nobody in until it is reset.",
                        null=True,
                        verbose_name="reset required",
                    ),
                ),
            ],
            options={
                "verbose_name": "account",
                "verbose_name_plural": "accounts",
                "db_table": "keyturn_account",
                "permissions": (("impersonate_user", "Can sign in as another user"),),
            },
        ),
        migrations.CreateModel(
            name="AttemptCounter",
            fields=[
                (
                    "key",
                    models.CharField(
                        help_text="Hex HMAC-SHA-256 of what is counted.",
                        max_length=64,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "account",
                    models.CharField(
                        default="",
                        help_text="Hex HMAC-SHA-256 of the account's name; empty for addresses.",
                        max_length=64,
                    ),
                ),
                ("count", models.IntegerField()),
                (
                    "level",
                    models.SmallIntegerField(default=0, help_text="How many windows in a row ended at the limit."),
                ),
                ("window_ends_at", models.BigIntegerField(help_text="Milliseconds since 1970.")),
                (
                    "succeeded_at",
                    models.BigIntegerField(help_text="When an attempt was right last, in the same unit.", null=True),
                ),
            ],
            options={
                "verbose_name": "attempt counter",
                "verbose_name_plural": "attempt counters",
                "db_table": "keyturn_attempt_counter",
                "indexes": [
                    models.Index(fields=["account"], name="keyturn_attempt_account"),
                    models.Index(fields=["window_ends_at"], name="keyturn_attempt_window"),
                ],
            },
        ),
        migrations.CreateModel(
            name="AuditEvent",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("at", models.DateTimeField(verbose_name="at")),
                ("event", models.CharField(max_length=40, verbose_name="event")),
                (
                    "user_id",
                    models.CharField(
                        default="", help_text="Empty: no account of ours.", max_length=255, verbose_name="user"
                    ),
                ),
                (
                    "actor_id",
                    models.CharField(
                        default="",
                        help_text="Who did it, where that was not the user.",
                        max_length=255,
                        verbose_name="actor",
                    ),
                ),
                ("session_id", models.UUIDField(null=True, verbose_name="session")),
                ("reason", models.CharField(default="", max_length=64, verbose_name="reason")),
                ("ip", models.GenericIPAddressField(null=True, unpack_ipv4=True, verbose_name="address")),
                ("user_agent", models.CharField(default="", max_length=300, verbose_name="user agent")),
                ("details", models.JSONField(default=dict, verbose_name="details")),
            ],
            options={
                "verbose_name": "event",
                "verbose_name_plural": "trail",
                "db_table": "keyturn_audit_event",
                "ordering": ("-id",),
                "indexes": [
                    models.Index(fields=["user_id", "id"], name="keyturn_audit_user"),
                    models.Index(fields=["event", "at"], name="keyturn_audit_kind"),
                    models.Index(fields=["at"], name="keyturn_audit_at"),
                    models.Index(fields=["session_id"], name="keyturn_audit_session"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Flow",
            fields=[
                (
                    "key_hash",
                    models.CharField(
                        help_text="Hex SHA-256 of the token, or of the session's id.",
                        max_length=64,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "session_id",
                    models.UUIDField(help_text="The session whose flow it is; empty before the sign-in.", null=True),
                ),
                ("sealed", models.TextField(help_text="JSON, encrypted.")),
                ("created_at", models.DateTimeField(verbose_name="created")),
                ("expires_at", models.DateTimeField(verbose_name="expires")),
            ],
            options={
                "verbose_name": "flow",
                "verbose_name_plural": "flows",
                "db_table": "keyturn_flow",
                "indexes": [
                    models.Index(fields=["expires_at"], name="keyturn_flow_expires"),
                    models.Index(fields=["session_id"], name="keyturn_flow_session"),
                ],
            },
        ),
        migrations.CreateModel(
            name="OutgoingMail",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "kind",
                    models.CharField(help_text="Its templates, or who carries it.", max_length=64, verbose_name="kind"),
                ),
                ("created_at", models.DateTimeField(verbose_name="created")),
                ("due_at", models.DateTimeField(help_text="Not tried before.", verbose_name="due")),
                ("attempts", models.PositiveSmallIntegerField(default=0, verbose_name="attempts")),
                ("leased_until", models.DateTimeField(help_text="A process is at it until then.", null=True)),
                ("failed_at", models.DateTimeField(null=True, verbose_name="given up")),
                ("last_error", models.CharField(default="", max_length=200, verbose_name="last error")),
                ("sealed", models.TextField(help_text="What is delivered and to whom, encrypted.")),
            ],
            options={
                "verbose_name": "outgoing mail",
                "verbose_name_plural": "outgoing mails",
                "db_table": "keyturn_outgoing_mail",
                "ordering": ("id",),
                "indexes": [
                    models.Index(
                        condition=models.Q(("failed_at__isnull", True)), fields=["due_at"], name="keyturn_mail_due"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Tally",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("hour", models.DateTimeField(verbose_name="hour")),
                ("name", models.CharField(max_length=40, verbose_name="name")),
                ("count", models.BigIntegerField(verbose_name="count")),
            ],
            options={
                "verbose_name": "tally",
                "verbose_name_plural": "dashboard",
                "db_table": "keyturn_tally",
                "constraints": [models.UniqueConstraint(fields=("hour", "name"), name="keyturn_tally_hour_name")],
            },
        ),
    ]
