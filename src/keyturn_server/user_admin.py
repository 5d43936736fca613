"""The server's users in its admin: Django's own page of them, with Keyturn's sessions, events and acts."""

from django.contrib import admin
from django.contrib.auth import admin as auth_admin
from django.contrib.auth.models import User

from keyturn.admin import UserAdminMixin

__all__ = ["UserAdmin"]

# Django's admin has found its own page by the time the URLs are read.
admin.site.unregister(User)


@admin.register(User)
class UserAdmin(UserAdminMixin, auth_admin.UserAdmin):  # type: ignore[type-arg] # none at run time
    """Django's page, and what Keyturn knows of the user."""
