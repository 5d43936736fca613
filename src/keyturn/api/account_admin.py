"""Accounts and outgoing mail in Django's admin. No secret, code or message is on a page."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.auth import get_user_model
from django.core.exceptions import SuspiciousOperation
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from keyturn.accounts.administering import lift_reset
from keyturn.api.admin_ids import can_be_user, is_number
from keyturn.api.admin_kept_rows import KeptRowsAdmin
from keyturn.clock import stored, utc_now
from keyturn.mail.models import OutgoingMail
from keyturn.signin.models import AccountState

__all__ = ["AccountStateAdmin", "OutgoingMailAdmin"]


if TYPE_CHECKING:
    _MailAdmin = admin.ModelAdmin[OutgoingMail]
else:
    _MailAdmin = admin.ModelAdmin


@admin.register(AccountState)
class AccountStateAdmin(KeptRowsAdmin):
    """How accounts came to be, and what stands between their password and a session.

    Without its row, an account that signed up would need no verified address any more.
    """

    list_display = ("user", "signed_up_at", "verified_at", "reset_required_at")
    list_filter = (
        ("signed_up_at", admin.EmptyFieldListFilter),
        ("verified_at", admin.EmptyFieldListFilter),
        ("reset_required_at", admin.EmptyFieldListFilter),
    )
    list_select_related = ("user",)
    ordering = ("-user",)
    show_full_result_count = False
    actions = ("lift_reset",)
    fields = ("user", "signed_up_at", "verified_at", "reset_required_at")
    readonly_fields = fields

    @admin.action(description=_("Withdraw the demand for a password reset"), permissions=["change"])
    def lift_reset(self, request: HttpRequest, queryset: QuerySet[AccountState]) -> None:
        """Let the passwords of the selected accounts open sessions again."""
        done = sum(lift_reset(pk, now=utc_now()) for pk in list(queryset.values_list("pk", flat=True)))
        self.message_user(
            request,
            ngettext("%d account needs no reset any more.", "%d accounts need no reset any more.", done) % done,
            messages.SUCCESS,
        )

    def get_search_fields(self, request: HttpRequest) -> tuple[str, ...]:
        """The user's name, whatever the user model calls it."""
        return (f"user__{get_user_model().USERNAME_FIELD}",)

    def get_object(self, request: HttpRequest, object_id: str, from_field: Any = None) -> AccountState | None:
        """Find an account."""
        return super().get_object(request, object_id, from_field) if can_be_user(object_id) else None

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """The filters of the page and no others: one by the user's fields would tell the password hash by letters."""
        return lookup in {f"{name}__isempty" for name in self.fields[1:]}

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """Show the list, or act on it.

        Raises:
            SuspiciousOperation: an account was chosen by what cannot be its id; answered 400.
        """
        if not all(can_be_user(chosen) for chosen in request.POST.getlist(ACTION_CHECKBOX_NAME)):
            raise SuspiciousOperation("not the id of an account")
        return super().changelist_view(request, extra_context)


@admin.register(OutgoingMail)
class OutgoingMailAdmin(_MailAdmin):
    """What waits to be sent, and what was given up. A message itself is on no page: codes and links are in it."""

    list_display = ("id", "kind", "created_at", "due_at", "attempts", "state", "last_error")
    list_filter = ("kind", ("failed_at", admin.EmptyFieldListFilter))
    ordering = ("-id",)
    show_full_result_count = False
    actions = ("try_now",)
    fields = ("id", "kind", "created_at", "due_at", "attempts", "state", "failed_at", "last_error")
    readonly_fields = fields

    @admin.display(description=_("state"))
    def state(self, mail: OutgoingMail) -> str:
        """Waiting or given up."""
        return str(_("waiting") if mail.failed_at is None else _("given up"))

    @admin.action(description=_("Try selected mails again now"), permissions=["change"])
    def try_now(self, request: HttpRequest, queryset: QuerySet[OutgoingMail]) -> None:
        """Make the selected mails due; what was given up is empty by now."""
        done = queryset.order_by().filter(failed_at__isnull=True).update(due_at=stored(utc_now()))
        self.message_user(
            request, ngettext("%d mail will be tried.", "%d mails will be tried.", done) % done, messages.SUCCESS
        )

    def get_object(self, request: HttpRequest, object_id: str, from_field: Any = None) -> OutgoingMail | None:
        """Find a mail."""
        return super().get_object(request, object_id, from_field) if is_number(object_id) else None

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """The filters of the page and no others; PostgreSQL fails on a NUL byte."""
        return lookup in {"kind", "kind__exact", "failed_at__isempty"} and "\0" not in value

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        """Show what is known of a mail; there is nothing to save."""
        context = {"show_save": False, "show_save_and_continue": False, **(extra_context or {})}
        return super().change_view(request, object_id, form_url, context)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """Show the list, or act on it.

        Raises:
            SuspiciousOperation: a mail was chosen by what cannot be its id; answered 400.
        """
        if not all(is_number(chosen) for chosen in request.POST.getlist(ACTION_CHECKBOX_NAME)):
            raise SuspiciousOperation("not the id of a mail")
        return super().changelist_view(request, extra_context)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Mail comes from what happens to accounts only."""
        return False

    def save_model(self, request: HttpRequest, obj: OutgoingMail, form: Any, change: bool) -> None:
        """Every field is read-only: a post that tries to save changes nothing."""
