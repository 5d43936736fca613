"""Sessions in Django's admin: look, search, revoke. Nothing can be typed in, and no token is anywhere to be seen."""

from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.auth import get_user_model
from django.core.exceptions import SuspiciousOperation
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from keyturn.api.admin_kept_rows import KeptRowsAdmin
from keyturn.clock import aware, stored, utc_now
from keyturn.sessions.models import Session
from keyturn.sessions.revocation import RevokeReason, revoke_sessions
from keyturn.user_agents import readable_user_agent

__all__ = ["SessionAdmin"]


class StateFilter(admin.SimpleListFilter):
    """Live, revoked or expired."""

    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """The three states."""
        return [("live", _("live")), ("revoked", _("revoked")), ("expired", _("expired"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Session]) -> QuerySet[Session]:
        """Sessions in the chosen state."""
        now = stored(utc_now())
        match self.value():
            case "live":
                return queryset.filter(revoked_at__isnull=True, idle_expires_at__gt=now, absolute_expires_at__gt=now)
            case "revoked":
                return queryset.filter(revoked_at__isnull=False)
            case "expired":
                ended = Q(idle_expires_at__lte=now) | Q(absolute_expires_at__lte=now)
                return queryset.filter(ended, revoked_at__isnull=True)
            case _:
                return queryset


@admin.register(Session)
class SessionAdmin(KeptRowsAdmin):
    """Who is signed in where. A row must outlive the stock token it was adopted from: ``prune_sessions`` deletes it."""

    list_display = ("id", "user", "client", "ip", "created_at", "rotated_at", "state")
    list_filter = (StateFilter, "revoked_reason")
    list_select_related = ("user",)
    search_fields = ("id", "=user__pk", "ip", "user_agent")
    # Time of login is in the id; any other order would sort the whole table.
    ordering = ("-id",)
    show_full_result_count = False
    actions = ("revoke",)
    fields = (
        "id",
        "user",
        "client",
        "client_label",
        "user_agent",
        "ip",
        "created_at",
        "auth_time",
        "amr",
        "rotated_at",
        "generation",
        "idle_expires_at",
        "absolute_expires_at",
        "state",
        "revoked_at",
        "revoked_reason",
        "binding_kind",
    )
    readonly_fields = fields

    @admin.display(description=_("client"))
    def client(self, session: Session) -> str:
        """Its label, or browser and system in words."""
        return session.client_label or readable_user_agent(session.user_agent)

    @admin.display(description=_("state"))
    def state(self, session: Session) -> str:
        """Live, expired, or revoked and why."""
        if session.is_revoked:
            return f"{_('revoked')}: {session.revoked_reason}"
        ended = min(aware(session.idle_expires_at), aware(session.absolute_expires_at)) <= utc_now()
        return str(_("expired") if ended else _("live"))

    @admin.action(description=_("Revoke selected sessions"), permissions=["change"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[Session]) -> None:
        """End the selected sessions; their tokens are refused from then on."""
        ended = revoke_sessions(
            list(queryset.values_list("pk", flat=True)), reason=RevokeReason.REVOKED_BY_ADMIN, now=utc_now()
        )
        self.message_user(
            request,
            ngettext("%d session was revoked.", "%d sessions were revoked.", len(ended)) % len(ended),
            messages.SUCCESS,
        )

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """The filters of the page and no others: PostgreSQL fails on an address that is none, and on a NUL byte."""
        return lookup in {"state", "revoked_reason", "revoked_reason__exact"} and "\0" not in value

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """Show the list, or act on it.

        Raises:
            SuspiciousOperation: a session was chosen by what cannot be its id; answered 400.
        """
        for chosen in request.POST.getlist(ACTION_CHECKBOX_NAME):
            try:
                UUID(chosen)
            except ValueError:
                raise SuspiciousOperation("not the id of a session") from None
        return super().changelist_view(request, extra_context)

    def get_search_fields(self, request: HttpRequest) -> tuple[str, ...]:
        """The user's name as well, whatever the user model calls it."""
        return (*self.search_fields, f"user__{get_user_model().USERNAME_FIELD}")
