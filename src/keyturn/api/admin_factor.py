"""The second step of the admin's login, for users with a second factor of django-allauth's: a code.

A password alone must not open the page from which sessions are ended and users impersonated. What is remembered between
the two steps is in Django's session, which belongs to nobody until the code was right.
"""

import time
from typing import Any, Final

from django.apps import apps
from django.contrib.auth import BACKEND_SESSION_KEY, REDIRECT_FIELD_NAME, get_user_model, login, logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.cache import add_never_cache_headers
from django.utils.crypto import constant_time_compare
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.debug import sensitive_variables

from keyturn.clock import utc_now
from keyturn.defence import attempts
from keyturn.signin import account_of, identity_of
from keyturn.trail.calling import current_caller
from keyturn.trail.events import Event
from keyturn.trail.recording import record

__all__ = ["CODE_FIELD", "DOOR", "ask_for_code", "check_code"]

CODE_FIELD: Final = "keyturn_code"
"""The form field; a POST that has it is the second step."""
DOOR: Final = {"door": "admin"}

_STATE: Final = "keyturn_admin_factor"
_PATIENCE: Final = 300
"""Seconds between the two steps."""
_LONGEST: Final = 64
"""Characters of a code."""


def ask_for_code(site: Any, request: HttpRequest, user: Any) -> HttpResponse:
    """Take back the session that the password alone has opened, and ask for the code."""
    state = {
        "user": str(user.pk),
        "backend": request.session[BACKEND_SESSION_KEY],
        "password": user.get_session_auth_hash(),
        "at": int(time.time()),
    }
    logout(request)
    request.session[_STATE] = state
    return _page(site, request)


def check_code(site: Any, request: HttpRequest) -> HttpResponse:
    """Answer the second step.

    Raises:
        TooManyAttemptsError: codes were guessed too often; not looked at.
    """
    found: HttpResponse = csrf_protect(lambda request: _checked(site, request))(request)
    return found


@sensitive_variables("code")
def _checked(site: Any, request: HttpRequest) -> HttpResponse:
    now, state = utc_now(), request.session.get(_STATE) or {}
    user = get_user_model()._default_manager.filter(pk=state["user"]).first() if state else None
    if not (
        user is not None
        and 0 <= time.time() - state["at"] <= _PATIENCE
        and user.is_active
        and constant_time_compare(state["password"], user.get_session_auth_hash())
        and not identity_of(user).reset_required
    ):
        request.session.pop(_STATE, None)
        return HttpResponseRedirect(request.get_full_path())
    attempt = attempts.begin(account=account_of(user), ip=current_caller().ip, now=now, action="code", user_id=user.pk)
    code = request.POST.get(CODE_FIELD, "").strip()
    if not _is_right(user, code):
        record(Event.CODE_REJECTED, user_id=user.pk, details=DOOR, at=now)
        return _page(site, request, wrong=True)
    attempt.succeeded(now=now)
    del request.session[_STATE]
    login(request, user, backend=state["backend"])
    record(Event.LOGIN, user_id=user.pk, details=DOOR, at=now)
    return HttpResponseRedirect(_next(site, request))


@sensitive_variables("code")
def _is_right(user: Any, code: str) -> bool:
    """Whether it is a code of the user's authenticator app, or one of the recovery codes, unused."""
    if not code or len(code) > _LONGEST or not code.isascii() or not code.isprintable():
        return False
    factors = apps.get_model("mfa", "Authenticator")._base_manager
    return any(
        factor.wrap().validate_code(code)
        for factor in factors.filter(user=user, type__in=("totp", "recovery_codes")).order_by("-type")
    )


def _next(site: Any, request: HttpRequest) -> str:
    wanted = request.POST.get(REDIRECT_FIELD_NAME) or request.GET.get(REDIRECT_FIELD_NAME) or ""
    if url_has_allowed_host_and_scheme(wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()):
        return wanted
    return reverse("admin:index", current_app=site.name)


def _page(site: Any, request: HttpRequest, *, wrong: bool = False) -> HttpResponse:
    request.current_app = site.name
    context = {
        **site.each_context(request),
        "title": gettext("Log in"),
        "code_field": CODE_FIELD,
        "wrong": wrong,
        "next_field": REDIRECT_FIELD_NAME,
        "next": request.POST.get(REDIRECT_FIELD_NAME, ""),
    }
    response = TemplateResponse(request, "admin/keyturn/login_code.html", context)
    add_never_cache_headers(response)
    return response
