"""The admin's login of somebody who must have a second factor and has none: an authenticator app is set up there."""

import base64
from typing import Any, Final

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.debug import sensitive_variables

from keyturn.api import admin_steps as steps
from keyturn.clock import utc_now
from keyturn.defence import attempts
from keyturn.errors import Reason, RefusedError
from keyturn.mfa.enrolling import enrol_totp
from keyturn.mfa.factors import TOTP, is_enrolled
from keyturn.mfa.provisioning import provisioning
from keyturn.mfa.sealing import open_secret, seal_secret
from keyturn.mfa.totp import new_secret
from keyturn.signin import account_of
from keyturn.signin.users import locked_user, user_database
from keyturn.trail.calling import current_caller
from keyturn.trail.events import Event
from keyturn.trail.recording import record

__all__ = ["SETUP_FIELD", "ask_to_set_up", "set_up"]

SETUP_FIELD: Final = "keyturn_setup_code"
"""The form field; a POST that has it shows that the app was set up."""


@sensitive_variables("secret")
def ask_to_set_up(site: Any, request: HttpRequest, user: Any) -> HttpResponse:
    """Take back the session that the password alone has opened, and show what an app needs."""
    secret = new_secret()
    # Django's sessions may lie in a cookie, where the browser's owner can read them, and in backups.
    steps.begin(request, user, secret=seal_secret(secret, user_pk=user.pk, kind=TOTP))
    record(Event.FACTOR_ASKED, user_id=user.pk, reason=Reason.FACTOR_SETUP_REQUIRED.value, details=steps.DOOR)
    return _page(site, request, user, secret)


def set_up(site: Any, request: HttpRequest) -> HttpResponse:
    """Add the app whose code was typed, let its user in, and show the recovery codes this once.

    Raises:
        TooManyAttemptsError: codes were guessed too often; not looked at.
    """
    found: HttpResponse = csrf_protect(lambda request: _set_up(site, request))(request)
    return found


@sensitive_variables("secret", "codes")
def _set_up(site: Any, request: HttpRequest) -> HttpResponse:
    now, state, user = utc_now(), steps.begun(request), steps.begun_by(request)
    if user is None or not steps.is_set_up_first(request):
        return steps.start_over(request)
    secret = open_secret(state["secret"], user_pk=user.pk, kind=TOTP).plain
    attempt = attempts.begin(account=account_of(user), ip=current_caller().ip, now=now, action="code", user_id=user.pk)
    try:
        with transaction.atomic(using=user_database()):
            holder = locked_user(user.pk)
            if is_enrolled(holder) or not constant_time_compare(state["password"], holder.get_session_auth_hash()):
                # Set up meanwhile, by whoever was signed in: that factor is asked for.
                raise RefusedError(Reason.FACTOR_EXISTS)
            codes = enrol_totp(user=holder, secrets=[secret], code=request.POST.get(SETUP_FIELD, ""), now=now)
    except RefusedError as error:
        if error.reason is not Reason.WRONG_CODE:
            return steps.start_over(request)
        record(Event.CODE_REJECTED, user_id=user.pk, reason=TOTP, details=steps.DOOR, at=now)
        return _page(site, request, user, secret, wrong=True)
    attempt.succeeded(now=now)
    steps.enter(request, user)
    return steps.page(site, request, "login_recovery.html", codes=codes, next_page=steps.next_page(site, request))


@sensitive_variables("secret")
def _page(site: Any, request: HttpRequest, user: Any, secret: str, *, wrong: bool = False) -> HttpResponse:
    app = provisioning(user, secret)
    picture = "data:image/svg+xml;base64," + base64.b64encode(app.svg.encode()).decode()
    return steps.page(
        site,
        request,
        "login_setup.html",
        code_field=SETUP_FIELD,
        picture=picture,
        secret=" ".join(secret[start : start + 4] for start in range(0, len(secret), 4)),
        totp_url=app.url,
        wrong=wrong,
    )
