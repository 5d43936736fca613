"""A mailed code by which somebody who is signed in proves once more who they are, with no password and no factor."""

from datetime import datetime, timedelta
from typing import Any, Final

from allauth.account import app_settings
from allauth.account.adapter import get_adapter
from allauth.core.internal.cryptokit import compare_user_code
from django.http import HttpRequest

from keyturn.accounts.signups import count_mail
from keyturn.accounts.step_up import mailbox

__all__ = ["accept_mailed", "is_code_awaited", "mail_code"]

_STATE: Final = "keyturn_proof_by_mail"
_GUESSES: Final = 5
"""At one code; guesses at an account's codes are counted over all of them besides."""


def mail_code(request: HttpRequest, user: Any, *, now: datetime) -> None:
    """Send a code to the user's verified address; the one before is good no longer.

    Args:
        request: its session is the flow of the user's session, which remembers the code.
        user: who is signed in.
        now: aware.

    Raises:
        MailUnavailableError: no mail can be sent here.
        TooManyAttemptsError: enough was sent, to this mailbox or for this client.
    """
    email = mailbox(user)
    count_mail(email, now=now)
    code = get_adapter().generate_login_code()
    request.session[_STATE] = {"code": code, "at": now.timestamp(), "email": email, "wrong": 0}
    get_adapter().send_mail("account/email/reauthentication_code", email, {"code": code})


def is_code_awaited(request: HttpRequest, user: Any, *, now: datetime) -> bool:
    """Whether a code was sent in this session that is still good: neither too old, nor of a former address."""
    state = request.session.get(_STATE)
    if not isinstance(state, dict):
        return False
    age = timedelta(seconds=now.timestamp() - state["at"])
    if age > timedelta(seconds=app_settings.LOGIN_BY_CODE_TIMEOUT) or state["email"] != mailbox(user):
        request.session.pop(_STATE, None)
        return False
    return True


def accept_mailed(request: HttpRequest, typed: str) -> bool:
    """Compare with the code that was sent, which then is used up; after five wrong ones it is good no longer.

    Args:
        request: of a session for which :func:`is_code_awaited`.
        typed: as typed; hyphens and case do not count.
    """
    state = request.session[_STATE]
    if compare_user_code(actual=typed, expected=state["code"]):
        request.session.pop(_STATE, None)
        return True
    wrong = state["wrong"] + 1
    if wrong >= _GUESSES:
        request.session.pop(_STATE, None)
    else:
        request.session[_STATE] = {**state, "wrong": wrong}
    return False
