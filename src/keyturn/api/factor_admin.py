"""Factors in Django's admin, in the place of django-allauth's own page, which shows their secrets to be read.

Only imported where ``allauth.mfa`` is installed.
"""

from typing import TYPE_CHECKING, Any

from allauth.mfa.admin import AuthenticatorAdmin
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest

from keyturn.api.admin_ids import is_number

__all__ = ["FactorAdmin", "install"]


if TYPE_CHECKING:
    _Page = admin.ModelAdmin[Any]
else:
    _Page = AuthenticatorAdmin


class FactorAdmin(_Page):
    """Whose factors there are, of what kind; they can be removed."""

    fields = ("user", "type", "created_at", "last_used_at")
    readonly_fields = fields

    def lookup_allowed(self, lookup: str, value: str, request: Any = None) -> bool:
        """No filter over the secret: it would be told by letters."""
        return not lookup.startswith("data") and super().lookup_allowed(lookup, value, request)

    def get_object(self, request: HttpRequest, object_id: str, from_field: Any = None) -> Any:
        """Find a factor."""
        return super().get_object(request, object_id, from_field) if is_number(object_id) else None

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """Show the list, or act on it.

        Raises:
            SuspiciousOperation: a factor was chosen by what cannot be its id; answered 400.
        """
        if not all(is_number(chosen) for chosen in request.POST.getlist(ACTION_CHECKBOX_NAME)):
            raise SuspiciousOperation("not the id of a factor")
        return super().changelist_view(request, extra_context)

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        """Show a factor; there is nothing to save."""
        context = {"show_save": False, "show_save_and_continue": False, **(extra_context or {})}
        return super().change_view(request, object_id, form_url, context)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Only the user has the device."""
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Every field is read-only: a post that tries to save changes nothing."""


def install() -> None:
    """Put the page in its place. A project that has registered a page of its own keeps that."""
    # Imported above, so that it is registered by now, whichever app comes first in INSTALLED_APPS.
    if type(admin.site._registry.get(Authenticator)) is AuthenticatorAdmin:  # noqa: SLF001 - the only way to ask
        admin.site.unregister(Authenticator)
        admin.site.register(Authenticator, FactorAdmin)
