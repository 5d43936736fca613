"""Passwords and addresses of an account, where they do more, or other, than django-allauth's views."""

from http import HTTPStatus
from typing import Any, ClassVar
from uuid import UUID

from allauth.account import signals
from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.password_reset import perform_password_reset_login
from allauth.account.internal.flows.password_reset_by_code import PasswordResetVerificationProcess
from allauth.core.internal.cryptokit import compare_user_code
from allauth.headless.account import inputs
from allauth.headless.account import views as account
from allauth.headless.account.response import PasswordResetKeyResponse, RequestEmailVerificationResponse
from allauth.headless.base.response import AuthenticationResponse
from allauth.headless.internal.restkit.response import APIResponse, ErrorResponse
from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.debug import sensitive_variables

from keyturn.accounts.email_changes import give_up_change
from keyturn.accounts.emails import comparable, mailbox_of
from keyturn.accounts.link_keys import is_link_key
from keyturn.accounts.own_address import note_own_address
from keyturn.accounts.pairs import open_session
from keyturn.accounts.passwords import confirm_password, set_password
from keyturn.accounts.passwords_reset import (
    ResetProcess,
    owner_of,
    record_wrong_code,
    reset_by_code,
    reset_by_link,
    user_of_link,
)
from keyturn.accounts.step_up import require_beside_password
from keyturn.api.account_strict import Strict
from keyturn.clock import utc_now
from keyturn.defence import attempts, limits
from keyturn.defence.names import check_email
from keyturn.defence.passwords import check_new
from keyturn.errors import Reason, RefusedError
from keyturn.mail import outbox
from keyturn.sessions.models import Session
from keyturn.signin.identifying import Code, account_of_code
from keyturn.signin.users import locked_user, user_database
from keyturn.trail.calling import current_caller

__all__ = ["OWN"]


class RequestPasswordResetInput(forms.Form):
    """Whose password."""

    email = forms.CharField(max_length=254)

    def clean_email(self) -> str:
        """Take nothing that could not be an address; what merely looks like one of ours is none of ours."""
        return check_email(self.cleaned_data["email"])


class RequestPasswordResetView(Strict, account.RequestPasswordResetView):
    """Ask for a mail with a code and a link. What is answered does not tell whether anybody has this address."""

    begins_anew = True
    input_class = RequestPasswordResetInput

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Send it.

        Raises:
            MailUnavailableError: no mail can be sent here.
            TooManyAttemptsError: enough was sent, to this mailbox or for this client.
        """
        outbox.demand()
        typed = self.input.cleaned_data["email"]
        keys = {"address": current_caller().ip, "email": comparable(typed)}
        limits.take(action="mail", keys=keys, now=utc_now())
        mailbox = mailbox_of(typed)
        if mailbox is None:
            ResetProcess.begin(request, user=None, email=typed)
        else:
            ResetProcess.begin(request, user=mailbox.user, email=mailbox.email)
        return AuthenticationResponse(request)


class ResetPasswordInput(forms.Form):
    """A code, and what shall be the password."""

    key = forms.CharField(max_length=200)
    password = forms.CharField(strip=False)

    def __init__(self, *args: Any, process: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._process = process

    def clean_key(self) -> str:
        """Compare with the code that was sent; nobody can know that of an account that is not there."""
        key: str = self.cleaned_data["key"]
        if not _is_code_of(self._process, key):
            raise get_adapter().validation_error("incorrect_code")
        return key

    @sensitive_variables()
    def clean_password(self) -> str:
        """Hold it against the rules; against those for this very user only once the code was right."""
        known = self._process.user if "key" in self.cleaned_data else None
        return check_new(self.cleaned_data["password"], known)


class ResetPasswordView(Strict, account.ResetPasswordView):
    """Set a new password, by the code of the flow that asked for it or by the key of a link, with or without a flow.

    It ends all sessions of the user and signs this client in.
    """

    input_class = ResetPasswordInput

    def handle(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Tell links from codes."""
        if request.method == "GET":
            key, data = request.headers.get("X-Password-Reset-Key", ""), None
        else:
            data = self._parse_json(request) or {}
            key = data.get("key", "")
        if is_link_key(key):
            return self._by_link(request, key, data)
        return super().handle(request, *args, **kwargs)

    def get_input_kwargs(self) -> dict[str, Any]:
        """The process whose code is asked for."""
        return {"process": self.process}

    def handle_input(self, data: Any) -> Any:
        """Count a guess before it is looked at.

        Raises:
            TooManyAttemptsError: over all flows of this account, or from this address, there were enough.
        """
        self.attempt = _counted(self.process)
        return super().handle_input(data)

    def handle_invalid_input(self, wrong: Any) -> HttpResponse:
        """Answer; a wrong code is one guess less."""
        if "key" in wrong.errors:
            record_wrong_code(self.process)
        return ErrorResponse(self.request, input=wrong)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Say whose code it is, so that a client can ask for a password next; a wrong one counts."""
        attempt = _counted(self.process)
        if not _is_code_of(self.process, request.headers.get("X-Password-Reset-Key", "")):
            record_wrong_code(self.process)
            error = get_adapter().validation_error("incorrect_code")
            return _errors(request, error, param="key")
        attempt.succeeded(now=utc_now())
        return PasswordResetKeyResponse(request, self.process.user)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Set it, and sign in."""
        email = self.process.state["email"]
        user = reset_by_code(request, self.process, self.input.cleaned_data["password"])
        self.process.abort()
        self.attempt.succeeded(now=utc_now())
        return _signed_in(request, user, email)

    @sensitive_variables()
    def _by_link(self, request: HttpRequest, key: str, data: dict[str, Any] | None) -> HttpResponse:
        now = utc_now()
        limits.take(action="link", keys={"address": current_caller().ip}, now=now)
        if data is None:
            return PasswordResetKeyResponse(request, user_of_link(key, now=now))
        typed = data.get("password")
        if not isinstance(typed, str) or not typed:
            error = ValidationError(forms.Field.default_error_messages["required"], code="required")
            return _errors(request, error, param="password")
        try:
            user, email = reset_by_link(request, key, typed, now=now)
        except ValidationError as error:
            return _errors(request, error, param="password")
        return _signed_in(request, user, email)


def _counted(process: PasswordResetVerificationProcess) -> attempts.Attempt:
    user = owner_of(process)
    return attempts.begin(
        account=account_of_code(Code.RESET, email=process.state["email"]),
        ip=current_caller().ip,
        now=utc_now(),
        action="code",
        user_id="" if user is None else user.pk,
    )


def _is_code_of(process: PasswordResetVerificationProcess, key: str) -> bool:
    return process.user is not None and compare_user_code(actual=key, expected=process.code)


def _signed_in(request: HttpRequest, user: Any, email: str) -> HttpResponse:
    response = perform_password_reset_login(request, user, email=email)
    return AuthenticationResponse.from_response(request, response)


def _errors(request: HttpRequest, error: ValidationError, *, param: str) -> HttpResponse:
    answer = ErrorResponse(request, exception=error)
    errors = [{"message": one.messages[0], "code": one.code or "invalid", "param": param} for one in error.error_list]
    return APIResponse(request, errors=errors, status=HTTPStatus(answer.status_code))


class ChangePasswordInput(forms.Form):
    """The password there is, and the one there shall be."""

    current_password = forms.CharField(required=False, strip=False)
    new_password = forms.CharField(strip=False)

    def __init__(self, *args: Any, user: Any, session_id: UUID | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._user, self._session_id = user, session_id
        self.fields["current_password"].required = user.has_usable_password()

    @sensitive_variables()
    def clean_current_password(self) -> str:
        """Count the guess, then look at it."""
        typed: str = self.cleaned_data["current_password"]
        if self._user.has_usable_password():
            try:
                confirm_password(self._user, typed, ip=current_caller().ip, session_id=self._session_id, now=utc_now())
            except RefusedError as error:
                if error.reason is not Reason.WRONG_PASSWORD:
                    raise
                raise ValidationError(error.refusal.detail, code=error.reason.value) from None
        return typed

    @sensitive_variables()
    def clean_new_password(self) -> str:
        """Hold it against the rules."""
        return check_new(self.cleaned_data["new_password"], self._user)


class ChangePasswordView(Strict, account.ChangePasswordView):
    """Replace the password by another; users without one set their first. Ends all sessions, this client has a new one.

    Who has a password shows it; who has none, or a second factor, must have proved just now who it is.
    """

    input_class = ChangePasswordInput

    def handle_input(self, data: Any) -> Any:
        """Ask users without password, and those with a second factor, for a recent proof before anything else.

        Raises:
            RefusedError: ``reauthentication_required``.
        """
        require_beside_password(self.request.user, session_id=_session_id(self.request), now=utc_now())
        return super().handle_input(data)

    def get_input_kwargs(self) -> dict[str, Any]:
        """Whose password, in which session."""
        return {"user": self.request.user, "session_id": _session_id(self.request)}

    @sensitive_variables()
    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Change it, tell the user, open a new session.

        Raises:
            RefusedError: ``wrong_password``: it was changed meanwhile.
        """
        shown: Any = request.user
        had_one = shown.has_usable_password()
        methods = _methods_of(request)
        with transaction.atomic(using=user_database()):
            user = locked_user(shown.pk)
            if user.password != shown.password:
                raise RefusedError(Reason.WRONG_PASSWORD, "changed while it was being changed")
            set_password(user, self.input.cleaned_data["new_password"])
            changed = signals.password_changed if had_one else signals.password_set
            changed.send(sender=type(user), request=request, user=user)
            notice = "account/email/password_changed" if had_one else "account/email/password_set"
            get_adapter().send_notification_mail(notice, user)
            open_session(request, user, amr=methods)
        return AuthenticationResponse(request)


def _session_id(request: Any) -> UUID | None:
    return getattr(request.auth, "sid", None)


def _methods_of(request: Any) -> str:
    """How the user signed in to the session that ends: the new one stands on the same proofs."""
    session_id = _session_id(request)
    if session_id is None:
        return "pwd"
    rows = Session.objects.filter(pk=session_id, user_id=request.user.pk)
    found = rows.values_list("amr", flat=True).first() or ""
    return " ".join(dict.fromkeys(["pwd", *found.split()]))


class _PlainAddress:
    """Takes no letter for another because their cases meet: Django's lower() makes an ASCII k of the Kelvin sign."""

    cleaned_data: dict[str, Any]
    data: dict[str, Any]

    def clean_email(self) -> Any:
        """Check the address as typed: what was cleaned has changed its case already."""
        self.cleaned_data["email"] = check_email(self.data["email"])
        return super().clean_email()  # type: ignore[misc]


class AddEmailInput(_PlainAddress, inputs.AddEmailInput):
    """The address that shall take the place of the one there is."""


class ChangeEmailInput(_PlainAddress, inputs.ChangeEmailInput):
    """The address that was meant at sign-up."""


class ResendInput(inputs.ResendEmailVerificationInput):
    """An address that waits to be confirmed."""

    def clean_email(self) -> Any:
        """Find it, also where it is the account's own and django-allauth has never seen it."""
        note_own_address(self.user, self.cleaned_data["email"])
        return super().clean_email()


class ManageEmailView(Strict, account.ManageEmailView):
    """The account's address: see it, change it, have the mail sent again, take it away."""

    for_actors_too: ClassVar[frozenset[str]] = frozenset({"GET"})
    input_class: ClassVar[dict[str, Any]] = {
        **account.ManageEmailView.input_class,
        "POST": AddEmailInput,
        "PUT": ResendInput,
    }

    def get_input_class(self) -> Any:
        """Of a sign-up that waits for its address to be verified, that address is changed."""
        return ChangeEmailInput if self.verification_stage_process else super().get_input_class()

    def handle_input(self, data: Any) -> Any:
        """Count what sends a mail before it is looked at.

        Raises:
            MailUnavailableError: no mail can be sent here.
            TooManyAttemptsError: enough was sent, to this mailbox or for this client.
        """
        if self.request.method in {"POST", "PUT"}:
            outbox.demand()
            typed = (data or {}).get("email")
            keys = {"address": current_caller().ip, "email": comparable(typed) if isinstance(typed, str) else None}
            limits.take(action="mail", keys=keys, now=utc_now())
        return super().handle_input(data)

    def put(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Have the mail of an address sent again. One that is confirmed has nothing left to confirm."""
        if self.input.cleaned_data["email"].verified:
            return RequestEmailVerificationResponse(request, verification_sent=False)
        return super().put(request, *args, **kwargs)

    def delete(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Take an address away; the link to one that waits is void from then on."""
        if self.input.cleaned_data["email"].pk is None:
            give_up_change(request.user.pk)
        return super().delete(request, *args, **kwargs)


OWN: dict[Any, Any] = {
    account.RequestPasswordResetView: RequestPasswordResetView,
    account.ResetPasswordView: ResetPasswordView,
    account.ChangePasswordView: ChangePasswordView,
    account.ManageEmailView: ManageEmailView,
}
"""Which of ours stands in the place of which of django-allauth's."""
