"""The endpoints of passkeys: django-allauth's addresses and shapes, Keyturn's checks behind them.

Imported only where ``allauth.mfa`` is installed.
"""

from http import HTTPStatus
from typing import Any, ClassVar, Final

from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.models import Login
from allauth.headless.base.response import AuthenticationResponse
from allauth.headless.internal.restkit.response import APIResponse
from allauth.headless.mfa import response
from allauth.headless.mfa import views as mfa
from allauth.mfa import signals
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext

from keyturn.accounts import passkeys
from keyturn.accounts.factor_removal import remove_own_factors
from keyturn.accounts.factor_stages import wish_to_trust
from keyturn.accounts.step_up import require_recent_authentication
from keyturn.api.account_passkey_inputs import AddInput, CredentialInput, RemoveInput, RenameInput, SecondFactorInput
from keyturn.api.account_strict import Strict
from keyturn.api.factor_data import factor_data
from keyturn.clock import utc_now
from keyturn.mfa.enrolling import first_recovery_codes
from keyturn.mfa.passkey_rows import rows
from keyturn.mfa.passkeys import Passkey, Purpose, request_options
from keyturn.mfa.passkeys_added import creation_options, has_room, register, rename
from keyturn.mfa.telling import tell_of_addition
from keyturn.sessions.client import current_client
from keyturn.signin.users import locked_user, user_database
from keyturn.trail.events import Event
from keyturn.trail.recording import record

__all__ = ["OWN"]


class LoginView(Strict, mfa.LoginWebAuthnView):
    """Sign in with a passkey and nothing else, not even a name. Nothing is stored for a page that asks for options."""

    begins_anew = True
    # A sign-in page asks whenever it is shown: it must not end what another tab is in the middle of.
    keeps_out_of = frozenset({"GET"})
    signed_out_only = frozenset({"POST"})
    input_class: ClassVar[dict[str, Any]] = {"POST": CredentialInput}

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """What to hand to the browser."""
        return response.WebAuthnRequestOptionsResponse(request, request_options(purpose=Purpose.SIGN_IN, now=utc_now()))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Open a session, or name the next step.

        Raises:
            TooManyAttemptsError: not looked at.
            RefusedError: the passkey does not serve, or its user may not sign in.
        """
        credential = self.input.cleaned_data["credential"]
        passkey = passkeys.sign_in_alone(credential, ip=current_client().ip, now=utc_now())
        _note(request, passkey, passwordless=True)
        perform_login(request, Login(user=passkey.user, redirect_url=None))
        return AuthenticationResponse(request)


class AuthenticateView(Strict, mfa.AuthenticateWebAuthnView):
    """Go on with a sign-in by a passkey as the second factor."""

    input_class: ClassVar[dict[str, Any]] = {"POST": SecondFactorInput}

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """What to hand to the browser."""
        asked = request_options(purpose=Purpose.SECOND_FACTOR, user=self.stage.login.user, now=utc_now())
        return response.WebAuthnRequestOptionsResponse(request, asked)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Open a session, or name the next step.

        Raises:
            TooManyAttemptsError: not looked at.
            RefusedError: ``passkey_invalid``, ``passkey_copied``.
        """
        given = self.input.cleaned_data
        user = self.stage.login.user
        _note(request, passkeys.second_factor(user, given["credential"], ip=current_client().ip, now=utc_now()))
        if given["trust_device"]:
            wish_to_trust(request)
        found: HttpResponse = self.respond_next_stage()
        return found


class ReauthenticateView(Strict, mfa.ReauthenticateWebAuthnView):
    """Prove once more who one is, by a passkey."""

    input_class: ClassVar[dict[str, Any]] = {"POST": CredentialInput}

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """What to hand to the browser."""
        asked = request_options(purpose=Purpose.REAUTHENTICATE, user=request.user, now=utc_now())
        return response.WebAuthnRequestOptionsResponse(request, asked)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Let the session be as young as this proof.

        Raises:
            TooManyAttemptsError: not looked at.
            RefusedError: ``passkey_invalid``, ``passkey_copied``.
        """
        credential = self.input.cleaned_data["credential"]
        passkey = passkeys.prove_again(request.user, credential, ip=current_client().ip, now=utc_now())
        _note(request, passkey, reauthenticated=True)
        return AuthenticationResponse(request)


class ManageView(Strict, mfa.ManageWebAuthnView):
    """The user's own passkeys: make one, name it, take it away. Each after a recent proof of who asks."""

    input_class: ClassVar[dict[str, Any]] = {"POST": AddInput, "PUT": RenameInput, "DELETE": RemoveInput}

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """What to hand to the browser; with ``?passwordless`` for a passkey that signs in alone.

        Raises:
            RefusedError: ``reauthentication_required``, ``passkeys_unavailable``.
        """
        _check_recent(request)
        if not has_room(request.user):
            return _no_room(request)
        alone = request.GET.get("passwordless", "false").lower() not in {"false", "0"}
        asked = creation_options(user=request.user, signs_in_alone=alone, now=utc_now())
        return response.AddWebAuthnResponse(request, asked)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Keep one that was just made. Recovery codes come with the first factor, and are shown this once.

        Raises:
            RefusedError: ``reauthentication_required``, ``passkey_invalid``.
        """
        _check_recent(request)
        given, now = self.input.cleaned_data, utc_now()
        with transaction.atomic(using=user_database()):
            user = locked_user(request.user.pk)
            if not has_room(user):
                return _no_room(request)
            passkey = register(user=user, name=given["name"] or _name(user), credential=given["credential"], now=now)
            tell_of_addition(user, passkey.factor)
            codes = first_recovery_codes(user=user, now=now)
            # It was shown a moment ago: nobody is asked for it again to go on.
            _note(request, passkey, reauthenticated=True)
        meta = {"recovery_codes_generated": bool(codes), **({"recovery_codes": list(codes)} if codes else {})}
        return APIResponse(request, data=factor_data(passkey.factor), meta=meta)

    def put(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Call one something else.

        Raises:
            RefusedError: ``reauthentication_required``.
        """
        _check_recent(request)
        given = self.input.cleaned_data
        with transaction.atomic(using=user_database()):
            row = rename(user=locked_user(request.user.pk), factor_id=given["id"].pk, name=given["name"])
            if row is not None:
                record(Event.PASSKEY_RENAMED, user_id=request.user.pk)
        if row is None:
            return APIResponse(request, status=HTTPStatus.NOT_FOUND)
        return APIResponse(request, data=factor_data(row))

    def delete(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Take some away, all or none.

        Raises:
            RefusedError: ``reauthentication_required``; ``last_way_in``; ``factor_setup_required``: the user must have
                a second factor.
        """
        _check_recent(request)
        remove_own_factors(request.user.pk, ids={row.pk for row in self.input.cleaned_data["authenticators"]})
        return response.AuthenticatorsDeletedResponse(request)


def _check_recent(request: HttpRequest) -> None:
    session_id = getattr(request.auth, "sid", None)  # type: ignore[attr-defined]
    require_recent_authentication(request.user, session_id=session_id, now=utc_now())


def _note(request: HttpRequest, passkey: Passkey, **how: bool) -> None:
    """Remember in the flow, and tell who listens, what a passkey has shown."""
    told = {"id": passkey.factor_id, "type": passkey.factor.type, **how}
    told |= {"user_verified": passkey.user_verified, "backup_eligible": passkey.backup_eligible}
    record_authentication(request, passkey.user, "mfa", **told)
    signals.authenticator_used.send(
        sender=type(passkey.factor),
        request=request,
        user=passkey.user,
        authenticator=passkey.factor,
        reauthenticated=how.get("reauthenticated", False),
        passwordless=how.get("passwordless", False),
    )


def _name(user: Any) -> str:
    """What to call a passkey that its user gave no name."""
    return gettext("Passkey %(number)d") % {"number": rows().filter(user_id=user.pk).count() + 1}


def _no_room(request: HttpRequest) -> HttpResponse:
    errors = [{"message": gettext("You have as many passkeys as one may have."), "code": "too_many_passkeys"}]
    return APIResponse(request, errors=errors, status=HTTPStatus.CONFLICT)


OWN: Final[dict[Any, Any]] = {
    mfa.LoginWebAuthnView: LoginView,
    mfa.AuthenticateWebAuthnView: AuthenticateView,
    mfa.ReauthenticateWebAuthnView: ReauthenticateView,
    mfa.ManageWebAuthnView: ManageView,
}
"""Which of ours stands in the place of which of django-allauth's."""
