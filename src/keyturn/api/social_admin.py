"""Linked accounts in Django's admin, to be looked at and taken away.

django-allauth's pages for apps and tokens of providers are taken out: the first would show secrets, and be of no effect
since providers stand in the settings; of the second there are none. Only imported where the app is installed.
"""

from typing import TYPE_CHECKING, Any

from allauth.socialaccount.admin import SocialAccountAdmin, SocialAppAdmin, SocialTokenAdmin
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import SuspiciousOperation
from django.db import transaction
from django.http import HttpRequest

from keyturn.accounts.social.unlinking import remove_link
from keyturn.api.admin_ids import is_number
from keyturn.errors import RefusedError
from keyturn.signin.users import locked_user, user_database

__all__ = ["LinkedAccountAdmin", "install"]


if TYPE_CHECKING:
    _Page = admin.ModelAdmin[Any]
else:
    _Page = SocialAccountAdmin


class LinkedAccountAdmin(_Page):
    """Who signs in by which account elsewhere; the links can be taken away, also the last way in."""

    fields = ("user", "provider", "uid", "extra_data", "date_joined", "last_login")
    readonly_fields = fields

    def get_object(self, request: HttpRequest, object_id: str, from_field: Any = None) -> Any:
        """Find one."""
        return super().get_object(request, object_id, from_field) if is_number(object_id) else None

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """Show the list, or act on it.

        Raises:
            SuspiciousOperation: one was chosen by what cannot be its id; answered 400.
        """
        if not all(is_number(chosen) for chosen in request.POST.getlist(ACTION_CHECKBOX_NAME)):
            raise SuspiciousOperation("not the id of a linked account")
        return super().changelist_view(request, extra_context)

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        """Show one; there is nothing to save."""
        context = {"show_save": False, "show_save_and_continue": False, **(extra_context or {})}
        return super().change_view(request, object_id, form_url, context)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Take a link away as its owner would: the trail and the owner are told."""
        _remove(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        """The same of those that were chosen."""
        for account in queryset:
            _remove(request, account)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Only the provider can say whose it is."""
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Every field is read-only: a post that tries to save changes nothing."""


def _remove(request: HttpRequest, account: SocialAccount) -> None:
    with transaction.atomic(using=user_database()):
        try:
            user = locked_user(account.user_id)
        except RefusedError:
            # The user went, and the link along.
            return
        remove_link(request, user, account)


def install() -> None:
    """Put the page in its place. A project that has registered pages of its own keeps them."""
    registered = admin.site._registry  # noqa: SLF001 - the only way to ask
    for model, page in ((SocialApp, SocialAppAdmin), (SocialToken, SocialTokenAdmin)):
        if type(registered.get(model)) is page:
            admin.site.unregister(model)
    if type(registered.get(SocialAccount)) is SocialAccountAdmin:
        admin.site.unregister(SocialAccount)
        admin.site.register(SocialAccount, LinkedAccountAdmin)
