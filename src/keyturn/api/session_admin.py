"""Sessions in Django's admin: look, search, revoke. Nothing can be typed in, and no token is anywhere to be seen."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from keyturn.api.user_agents import readable_user_agent
from keyturn.clock import utc_now
from keyturn.sessions.models import Session
from keyturn.sessions.revocation import RevokeReason, revoke_sessions
from keyturn.sessions.values import aware, stored

__all__ = ["SessionAdmin"]


if TYPE_CHECKING:
    _ModelAdmin = admin.ModelAdmin[Session]
else:
    _ModelAdmin = admin.ModelAdmin


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
                return queryset.filter(revoked_at__isnull=True, idle_expires_at__lte=now)
            case _:
                return queryset


@admin.register(Session)
class SessionAdmin(_ModelAdmin):
    """Who is signed in where."""

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
        """Browser and system in words."""
        return readable_user_agent(session.user_agent)

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

    def delete_model(self, request: HttpRequest, obj: Session) -> None:
        """Deleting a session ends it for all who keep track of endings, too."""
        revoke_sessions((obj.pk,), reason=RevokeReason.REVOKED_BY_ADMIN, now=utc_now())
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Session]) -> None:
        """The same for many."""
        revoke_sessions(
            list(queryset.values_list("pk", flat=True)), reason=RevokeReason.REVOKED_BY_ADMIN, now=utc_now()
        )
        super().delete_queryset(request, queryset)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Sessions come from logins only."""
        return False

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        """Show a session; there is nothing to save."""
        context = {"show_save": False, "show_save_and_continue": False, **(extra_context or {})}
        return super().change_view(request, object_id, form_url, context)

    def save_model(self, request: HttpRequest, obj: Session, form: Any, change: bool) -> None:
        """Every field is read-only: a post that tries to save changes nothing."""
