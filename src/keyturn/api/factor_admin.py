"""Factors in Django's admin, in the place of django-allauth's own page, which shows their secrets to be read.

Only imported where ``allauth.mfa`` is installed.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from allauth.mfa.admin import AuthenticatorAdmin
from allauth.mfa.models import Authenticator
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import SuspiciousOperation
from django.db import transaction
from django.http import HttpRequest

from keyturn.api.admin_ids import is_number
from keyturn.api.impersonation_page import SENTENCES
from keyturn.mfa.enrolling import remove_factors
from keyturn.mfa.factors import rows_of
from keyturn.mfa.passkey_data import label_of
from keyturn.signin.users import locked_user, user_database
from keyturn.tokens.impersonating import WhyNot, gained_by_being

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

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Not of a user with more rights than the administrator's: what guards them is theirs to take away."""
        allowed = bool(super().has_delete_permission(request, obj))
        return allowed and (obj is None or gained_by_being(obj.user, actor=request.user) is None)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Remove a factor as its owner would: the trail, the owner and the trusted devices follow."""
        _remove([obj])

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        """The same of those that were chosen, and may be."""
        chosen = list(queryset.select_related("user"))
        going = [factor for factor in chosen if self.has_delete_permission(request, factor)]
        if len(going) < len(chosen):
            self.message_user(request, SENTENCES[WhyNot.MORE_PERMISSIONS], messages.ERROR)
        _remove(going)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Only the user has the device."""
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Every field is read-only: a post that tries to save changes nothing."""


def _remove(factors: Iterable[Any]) -> None:
    """One transaction for each user, whose row is held: nothing is removed beside somebody who removes the rest."""
    of: dict[Any, list[Any]] = {}
    for factor in factors:
        of.setdefault(factor.user_id, []).append(factor.pk)
    for user_pk, ids in of.items():
        with transaction.atomic(using=user_database()):
            user = locked_user(user_pk)
            remove_factors(user=user, factors=list(rows_of(user_pk).filter(pk__in=ids)))


def install() -> None:
    """Put the page in its place. A project that has registered a page of its own keeps that."""
    # The admin names a factor by it, and django-allauth's own fails on a row that is not of the shape.
    Authenticator.__str__ = label_of
    # Imported above, so that it is registered by now, whichever app comes first in INSTALLED_APPS.
    if type(admin.site._registry.get(Authenticator)) is AuthenticatorAdmin:  # noqa: SLF001 - the only way to ask
        admin.site.unregister(Authenticator)
        admin.site.register(Authenticator, FactorAdmin)
