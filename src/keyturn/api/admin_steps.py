"""What the admin's login remembers between its steps, in Django's session, which belongs to nobody until the last."""

import time
from typing import Any, Final

from django.contrib.auth import BACKEND_SESSION_KEY, REDIRECT_FIELD_NAME, get_user_model, login, logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.cache import add_never_cache_headers
from django.utils.crypto import constant_time_compare
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext

from keyturn.signin import identity_of
from keyturn.trail.events import Event
from keyturn.trail.recording import record

__all__ = ["DOOR", "begin", "begun", "begun_by", "enter", "is_set_up_first", "next_page", "page", "start_over"]

DOOR: Final = {"door": "admin"}
"""What the trail says of where it happened."""

_STATE: Final = "keyturn_admin_factor"
_PATIENCE: Final = 300
"""Seconds between two steps."""


def begin(request: HttpRequest, user: Any, **more: str) -> None:
    """Take back the session that the password alone has opened, and remember whose password it was.

    Args:
        request: of the login.
        user: whom the form let in.
        more: what else the next step needs.
    """
    state = {
        **more,
        "user": str(user.pk),
        "backend": request.session[BACKEND_SESSION_KEY],
        "password": user.get_session_auth_hash(),
        "at": int(time.time()),
    }
    logout(request)
    request.session[_STATE] = state


def begun(request: HttpRequest) -> dict[str, Any]:
    """What is remembered; empty where no login was begun."""
    found: dict[str, Any] = request.session.get(_STATE) or {}
    return found


def begun_by(request: HttpRequest) -> Any:
    """Whose login was begun; None where it took too long, or the user has changed since."""
    state = begun(request)
    user = get_user_model()._default_manager.filter(pk=state["user"]).first() if state else None
    stands = (
        user is not None
        and 0 <= time.time() - state["at"] <= _PATIENCE
        and user.is_active
        and constant_time_compare(state["password"], user.get_session_auth_hash())
        and not identity_of(user).reset_required
    )
    return user if stands else None


def is_set_up_first(request: HttpRequest) -> bool:
    """Whether the login waits for a factor to be set up: a recovery code that was kept is none."""
    return "secret" in begun(request)


def start_over(request: HttpRequest) -> HttpResponse:
    """Forget what was begun, and show the form again."""
    request.session.pop(_STATE, None)
    return HttpResponseRedirect(request.get_full_path())


def enter(request: HttpRequest, user: Any) -> None:
    """The last step is done: the session is the user's."""
    backend = request.session.pop(_STATE)["backend"]
    login(request, user, backend=backend)
    record(Event.LOGIN, user_id=user.pk, details=DOOR)


def next_page(site: Any, request: HttpRequest) -> str:
    """Where the login leads; never to another host."""
    wanted = request.POST.get(REDIRECT_FIELD_NAME) or request.GET.get(REDIRECT_FIELD_NAME) or ""
    if url_has_allowed_host_and_scheme(wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()):
        return wanted
    return reverse("admin:index", current_app=site.name)


def page(site: Any, request: HttpRequest, template: str, **context: Any) -> HttpResponse:
    """A page of the login, which no browser keeps.

    Args:
        site: the admin's.
        request: of the step.
        template: below ``admin/keyturn/``.
        context: besides what every page of the admin has.
    """
    request.current_app = site.name
    known = {
        **site.each_context(request),
        "title": gettext("Log in"),
        "next_field": REDIRECT_FIELD_NAME,
        "next": request.POST.get(REDIRECT_FIELD_NAME, ""),
        **context,
    }
    response = TemplateResponse(request, f"admin/keyturn/{template}", known)
    add_never_cache_headers(response)
    return response
