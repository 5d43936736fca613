"""Where Django's admin looks; the pages live in the room that touches requests."""

from django.apps import apps

from keyturn.api.account_admin import AccountStateAdmin, OutgoingMailAdmin
from keyturn.api.client_admin import ServiceClientAdmin
from keyturn.api.dashboard_admin import DashboardAdmin
from keyturn.api.session_admin import SessionAdmin
from keyturn.api.trail_admin import AuditEventAdmin
from keyturn.api.user_admin import UserAdminMixin

__all__ = [
    "AccountStateAdmin",
    "AuditEventAdmin",
    "DashboardAdmin",
    "OutgoingMailAdmin",
    "ServiceClientAdmin",
    "SessionAdmin",
    "UserAdminMixin",
]

# The pages of apps that a project need not have.
if apps.is_installed("allauth.account"):
    from keyturn.api import email_admin

    email_admin.install()
if apps.is_installed("allauth.mfa"):
    from keyturn.api import factor_admin

    factor_admin.install()
    from keyturn.api import trusted_device_admin  # noqa: F401 - it registers itself
if apps.is_installed("allauth.socialaccount"):
    from keyturn.api import social_admin

    social_admin.install()
