"""The page on which an administrator says why, and is given a token that acts as a user."""

from collections.abc import Mapping
from typing import Any, Final

from django import forms
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _

from keyturn.clock import utc_now
from keyturn.errors import RefusedError
from keyturn.tokens.impersonating import WhyNot, impersonate, why_not

__all__ = ["SENTENCES", "impersonation_page"]

SENTENCES: Final = {
    WhyNot.NO_PERMISSION: _("You may not act as other users."),
    WhyNot.SAME_USER: _("This is you."),
    WhyNot.INACTIVE: _("This user is inactive."),
    WhyNot.SUPERUSER: _("Only a superuser may act as a superuser."),
    WhyNot.MORE_PERMISSIONS: _("This user has permissions that you do not have."),
}


class _Why(forms.Form):
    reason = forms.CharField(
        label=_("Reason"),
        max_length=200,
        help_text=_("Stays in the trail, for example: ticket 4711, cannot see her invoices."),
        widget=forms.TextInput(attrs={"class": "vTextField", "autocomplete": "off"}),
    )


def impersonation_page(request: HttpRequest, *, user: Any, context: Mapping[str, Any]) -> HttpResponseBase:
    """Ask why, and issue the token when posted; it is shown once and kept nowhere.

    Args:
        request: the administrator's.
        user: to act as.
        context: for the template: the admin site's, with ``back_url``.

    Returns:
        The page; 403 where this administrator may not act as this user, 400 where no reason is given.
    """
    refused = why_not(actor=request.user, user=user)
    form = _Why(request.POST or None)
    given: Any = None
    status = 200
    if refused is not None:
        status = 403
    elif request.method == "POST":
        status = 400
        if form.is_valid():
            try:
                given = impersonate(actor=request.user, user=user, reason=form.cleaned_data["reason"], now=utc_now())
            except RefusedError:
                # Deactivated, deleted or with another password since the page was asked for.
                refused, status = WhyNot.INACTIVE, 409
            else:
                status = 200
    answer = TemplateResponse(
        request,
        "admin/keyturn/impersonate.html",
        {
            **context,
            "title": _("Act as this user"),
            "form": form,
            "refused": None if refused is None else SENTENCES[refused],
            "given": given,
        },
        status=status,
    )
    # A token is on it (RFC 6749 section 5.1).
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer
