"""The endpoints of sign-up, sign-in, verification and sessions where they do more, or other, than django-allauth's.

One file although it is long: each class is one endpoint of a few lines.
"""

from collections.abc import Callable
from datetime import timedelta
from http import HTTPStatus
from typing import Any, ClassVar
from uuid import UUID

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.email_verification import login_on_verification
from allauth.account.internal.flows.email_verification_by_code import (
    EMAIL_VERIFICATION_CODE_SESSION_KEY,
    EmailVerificationProcess,
)
from allauth.account.internal.flows.login import record_authentication
from allauth.account.models import EmailAddress
from allauth.account.stages import EmailVerificationStage, LoginStageController
from allauth.account.utils import setup_user_email
from allauth.headless.account import inputs
from allauth.headless.account import views as account
from allauth.headless.base import views as base
from allauth.headless.base.response import AuthenticationResponse
from allauth.headless.internal.restkit.response import APIResponse, ErrorResponse
from allauth.headless.tokens import views as tokens
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from keyturn.accounts.left_behind import note_proven, signed_up_with
from keyturn.accounts.link_keys import is_link_key
from keyturn.accounts.signups import AddressTakenError, count_mail, count_sign_up, pretend_signed_up, store_signed_up
from keyturn.accounts.verification import address_of_link, confirm_by_link
from keyturn.api.account_strict import Strict
from keyturn.api.serializers import told_type
from keyturn.api.token_door import FINAL
from keyturn.api.web import is_web
from keyturn.api.web_cookies import refresh_of
from keyturn.clock import aware, utc_now
from keyturn.defence import attempts, limits
from keyturn.defence.steady import steady
from keyturn.errors import Reason, RefusedError
from keyturn.sessions.client import current_client
from keyturn.sessions.listing import live_sessions
from keyturn.sessions.revocation import RevokeReason, revoke_sessions
from keyturn.signin.identifying import Code, account_of, account_of_code
from keyturn.signin.users import locked_user, user_database
from keyturn.tokens.peeking import session_named_by
from keyturn.tokens.refreshing import refresh

__all__ = ["FLOWS_ANSWERED_EVERY", "OWN", "SIGN_UP_CLOSED", "SessionsView"]

_POST = frozenset({"POST"})
# Of sign-ups: several times what one takes, so that the first moment is the rule whether or not the address is known.
_ANSWERED_EVERY = timedelta(milliseconds=500)
# Of what follows a sign-up, which costs no hash.
FLOWS_ANSWERED_EVERY = timedelta(milliseconds=100)
SIGN_UP_CLOSED = {"message": "Nobody can sign up here.", "code": "sign_up_closed"}


class CountedCode:
    """Goes before a view of django-allauth's that asks for a code: guesses count over all flows of an account."""

    def account_of_code(self) -> str | None:
        """What guesses are counted under; None where no code is asked for."""
        raise NotImplementedError

    def handle_input(self, data: Any) -> Any:
        """Count a guess before it is looked at."""
        return self.counted(lambda: super(CountedCode, self).handle_input(data))  # type: ignore[misc]

    def counted(self, look: Callable[[], Any]) -> Any:
        """Count, look, and give the attempt back where the code was right.

        Raises:
            TooManyAttemptsError: nothing was looked at.
        """
        name = self.account_of_code()
        if name is None:
            return look()
        attempt = attempts.begin(account=name, ip=current_client().ip, now=utc_now(), action="code")
        answer = look()
        if answer is None or answer.status_code < 400:
            attempt.succeeded(now=utc_now())
        return answer


class ConfigView(Strict, base.ConfigView):
    """What a client needs to know before it shows a form."""

    keeps_out = True


class SessionView(Strict, account.SessionView):
    """Whether the client is signed in, and what it is in the middle of; DELETE signs it out."""

    for_actors_too = frozenset({"GET", "DELETE"})
    # Nobody is kept signed in by a token that is too old to sign out with.
    takes_expired = frozenset({"DELETE"})


class LoginView(Strict, account.LoginView):
    """Sign in by user name or e-mail address, and password."""

    begins_anew = True
    signed_out_only = _POST

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Open a session, or name the next step."""
        try:
            return super().post(request, *args, **kwargs)
        except RefusedError as error:
            if error.reason is not Reason.BAD_CREDENTIALS:
                raise
        # Another login may have upgraded the password's hash since this one looked at it.
        self.input.full_clean()
        if not self.input.is_valid():
            return self.handle_invalid_input(self.input)
        return super().post(request, *args, **kwargs)


class SignupInput(inputs.SignupInput):
    """A sign-up. All of it is stored or nothing."""

    account_already_exists: bool

    def try_save(self, request: HttpRequest) -> Any:
        """Make the user, or pretend to where the address has an account, at the same cost."""
        if self.account_already_exists:
            adapter = get_adapter()
            user = adapter.save_user(request, adapter.new_user(request), self, commit=False)
            pretend_signed_up(user, self.cleaned_data["email"])
            return super().try_save(request)
        try:
            return super().try_save(request)
        except AddressTakenError:
            # Somebody was faster by a moment.
            self.account_already_exists = True
            return super().try_save(request)

    def save(self, request: HttpRequest) -> Any:
        """Make the user, and the address."""
        adapter = get_adapter()
        user = adapter.save_user(request, adapter.new_user(request), self, commit=False)
        email = self.cleaned_data.get("email")
        with transaction.atomic(using=user_database()):
            store_signed_up(user)
            self.custom_signup(request, user)
            setup_user_email(request, user, [EmailAddress(email=email)] if email else [])
        if user.has_usable_password():
            record_authentication(request, user, method="password")
        return user


class SignupView(Strict, account.SignupView):
    """Make an account. What is answered does not tell whether the address has one already."""

    begins_anew = True
    signed_out_only = _POST
    input_class: ClassVar[dict[str, Any]] = {"POST": SignupInput}

    def handle(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Say first of all whether anybody may sign up."""
        if request.method == "POST" and not get_adapter().is_open_for_signup(request):
            return APIResponse(request, errors=[SIGN_UP_CLOSED], status=HTTPStatus.FORBIDDEN)
        return super().handle(request, *args, **kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Count, then sign up."""
        count_sign_up(self.input.cleaned_data.get("email") or "", now=utc_now())
        with steady(_ANSWERED_EVERY):
            try:
                return super().post(request, *args, **kwargs)
            except ValidationError as error:
                return ErrorResponse(request, exception=error)


class VerifyEmailView(CountedCode, Strict, account.VerifyEmailView):
    """Verify an address: by the code of the flow that asked for it, or by the key of a link, with or without a flow."""

    answered_every = FLOWS_ANSWERED_EVERY

    def handle(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Tell links from codes."""
        if request.method == "GET":
            key = request.headers.get("X-Email-Verification-Key", "")
        else:
            key = (self._parse_json(request) or {}).get("key", "")
        if is_link_key(key):
            return self._by_link(request, key)
        return super().handle(request, *args, **kwargs)

    def get_input_kwargs(self) -> dict[str, Any]:
        """The process whose code is asked for; nobody can know the code of a pretended one."""
        process = self.process
        if process is not None and (process.user is None or process.state.get("account_already_exists")):
            process.state = {**process.state, "code": ""}
        return {"process": process}

    def account_of_code(self) -> str | None:
        """Who is signed in; else the address that somebody claims."""
        process = self.process
        if process is None:
            return None
        user: Any = self.request.user
        return account_of(user) if user.is_authenticated else account_of_code(Code.VERIFICATION, email=process.email)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Say whose address a code would verify; a guess like any other."""
        found: HttpResponse = self.counted(lambda: super(VerifyEmailView, self).get(request, *args, **kwargs))
        return found

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Verify by the code that was right, and go on. A link of the same mail may have been faster.

        Raises:
            RefusedError: ``email_taken``: another account verified the address first.
        """
        process = self.process
        if process is None:
            return super().post(request, *args, **kwargs)
        with transaction.atomic(using=user_database()):
            # Read again under the lock that links take too.
            process._user = locked_user(process.user.pk)  # noqa: SLF001 - of django-allauth's base class
            process.__dict__.pop("email_address", None)
            address = process.email_address
            if address.verified:
                request.session.pop(EMAIL_VERIFICATION_CODE_SESSION_KEY, None)
            elif process.finish() is None:
                raise RefusedError(Reason.EMAIL_TAKEN)
            note_proven(request, process.user, email=address.email)
        response = login_on_verification(request, address) if self.stage else None
        return AuthenticationResponse.from_response(request, response)

    def _by_link(self, request: HttpRequest, key: str) -> HttpResponse:
        now = utc_now()
        limits.take(action="link", keys={"address": current_client().ip}, now=now)
        if request.method == "GET":
            address = address_of_link(key, now=now)
            made = signed_up_with(address.user)
            told = {} if made is None else {"has_password": made.password, "providers": list(made.providers)}
            return _verification(request, address.email, verified=False, **told)
        address = confirm_by_link(request, key, now=now)
        stage = LoginStageController.enter(request, EmailVerificationStage.key)
        if stage is not None and stage.login.user is not None and stage.login.user.pk == address.user_id:
            # The very client that waits for it shows the link: it goes on as if it had shown the code.
            request.session.pop(EMAIL_VERIFICATION_CODE_SESSION_KEY, None)
            with transaction.atomic(using=user_database()):
                note_proven(request, locked_user(address.user_id), email=address.email)
            return AuthenticationResponse.from_response(request, login_on_verification(request, address))
        return _verification(request, address.email, verified=True)


def _verification(request: HttpRequest, email: str, *, verified: bool, **told: Any) -> HttpResponse:
    meta = {"is_authenticated": bool(request.user.is_authenticated)}
    return APIResponse(request, data={"email": email, "verified": verified, **told}, meta=meta)


class ResendEmailVerificationCodeView(Strict, account.ResendEmailVerificationCodeView):
    """Send another code; those before it are good no longer."""

    answered_every = FLOWS_ANSWERED_EVERY

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Count, then send."""
        process = EmailVerificationProcess.resume(request)
        if process is not None and process.can_resend:
            count_mail(process.email, now=utc_now())
        return super().post(request, *args, **kwargs)


class RefreshTokenView(Strict, tokens.RefreshTokenView):
    """Trade a refresh token for a pair, by the rule and with the words of ``/token/refresh/``."""

    keeps_out = True

    def handle_input(self, data: Any) -> Any:
        """Take a web client's token from its cookie, whatever the body has there.

        Raises:
            RefusedError: ``refresh_missing``: there is none; 401.
        """
        if is_web(self.request):
            raw = refresh_of(self.request)
            if raw is None:
                raise RefusedError(Reason.REFRESH_MISSING)
            data = {**(data or {}), "refresh_token": raw}
        return super().handle_input(data)

    def post(self, request: HttpRequest) -> HttpResponseBase:
        """Rotate.

        Raises:
            RefusedError: with the reason; 401.
        """
        raw = self.input.cleaned_data["refresh_token"]
        try:
            pair = refresh(raw, now=utc_now(), client=current_client())
        except RefusedError as error:
            if error.reason in FINAL:
                request.keyturn_ended = session_named_by(raw)  # type: ignore[attr-defined]
            raise
        data = {"access_token": pair.access, **told_type(pair.token_type)}
        if is_web(request):
            request.keyturn_traded = pair  # type: ignore[attr-defined]
        elif pair.refresh is not None:
            data["refresh_token"] = pair.refresh
        return APIResponse(request, data=data)


class SessionsView(Strict, base.AuthenticatedAPIView):
    """The user's sessions, in the form of django-allauth's ``usersessions``, which knows nothing of Keyturn's."""

    for_actors_too = frozenset({"GET"})

    def get(self, request: HttpRequest) -> HttpResponse:
        """List them, the newest sign-in first."""
        return self._listed(request)

    def delete(self, request: HttpRequest) -> HttpResponse:
        """End those whose ids are given; the answer is what is left, or 401 where this one was among them."""
        wanted = (self.data or {}).get("sessions")
        if not isinstance(wanted, list) or not wanted:
            return _refused(request, "A list of ids of sessions is required.", "required")
        live = {str(session.pk): session.pk for session in live_sessions(request.user.pk, now=utc_now())}
        unknown = [one for one in wanted if not isinstance(one, str) or one.lower() not in live]
        if unknown:
            return _refused(request, "Not the id of a session of yours.", "invalid_choice")
        ids: list[UUID] = [live[one.lower()] for one in wanted]
        revoke_sessions(ids, reason=RevokeReason.REVOKED_BY_USER, now=utc_now(), user_pk=request.user.pk)
        auth: Any = request.auth  # type: ignore[attr-defined]
        if auth.sid in ids:
            get_adapter().logout(request)
            return AuthenticationResponse(request)
        return self._listed(request)

    def _listed(self, request: HttpRequest) -> HttpResponse:
        auth: Any = request.auth  # type: ignore[attr-defined]
        data = [
            {
                "id": str(session.pk),
                "user_agent": session.user_agent,
                "ip": session.ip or "",
                "created_at": aware(session.created_at).timestamp(),
                "is_current": session.pk == auth.sid,
            }
            for session in live_sessions(request.user.pk, now=utc_now())
        ]
        return APIResponse(request, data=data)


def _refused(request: HttpRequest, message: str, code: str) -> HttpResponse:
    errors = [{"message": message, "code": code, "param": "sessions"}]
    return APIResponse(request, errors=errors, status=HTTPStatus.BAD_REQUEST)


OWN: dict[Any, Any] = {
    base.ConfigView: ConfigView,
    account.SessionView: SessionView,
    account.LoginView: LoginView,
    account.SignupView: SignupView,
    account.VerifyEmailView: VerifyEmailView,
    account.ResendEmailVerificationCodeView: ResendEmailVerificationCodeView,
    tokens.RefreshTokenView: RefreshTokenView,
}
"""Which of ours stands in the place of which of django-allauth's."""
