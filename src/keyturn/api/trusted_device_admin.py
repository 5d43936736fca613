"""Trusted devices in Django's admin: look, search, take back. Only imported where ``allauth.mfa`` is installed."""

from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.auth import get_user_model
from django.core.exceptions import SuspiciousOperation
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from keyturn.api.admin_kept_rows import KeptRowsAdmin
from keyturn.clock import utc_now
from keyturn.mfa import trusted
from keyturn.mfa.models import TrustedDevice
from keyturn.user_agents import readable_user_agent

__all__ = ["TrustedDeviceAdmin"]


@admin.register(TrustedDevice)
class TrustedDeviceAdmin(KeptRowsAdmin):
    """Which browsers are asked for no second factor, of whom and until when. What one is known by is on no page.

    One is taken back, and not deleted: the trail shall tell of it.
    """

    list_display = ("short_id", "user", "client", "ip", "created_at", "expires_at")
    list_select_related = ("user",)
    ordering = ("-expires_at",)
    show_full_result_count = False
    actions = ("forget",)
    fields = ("id", "user", "client", "user_agent", "ip", "created_at", "expires_at")
    readonly_fields = fields

    @admin.display(description=_("device"))
    def short_id(self, device: TrustedDevice) -> str:
        """Enough of its id to tell it from others."""
        return str(device)

    @admin.display(description=_("client"))
    def client(self, device: TrustedDevice) -> str:
        """Browser and system in words."""
        return readable_user_agent(device.user_agent)

    @admin.action(description=_("Ask selected devices for the second factor again"), permissions=["change"])
    def forget(self, request: HttpRequest, queryset: QuerySet[TrustedDevice]) -> None:
        """Trust the selected devices no longer."""
        now = utc_now()
        chosen = list(queryset.values_list("pk", "user_id"))
        done = sum(trusted.forget(pk, user_pk=user_pk, now=now) for pk, user_pk in chosen)
        self.message_user(
            request,
            ngettext("%d device is trusted no longer.", "%d devices are trusted no longer.", done) % done,
            messages.SUCCESS,
        )

    def get_search_fields(self, request: HttpRequest) -> tuple[str, ...]:
        """The user's name, whatever the user model calls it."""
        return (f"user__{get_user_model().USERNAME_FIELD}",)

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """No filter: one by the hash, or by the user's fields, would tell them by letters."""
        return False

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """Show the list, or act on it.

        Raises:
            SuspiciousOperation: a device was chosen by what cannot be its id; answered 400.
        """
        for chosen in request.POST.getlist(ACTION_CHECKBOX_NAME):
            try:
                UUID(chosen)
            except ValueError:
                raise SuspiciousOperation("not the id of a device") from None
        return super().changelist_view(request, extra_context)
