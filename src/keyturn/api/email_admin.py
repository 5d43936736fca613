"""E-mail addresses in Django's admin, in the place of django-allauth's own page.

There, a tick in a form could make an address verified without the account, the user or anybody else hearing of it.
Only imported where ``allauth.account`` is installed.
"""

from typing import TYPE_CHECKING, Any

from allauth.account.adapter import get_adapter
from allauth.account.admin import EmailAddressAdmin
from allauth.account.models import EmailAddress
from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import PermissionDenied, SuspiciousOperation, ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from keyturn.api.admin_ids import can_be_user, is_number
from keyturn.api.impersonation_page import SENTENCES
from keyturn.defence.names import lookup_email
from keyturn.errors import RefusedError
from keyturn.tokens.impersonating import WhyNot, gained_by_being

__all__ = ["AddressAdmin", "install"]


if TYPE_CHECKING:
    _Page = admin.ModelAdmin[Any]
else:
    _Page = EmailAddressAdmin


class _AddressForm(forms.ModelForm):  # type: ignore[type-arg] # takes none at run time
    class Meta:
        model = EmailAddress
        fields = ("user", "email")

    def clean_email(self) -> str:
        """The address as it is kept.

        Raises:
            ValidationError: nobody can have such an address, or the user has it.
        """
        kept = lookup_email(self.cleaned_data["email"])
        if kept is None:
            raise ValidationError(_("Enter a valid email address."))
        user = self.cleaned_data.get("user")
        if user is not None and EmailAddress.objects.filter(user=user, email=kept).exists():
            raise ValidationError(_("The user has this address."))
        return kept


class AddressAdmin(_Page):
    """Whose addresses there are. A new one is added unverified; once marked as verified it is the user's address."""

    form = _AddressForm
    fields = ("user", "email", "primary", "verified")
    actions = ("make_verified",)

    @admin.action(description=_("Mark selected email addresses as verified"), permissions=["change"])
    def make_verified(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Do what the user's own confirmation does: the address before is told, and removed.

        Not for a user with more rights than the administrator's: whoever reads the new address is that user.
        """
        for address in list(queryset.filter(verified=False).select_related("user")):
            if gained_by_being(address.user, actor=request.user) is not None:
                self.message_user(request, SENTENCES[WhyNot.MORE_PERMISSIONS], messages.ERROR)
                continue
            try:
                # It says itself what came of it.
                get_adapter().confirm_email(request, address)
            except RefusedError as error:
                self.message_user(request, error.message, messages.ERROR)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """An address never becomes another one, nor another user's."""
        return ("primary", "verified") if obj is None else self.fields

    def get_object(self, request: HttpRequest, object_id: str, from_field: Any = None) -> Any:
        """Find an address."""
        return super().get_object(request, object_id, from_field) if is_number(object_id) else None

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Add an address.

        Raises:
            PermissionDenied: it would be one of a user with more rights than the administrator's.
        """
        if gained_by_being(obj.user, actor=request.user) is not None:
            raise PermissionDenied
        super().save_model(request, obj, form, change)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """Show the list, or act on it.

        Raises:
            SuspiciousOperation: an address was chosen by what cannot be its id; answered 400.
        """
        if not all(is_number(chosen) for chosen in request.POST.getlist(ACTION_CHECKBOX_NAME)):
            raise SuspiciousOperation("not the id of an address")
        return super().changelist_view(request, extra_context)

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> Any:
        """Show the form, or save it.

        Raises:
            SuspiciousOperation: the user was named by what cannot be an id; answered 400.
        """
        named = request.POST.get("user", "")
        if named and not can_be_user(named):
            raise SuspiciousOperation("not the id of a user")
        return super().changeform_view(request, object_id, form_url, extra_context)


def install() -> None:
    """Put the page in its place. A project that has registered a page of its own keeps that."""
    # Imported above, so that it is registered by now, whichever app comes first in INSTALLED_APPS.
    if type(admin.site._registry.get(EmailAddress)) is EmailAddressAdmin:  # noqa: SLF001 - the only way to ask
        admin.site.unregister(EmailAddress)
        admin.site.register(EmailAddress, AddressAdmin)
