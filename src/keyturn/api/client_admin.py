"""Service clients in Django's admin: look, and disable. The command line makes them, and shows the secret."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import SuspiciousOperation
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from keyturn import clients
from keyturn.clients.models import ServiceClient
from keyturn.clock import utc_now

__all__ = ["ServiceClientAdmin"]


if TYPE_CHECKING:
    _ModelAdmin = admin.ModelAdmin[ServiceClient]
else:
    _ModelAdmin = admin.ModelAdmin


@admin.register(ServiceClient)
class ServiceClientAdmin(_ModelAdmin):
    """Which services hold credentials, and for what. The hash of a secret is on no page."""

    list_display = ("client_id", "name", "scopes", "created_at", "state")
    search_fields = ("client_id", "name")
    ordering = ("-created_at", "client_id")
    actions = ("disable",)
    fields = ("client_id", "name", "scopes", "created_at", "disabled_at")
    readonly_fields = fields

    @admin.display(description=_("state"))
    def state(self, client: ServiceClient) -> str:
        """Active or disabled."""
        return str(_("active") if client.disabled_at is None else _("disabled"))

    @admin.action(description=_("Disable selected service clients"), permissions=["change"])
    def disable(self, request: HttpRequest, queryset: QuerySet[ServiceClient]) -> None:
        """Refuse the selected clients from now on."""
        now = utc_now()
        chosen = queryset.filter(disabled_at__isnull=True).values_list("pk", flat=True)
        done = sum(clients.disable(client_id, now=now) for client_id in list(chosen))
        self.message_user(
            request,
            ngettext("%d service client was disabled.", "%d service clients were disabled.", done) % done,
            messages.SUCCESS,
        )

    def get_object(self, request: HttpRequest, object_id: str, from_field: Any = None) -> ServiceClient | None:
        """Find a client; PostgreSQL could not be asked about an id with a NUL byte."""
        return None if "\0" in object_id else super().get_object(request, object_id, from_field)

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        """No filter: one in the address would tell the hash letter by letter."""
        return False

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """Show the list, or act on it.

        Raises:
            SuspiciousOperation: a client was chosen by what cannot be its id; answered 400.
        """
        if any("\0" in chosen for chosen in request.POST.getlist(ACTION_CHECKBOX_NAME)):
            raise SuspiciousOperation("not the id of a service client")
        return super().changelist_view(request, extra_context)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Only the command line can show a secret to nobody but its owner."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: ServiceClient | None = None) -> bool:
        """Disabled clients stay, so that it can be seen whose credentials there were; the command line deletes."""
        return False

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        """Show a client; there is nothing to save."""
        context = {"show_save": False, "show_save_and_continue": False, **(extra_context or {})}
        return super().change_view(request, object_id, form_url, context)

    def save_model(self, request: HttpRequest, obj: ServiceClient, form: Any, change: bool) -> None:
        """Every field is read-only: a post that tries to save changes nothing."""
