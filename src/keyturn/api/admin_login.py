"""The admin's login form, behind the same counters as every other door, whatever form and site the project has.

Django's own ``AdminSite.login`` answers: the project's form, template and authentication backends stay what they are.
Here an attempt is counted before it gets there, and given back when it came through.
"""

import functools
import logging
from collections.abc import Callable, Mapping
from typing import Any, Final

from django.apps import apps
from django.contrib.auth import get_user_model, logout
from django.contrib.auth.signals import user_logged_in
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.template.response import TemplateResponse
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext
from django.views.decorators.debug import sensitive_variables

from keyturn.api.admin_factor import CODE_FIELD, DOOR, ask_for_code, check_code
from keyturn.api.admin_factor_setup import SETUP_FIELD, ask_to_set_up, set_up
from keyturn.api.admin_passkey import PASSKEY_FIELD
from keyturn.api.client import calling
from keyturn.api.error_reports import unreported
from keyturn.clock import utc_now
from keyturn.defence import attempts
from keyturn.defence.passwords import spellings
from keyturn.errors import Reason, TooManyAttemptsError, UnavailableError
from keyturn.signin import identify, identity_of, must_have_factor
from keyturn.trail.calling import current_caller
from keyturn.trail.events import Event
from keyturn.trail.recording import record

__all__ = ["install"]

logger = logging.getLogger("keyturn.api")

_LATER_STEPS: Final[Mapping[str, Callable[[Any, HttpRequest], HttpResponse]]] = {
    CODE_FIELD: check_code,
    PASSKEY_FIELD: check_code,
    SETUP_FIELD: set_up,
}
"""What answers a form that has this field."""

_CAME_IN = "_keyturn_came_in"
"""Where a request keeps who has signed in while it was answered."""


def install() -> None:
    """Change the admin's site class in place, for every site of the project. Safe to call twice."""
    if not apps.is_installed("django.contrib.admin"):
        return
    from django.contrib.admin.sites import AdminSite  # noqa: PLC0415 - only where it is installed

    site: Any = AdminSite
    if not hasattr(site.login, "keyturn_stock"):
        site.login = _counted(site.login)
    user_logged_in.connect(_remember, dispatch_uid="keyturn.admin_login")


def _remember(sender: Any, *, request: Any = None, user: Any = None, **_: Any) -> None:
    if hasattr(request, _CAME_IN):
        setattr(request, _CAME_IN, user)


def _counted(login: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(login)
    def wrapper(self: Any, request: HttpRequest, extra_context: Any = None) -> HttpResponseBase:
        def answer() -> HttpResponseBase:
            found: HttpResponseBase = login(self, request, extra_context)
            return found

        if request.method != "POST":
            return answer()
        with calling(request):
            return unreported(request, lambda: _attempted(self, request, answer))

    wrapper.keyturn_stock = login  # type: ignore[attr-defined]
    return wrapper


def _attempted(site: Any, request: HttpRequest, answer: Callable[[], HttpResponseBase]) -> HttpResponseBase:
    now = utc_now()
    later_step = _LATER_STEPS.get(next((name for name in _LATER_STEPS if name in request.POST), ""))
    if later_step is not None:
        try:
            return later_step(site, request)
        except TooManyAttemptsError as error:
            return _refusal(site, request, gettext("Too many attempts. Try again later."), error)
        except UnavailableError as error:
            logger.error("temporarily unavailable: %s", error)  # noqa: TRY400 - it says what to do; the trace would not
            return _refusal(site, request, gettext("Temporarily unavailable, try again."), error)
    identity = identify(_typed_name(request))
    user_id = "" if identity.user_id is None else identity.user_id
    try:
        attempt = attempts.begin(account=identity.account, ip=current_caller().ip, now=now, user_id=user_id)
    except TooManyAttemptsError as error:
        return _refusal(site, request, gettext("Too many attempts. Try again later."), error)
    setattr(request, _CAME_IN, None)
    response = _answered(request, answer)
    user = getattr(request, _CAME_IN)
    if user is None:
        record(Event.LOGIN_FAILED, user_id=user_id, reason=Reason.BAD_CREDENTIALS.value, details=DOOR, at=now)
        return response
    attempt.succeeded(now=now)
    if identity.user_id != user.pk:
        identity = identity_of(user)
    for stands_in_the_way, reason, sentence in (
        (identity.reset_required, Reason.PASSWORD_RESET_REQUIRED, gettext("Reset your password first.")),
        (identity.needs_verification, Reason.EMAIL_NOT_VERIFIED, gettext("Verify your e-mail address first.")),
    ):
        if stands_in_the_way:
            logout(request)
            record(Event.LOGIN_FAILED, user_id=user.pk, reason=reason.value, details=DOOR, at=now)
            return _refusal(site, request, sentence)
    if identity.has_factor:
        return ask_for_code(site, request, user)
    if must_have_factor(user):
        return _first_factor(site, request, user)
    record(Event.LOGIN, user_id=user.pk, details=DOOR, at=now)
    return response


def _first_factor(site: Any, request: HttpRequest, user: Any) -> HttpResponseBase:
    if apps.is_installed("allauth.mfa"):
        return ask_to_set_up(site, request, user)
    # A rule that nobody can meet lets nobody in; a system check says so.
    logout(request)
    return _refusal(site, request, gettext("Set up a second factor first."))


@sensitive_variables("typed", "first", "others", "spelling")
def _answered(request: HttpRequest, answer: Callable[[], HttpResponseBase]) -> HttpResponseBase:
    """Let the form look at the password in the form in which it is kept, then as it was typed; at none too long."""
    any_request: Any = request
    typed = request.POST.get("password", "")
    # Where nothing is left to look at, the form asks for a password once more, and no hash is computed.
    first, *others = spellings(typed) or ("",)
    response = _answered_to(any_request, first, answer)
    for spelling in others:
        if getattr(request, _CAME_IN) is None:
            response = _answered_to(any_request, spelling, answer)
    return response


@sensitive_variables("spelling", "form")
def _answered_to(request: Any, spelling: str, answer: Callable[[], HttpResponseBase]) -> HttpResponseBase:
    if spelling != request.POST.get("password", ""):
        form = request.POST.copy()
        form["password"] = spelling
        request.POST = form
    return answer()


def _typed_name(request: HttpRequest) -> str:
    """What was typed as the user name, in Django's own form or in one that calls it as the user model does."""
    return request.POST.get("username") or request.POST.get(get_user_model().USERNAME_FIELD) or ""


def _refusal(
    site: Any, request: HttpRequest, sentence: str, error: TooManyAttemptsError | UnavailableError | None = None
) -> HttpResponse:
    """A page with one sentence, which holds nothing of what was typed."""
    request.current_app = site.name
    context = {
        **site.each_context(request),
        "title": gettext("Log in"),
        "sentence": sentence,
        "minutes": None if error is None else -(-error.retry_after // 60),
        "login_url": request.get_full_path(),
    }
    status = 403 if error is None else 429 if isinstance(error, TooManyAttemptsError) else 503
    response = TemplateResponse(request, "admin/keyturn/login_refused.html", context, status=status)
    if error is not None:
        response.headers["Retry-After"] = str(error.retry_after)
    add_never_cache_headers(response)
    return response
