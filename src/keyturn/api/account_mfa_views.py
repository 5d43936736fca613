"""The endpoints of authenticator apps and recovery codes. Imported only where ``allauth.mfa`` is installed."""

import json
import time
from http import HTTPStatus
from typing import Any, Final

from allauth.account.internal.flows.reauthentication import raise_if_reauthentication_required
from allauth.account.stages import LoginStageController
from allauth.headless.base.response import AuthenticationResponse
from allauth.headless.base.views import AuthenticatedAPIView
from allauth.headless.internal.restkit import inputs
from allauth.headless.internal.restkit.response import APIResponse, ErrorResponse
from allauth.headless.mfa import views as mfa
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.internal.flows import post_authentication
from allauth.mfa.internal.flows import add
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from keyturn.accounts.factor_removal import remove_own_factors
from keyturn.accounts.factor_stages import SET_UP, wish_to_trust
from keyturn.api.account_flow_views import CountedCode
from keyturn.api.account_strict import Strict
from keyturn.api.factor_data import factor_data
from keyturn.clock import utc_now
from keyturn.errors import Reason, RefusedError
from keyturn.mfa import totp
from keyturn.mfa.enrolling import enrol_totp, new_recovery_codes
from keyturn.mfa.factors import RECOVERY_CODES, TOTP, is_enrolled, rows_of
from keyturn.mfa.forms import CodeForm, ReauthenticateCodeForm
from keyturn.mfa.provisioning import provisioning
from keyturn.signin.identifying import account_of
from keyturn.signin.users import locked_user, user_database

__all__ = ["OWN"]

_OFFERED: Final = "keyturn_totp_offered"
"""Where a flow keeps the secrets that it has shown for an app, the newest last, each with its time."""
_OFFERS: Final = 5
"""As many tabs may set up an app side by side."""
_OFFERED_FOR: Final = 3600
"""Seconds."""


class AuthenticateInput(CodeForm, inputs.Input):
    """A code, and whether the device is trusted from now on."""

    trust_device = inputs.BooleanField(required=False)


class AuthenticateView(CountedCode, Strict, mfa.AuthenticateView):
    """Go on with a sign-in by a code of a second factor."""

    input_class = AuthenticateInput
    input: Any

    def account_of_code(self) -> str | None:
        """Who is signing in."""
        user = self.stage.login.user
        return None if user is None else account_of(user)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Go on."""
        if self.input.cleaned_data["trust_device"]:
            wish_to_trust(request)
        return super().post(request, *args, **kwargs)


class ReauthenticateInput(ReauthenticateCodeForm, inputs.Input):
    """A code."""


class ReauthenticateView(CountedCode, Strict, mfa.ReauthenticateView):
    """Prove once more who one is, by a code of a second factor."""

    input_class = ReauthenticateInput
    input: Any

    def account_of_code(self) -> str | None:
        """Who is signed in."""
        return account_of(self.request.user)


class AuthenticatorsView(Strict, mfa.AuthenticatorsView):
    """The factors there are."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """List them, the oldest first."""
        return APIResponse(request, data=[factor_data(row) for row in rows_of(request.user.pk)])


class TOTPInput(inputs.Input):
    """What an app shows that was just set up."""

    code = inputs.CharField()


class _InSetUpToo(AuthenticatedAPIView):
    """Lets those in who are signed in, and those whose sign-in waits until they have set up a factor."""

    setting_up: Any = None

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Find who it is."""
        if request.user.is_authenticated or request.method not in {"GET", "POST"}:
            return super().dispatch(request, *args, **kwargs)
        self.setting_up = LoginStageController.enter(request, SET_UP)
        if self.setting_up is None:
            return super().dispatch(request, *args, **kwargs)
        # Past the question who is signed in.
        return super(AuthenticatedAPIView, self).dispatch(request, *args, **kwargs)


class ManageTOTPView(Strict, _InSetUpToo, mfa.ManageTOTPView):
    """The authenticator app; also of somebody who cannot sign in before there is one."""

    input_class = {"POST": TOTPInput}  # noqa: RUF012 - as django-allauth has it
    input: Any

    def get_input_kwargs(self) -> dict[str, Any]:
        """Nothing: the code is looked at later."""
        return {}

    @property
    def _user(self) -> Any:
        return self.request.user if self.setting_up is None else self.setting_up.login.user

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show the app; where there is none, what a new one needs. Each call makes a secret of its own."""
        factor = rows_of(self._user.pk).filter(type=TOTP).first()
        if factor is not None:
            return APIResponse(request, data=factor_data(factor))
        if refused := self._not_yet():
            return refused
        secret = totp.new_secret()
        request.session[_OFFERED] = [*_offered(request), [secret, time.time()]][-_OFFERS:]
        shown = provisioning(self._user, secret)
        meta = {"secret": shown.secret, "totp_url": shown.url, "totp_svg": shown.svg}
        return APIResponse(request, meta=meta, status=HTTPStatus.NOT_FOUND)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Add the app whose code this is; who must have one goes on signing in.

        Raises:
            RefusedError: ``factor_exists``; ``reauthentication_required``.
        """
        if self.setting_up is None:
            raise_if_reauthentication_required(request, app="allauth.mfa")
        if refused := self._not_yet():
            return refused
        try:
            # All of it or nothing: what refuses the sign-in takes the app back that was added for it.
            with transaction.atomic(using=user_database()):
                return self._added(request)
        except RefusedError as error:
            if error.reason is not Reason.WRONG_CODE:
                raise
        self.input.add_error("code", get_adapter().validation_error("incorrect_code"))
        return self.handle_invalid_input(self.input)

    def _added(self, request: HttpRequest) -> HttpResponse:
        user = locked_user(self._user.pk)
        if self.setting_up is not None and is_enrolled(user):
            # Set up meanwhile by somebody who was signed in: that one is asked for, in a sign-in of its own.
            raise RefusedError(Reason.FACTOR_EXISTS)
        secrets = [secret for secret, _ in _offered(request)]
        codes = enrol_totp(user=user, secrets=secrets, code=self.input.cleaned_data["code"], now=utc_now())
        request.session.pop(_OFFERED, None)
        factor = rows_of(user.pk).get(type=TOTP)
        # The code was shown: nobody is asked for the next one to go on, which the app has in half a minute only.
        post_authentication(request, factor, reauthenticated=self.setting_up is None)
        if self.setting_up is None:
            return APIResponse(request, data=factor_data(factor), meta={"recovery_codes": codes} if codes else None)
        self.setting_up.exit()
        return _with_data(AuthenticationResponse(request), recovery_codes=codes)

    def delete(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Remove it.

        Raises:
            RefusedError: see :func:`keyturn.accounts.factor_removal.remove_own_factors`; ``reauthentication_required``.
        """
        raise_if_reauthentication_required(request, app="allauth.mfa")
        ids = rows_of(request.user.pk).filter(type=TOTP).values_list("pk", flat=True)
        remove_own_factors(request.user.pk, ids=set(ids))
        return APIResponse(request)

    def _not_yet(self) -> HttpResponse | None:
        """The refusal where an address waits for its verification: it may be somebody else's account to be."""
        if self.setting_up is not None:
            return None
        try:
            add.validate_can_add_authenticator(self._user)
        except ValidationError as error:
            return ErrorResponse(self.request, status=HTTPStatus.CONFLICT, exception=error)
        return None


class ManageRecoveryCodesView(Strict, mfa.ManageRecoveryCodesView):
    """Recovery codes: how many are left, and new ones."""

    input_class = None
    input: Any

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Count them. The codes themselves nobody can see again."""
        factor = rows_of(request.user.pk).filter(type=RECOVERY_CODES).first()
        if factor is None:
            return APIResponse(request, status=HTTPStatus.NOT_FOUND)
        return APIResponse(request, data=factor_data(factor))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Make new ones in the place of those there are, and show them this once.

        Raises:
            RefusedError: ``reauthentication_required``.
        """
        raise_if_reauthentication_required(request, app="allauth.mfa")
        with transaction.atomic(using=user_database()):
            user = locked_user(request.user.pk)
            if not is_enrolled(user):
                wrong = get_adapter().validation_error("cannot_generate_recovery_codes")
                return ErrorResponse(request, exception=wrong)
            codes = new_recovery_codes(user=user, now=utc_now())
            data = factor_data(rows_of(user.pk).get(type=RECOVERY_CODES))
        return APIResponse(request, data={**data, "unused_codes": codes})


def _offered(request: HttpRequest) -> list[list[Any]]:
    """The secrets that this flow has shown, with the times at which it did."""
    since = time.time() - _OFFERED_FOR
    return [[secret, at] for secret, at in request.session.get(_OFFERED, ()) if at > since]


def _with_data(response: HttpResponse, **more: Any) -> HttpResponse:
    body = json.loads(response.content)
    body["data"] = {**body.get("data", {}), **more}
    response.content = json.dumps(body).encode()
    return response


OWN: Final[dict[Any, Any]] = {
    mfa.AuthenticateView: AuthenticateView,
    mfa.ReauthenticateView: ReauthenticateView,
    mfa.AuthenticatorsView: AuthenticatorsView,
    mfa.ManageTOTPView: ManageTOTPView,
    mfa.ManageRecoveryCodesView: ManageRecoveryCodesView,
}
"""Which of ours stands in the place of which of django-allauth's."""
