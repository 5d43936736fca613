"""Sign-in by mail: a code for the flow that asked for it, and a link for any browser. One of the two works, once."""

from contextlib import suppress
from datetime import datetime
from typing import Any, Final

from allauth.account import app_settings
from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.internal.flows.login_by_code import LoginCodeVerificationProcess
from allauth.account.models import Login
from allauth.account.stages import LoginByCodeStage, LoginStageController
from django.contrib.auth import get_user_model
from django.db import transaction
from django.http import HttpRequest, HttpResponse

from keyturn.accounts.link_keys import LinkKind, holds, read_key, state_of, use_up, write_key
from keyturn.accounts.links import link_to
from keyturn.accounts.passwords_reset import note_mailbox
from keyturn.accounts.taking_over import take_over
from keyturn.clock import utc_now
from keyturn.errors import Reason, RefusedError
from keyturn.sessions.policy import Policy
from keyturn.signin import identity_of
from keyturn.signin.users import locked_user, user_database
from keyturn.trail.events import Event
from keyturn.trail.recording import record

__all__ = ["SignInProcess", "is_enabled", "sign_in_by_link"]

_KIND: Final = LinkKind.SIGN_IN_LINK
_LINK: Final = "keyturn_link"
_STATE: Final = "keyturn_state"


def is_enabled() -> bool:
    """Whether anybody can sign in by mail here: ``ACCOUNT_LOGIN_BY_CODE_ENABLED``."""
    return bool(app_settings.LOGIN_BY_CODE_ENABLED)


class SignInProcess(LoginCodeVerificationProcess):
    """django-allauth's process, whose mail carries a link beside the code, and which ends where the link was used."""

    @classmethod
    def begin(cls, request: HttpRequest, *, user: Any, email: str) -> "SignInProcess":
        """Send the mail, and remember the code.

        Args:
            request: whose flow it is.
            user: who wants to sign in; None: nobody has this address, which a mail to it says.
            email: the stored address of the user, or else what was typed.
        """
        login = Login(user=user, email=email)
        login.state["stages"] = {"current": LoginByCodeStage.key}
        stage = LoginByCodeStage(LoginStageController(request, login), request, login)
        stage.state.update(cls.initial_state(user=user, email=email), initiated_by_user=True)
        process = cls(stage=stage)
        process.send()
        process.persist()
        return process

    @classmethod
    def resume(cls, stage: LoginByCodeStage) -> "SignInProcess | None":
        """Go on with what a flow is in the middle of; None where that is too old, and ended by this."""
        found: SignInProcess | None = cls(stage=stage).abort_if_invalid()
        return found

    def send_by_email(self, email: str, skip_enumeration_mails: bool = False) -> None:  # noqa: FBT001, FBT002 - its base
        """Send a code with a link; what was sent before is good no longer."""
        now = utc_now()
        user: Any = self.user
        if self.state.get("initiated_by_user"):
            record(Event.SIGN_IN_MAIL_REQUESTED, user_id="" if user is None else user.pk, at=now)
        self._void_link(user, now)
        # Made for nobody too, or the time would tell whether there is an account.
        about = get_user_model()() if user is None else user
        self.state[_STATE] = state_of(_KIND, about)
        key = write_key(_KIND, user=about, email=email, now=now)
        if user is None:
            if app_settings.EMAIL_UNKNOWN_ACCOUNTS and not skip_enumeration_mails:
                get_adapter().send_mail("account/email/unknown_account", email, {"sign_in_url": link_to("sign_in")})
            return
        context: dict[str, Any] = {"request": self.request, "code": self.generate_code()}
        # A login that has shown a password already goes on in its own browser only.
        if self.state.get("initiated_by_user"):
            self.state[_LINK] = key
            context["link"] = link_to(_KIND.value, key=key)
        get_adapter().send_mail("account/email/login_code", email, context)

    def finish(self, redirect_url: str | None = None) -> HttpResponse:
        """Go on with the login whose code was right just now.

        Raises:
            RefusedError: ``wrong_code``: the link of the same mail was used already; ``link_outdated``: the account
                has changed since the code was sent.
        """
        if _STATE not in self.state or not self.state.get("initiated_by_user"):
            response: HttpResponse = super().finish(redirect_url)
            return response
        shown: Any = self.user
        email, key, now = self.state["email"], self.state.get(_LINK, ""), utc_now()
        with transaction.atomic(using=user_database()):
            user = locked_user(shown.pk)
            try:
                use_up(_KIND, key, now=now)
            except RefusedError:
                self.abort()
                raise RefusedError(Reason.WRONG_CODE, "the link of the same mail was used") from None
            if not holds(_KIND, self.state[_STATE], user=user) or not Policy.current().admits(user):
                self.abort()
                raise RefusedError(Reason.LINK_OUTDATED)
            _take_over(self.request, user, email)
        self.abort()
        return _signed_in(self.request, user, email)

    def _void_link(self, user: Any, now: datetime) -> None:
        former = self.state.pop(_LINK, None)
        if former is None or user is None:
            return
        with suppress(RefusedError), transaction.atomic(using=user_database()):
            locked_user(user.pk)
            use_up(_KIND, former, now=now)


def sign_in_by_link(request: HttpRequest, key: str, *, now: datetime) -> HttpResponse:
    """Begin a login with the link of a mail in place of a password. Of uses at the same moment one succeeds.

    Args:
        request: with an empty flow.
        key: as presented.
        now: aware.

    Returns:
        django-allauth's answer: the user is signed in, or asked for the next step.

    Raises:
        RefusedError: ``link_invalid``, ``link_expired``, ``link_used`` or ``link_outdated``;
            ``password_reset_required``.
    """
    said = read_key(_KIND, key, now=now)
    with transaction.atomic(using=user_database()):
        try:
            user = locked_user(said.user_pk)
        except RefusedError:
            raise RefusedError(Reason.LINK_INVALID, "the user is gone") from None
        use_up(_KIND, key, now=now)
        if not holds(_KIND, said.state, user=user) or not Policy.current().admits(user):
            raise RefusedError(Reason.LINK_OUTDATED)
        _take_over(request, user, said.email)
    return _signed_in(request, user, said.email)


def _take_over(request: HttpRequest, user: Any, email: str) -> None:
    """Make the account that of whoever reads the mailbox.

    Args:
        request: handed to django-allauth's signals.
        user: the locked row.
        email: the address that the mail was sent to.
    """
    take_over(request, user)
    note_mailbox(request, user, email)


def _signed_in(request: HttpRequest, user: Any, email: str) -> HttpResponse:
    if identity_of(user).reset_required:
        record(Event.LOGIN_FAILED, user_id=user.pk, reason=Reason.PASSWORD_RESET_REQUIRED.value)
        raise RefusedError(Reason.PASSWORD_RESET_REQUIRED)
    record_authentication(request, user, method="code", email=email)
    response: HttpResponse = perform_login(request, Login(user=user, email=email))
    return response
