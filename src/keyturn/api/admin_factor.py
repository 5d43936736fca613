"""The second step of the admin's login, for users with a second factor of django-allauth's: a code, or a passkey.

A password alone must not open the page from which sessions are ended and users impersonated. What is remembered between
the two steps is in Django's session, which belongs to nobody until the code was right.
"""

from typing import Any, Final

from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.debug import sensitive_variables

from keyturn.api import admin_steps as steps
from keyturn.api.admin_passkey import PASSKEY_FIELD, context_of, enters_with_passkey
from keyturn.api.admin_steps import DOOR
from keyturn.clock import utc_now
from keyturn.defence import attempts
from keyturn.errors import Reason
from keyturn.mfa.codes import LONGEST, accept_code
from keyturn.signin import account_of
from keyturn.signin.users import user_database
from keyturn.trail.calling import current_caller
from keyturn.trail.events import Event
from keyturn.trail.recording import record

__all__ = ["CODE_FIELD", "DOOR", "ask_for_code", "check_code"]

CODE_FIELD: Final = "keyturn_code"
"""The form field; a POST that has it, or that of a passkey, is the second step."""


def ask_for_code(site: Any, request: HttpRequest, user: Any) -> HttpResponse:
    """Take back the session that the password alone has opened, and ask for the second factor."""
    steps.begin(request, user)
    record(Event.FACTOR_ASKED, user_id=user.pk, reason=Reason.MFA_REQUIRED.value, details=DOOR)
    return _page(site, request, user)


def check_code(site: Any, request: HttpRequest) -> HttpResponse:
    """Answer the second step.

    Raises:
        TooManyAttemptsError: codes were guessed too often; not looked at.
        FactorSecretError: whether the code was right cannot be told.
    """
    found: HttpResponse = csrf_protect(lambda request: _checked(site, request))(request)
    return found


@sensitive_variables("code")
def _checked(site: Any, request: HttpRequest) -> HttpResponse:
    now, user = utc_now(), steps.begun_by(request)
    if user is None or steps.is_set_up_first(request):
        return steps.start_over(request)
    if PASSKEY_FIELD in request.POST:
        return enters_with_passkey(site, request, user) or _page(site, request, user, wrong="passkey")
    attempt = attempts.begin(account=account_of(user), ip=current_caller().ip, now=now, action="code", user_id=user.pk)
    code = request.POST.get(CODE_FIELD, "")
    with transaction.atomic(using=user_database()):
        kind = accept_code(user=user, code=code, now=now)
    if kind is None:
        record(Event.CODE_REJECTED, user_id=user.pk, details=DOOR, at=now)
        return _page(site, request, user, wrong="code")
    attempt.succeeded(now=now)
    steps.enter(request, user)
    return HttpResponseRedirect(steps.next_page(site, request))


def _page(site: Any, request: HttpRequest, user: Any, *, wrong: str = "") -> HttpResponse:
    context = {"code_field": CODE_FIELD, "longest": LONGEST, "wrong": wrong, **context_of(user)}
    return steps.page(site, request, "login_code.html", **context)
