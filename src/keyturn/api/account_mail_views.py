"""The endpoints of sign-in by mail: a code, or a link. 404 unless ``ACCOUNT_LOGIN_BY_CODE_ENABLED`` is set."""

from datetime import timedelta
from http import HTTPStatus
from typing import Any, ClassVar, Final

from allauth.account.internal.constants import LoginStageKey
from allauth.account.stages import LoginStageController
from allauth.headless.account import inputs
from allauth.headless.account import views as account
from allauth.headless.base import views as base
from allauth.headless.base.response import AuthenticationResponse, ConflictResponse
from allauth.headless.internal.restkit.response import APIResponse
from django import forms
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from keyturn.accounts.emails import comparable, mailbox_of
from keyturn.accounts.mail_sign_in import SignInProcess, is_enabled, sign_in_by_link
from keyturn.accounts.signups import count_mail
from keyturn.api.account_flow_views import CountedCode
from keyturn.api.account_strict import Strict
from keyturn.clock import utc_now
from keyturn.defence import limits
from keyturn.defence.names import check_email
from keyturn.sessions.client import current_client
from keyturn.signin.identifying import Code, account_of, account_of_code
from keyturn.trail.events import Event
from keyturn.trail.recording import record

__all__ = ["MORE", "OWN", "ConfirmLoginCodeView", "LoginLinkView", "RequestLoginCodeView", "ResendLoginCodeView"]

_POST: Final = frozenset({"POST"})
_ANSWERED_EVERY: Final = timedelta(milliseconds=100)


class WhereEnabled:
    """Goes before a view that nobody is to find where sign-in by mail is off, whenever that was decided."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Answer 404."""
        if not is_enabled():
            return APIResponse(request, status=HTTPStatus.NOT_FOUND)
        response: HttpResponseBase = super().dispatch(request, *args, **kwargs)  # type: ignore[misc]
        return response


class RequestLoginCodeInput(inputs.RequestLoginCodeInput):
    """Who wants to sign in."""

    def clean_email(self) -> str:
        """Take nothing that could not be an address; what merely looks like one of ours is none of ours."""
        return check_email(self.data["email"]) if self.cleaned_data["email"] else ""


class RequestLoginCodeView(WhereEnabled, Strict, account.RequestLoginCodeView):
    """Have a mail sent that signs in. What is answered does not tell whether anybody has this address."""

    begins_anew = True
    signed_out_only = _POST
    input_class = RequestLoginCodeInput

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Count, then send.

        Raises:
            MailUnavailableError: no mail can be sent here.
            TooManyAttemptsError: enough was sent, to this mailbox or for this client.
        """
        typed = self.input.cleaned_data.get("email")
        if not typed:
            # To a telephone, which only an adapter of the project's own knows of.
            return super().post(request, *args, **kwargs)
        count_mail(comparable(typed), now=utc_now())
        mailbox = mailbox_of(typed)
        user, email = (None, typed) if mailbox is None else (mailbox.user, mailbox.email)
        SignInProcess.begin(request, user=user, email=email)
        return AuthenticationResponse(request)


class ResendLoginCodeView(WhereEnabled, Strict, account.ResendLoginCodeView):
    """Send another mail that signs in; the one before is good no longer."""

    answered_every = _ANSWERED_EVERY

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Count, then send."""
        stage = LoginStageController.enter(request, LoginStageKey.LOGIN_BY_CODE)
        process = SignInProcess.resume(stage) if stage else None
        if process is None or not process.can_resend:
            return ConflictResponse(request)
        if process.state.get("email"):
            count_mail(comparable(process.state["email"]), now=utc_now())
        process.resend()
        return APIResponse(request)


class ConfirmLoginCodeView(CountedCode, Strict, account.ConfirmLoginCodeView):
    """Sign in by the code that was sent."""

    answered_every = _ANSWERED_EVERY

    def handle(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Go on with our own kind of process."""
        self.process = SignInProcess(self.stage)
        return super().handle(request, *args, **kwargs)

    def account_of_code(self) -> str | None:
        """The address that the code was sent to, whether or not it has an account."""
        user, email = self.process.user, self.process.state.get("email")
        if user is not None and not email:
            return account_of(user)
        return account_of_code(Code.SIGN_IN, email=str(email or ""))

    def handle_invalid_input(self, wrong: Any) -> HttpResponse:
        """Write a wrong code into the trail, whether there is an account or not."""
        if self.process.user is None:
            record(Event.CODE_REJECTED, reason="login")
        return super().handle_invalid_input(wrong)


class LoginLinkInput(forms.Form):
    """The key of a link."""

    key = forms.CharField(max_length=1024)


class LoginLinkView(WhereEnabled, Strict, base.APIView):
    """Sign in by the link of a mail, in whatever browser it was opened. A page posts it: scanners of mail only read."""

    begins_anew = True
    signed_out_only = _POST
    input_class: ClassVar[Any] = LoginLinkInput

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Open a session, or name the next step.

        Raises:
            RefusedError: ``link_invalid``, ``link_expired``, ``link_used`` or ``link_outdated``.
            TooManyAttemptsError: too many links were presented from this address.
        """
        now = utc_now()
        limits.take(action="link", keys={"address": current_client().ip}, now=now)
        response = sign_in_by_link(request, self.input.cleaned_data["key"], now=now)
        return AuthenticationResponse.from_response(request, response)


OWN: dict[Any, Any] = {
    account.RequestLoginCodeView: RequestLoginCodeView,
    account.ResendLoginCodeView: ResendLoginCodeView,
    account.ConfirmLoginCodeView: ConfirmLoginCodeView,
}
"""Which of ours stands in the place of which of django-allauth's."""

MORE: dict[str, Any] = {
    "auth/code/request": RequestLoginCodeView,
    "auth/code/resend": ResendLoginCodeView,
    "auth/code/link": LoginLinkView,
}
"""Endpoints that django-allauth has not, or only where a setting was made before the start, by their paths."""
