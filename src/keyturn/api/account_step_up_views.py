"""The endpoints at which somebody who is signed in proves once more who they are (RFC 9470): password and mailed code.

Those of second factors lie beside the other endpoints of factors. Whoever answers one of them rightly is given an
access token that says so, by :mod:`keyturn.api.account_answers`.
"""

from http import HTTPStatus
from typing import Any
from uuid import UUID

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import record_authentication
from allauth.headless.account import views as account
from allauth.headless.base import views as base
from allauth.headless.base.response import AuthenticationResponse
from allauth.headless.internal.restkit.response import APIResponse
from django import forms
from django.http import HttpRequest, HttpResponse

from keyturn.accounts.mail_proofs import accept_mailed, is_code_awaited, mail_code
from keyturn.accounts.step_up import check_offered, methods_for
from keyturn.api.account_flow_views import CountedCode
from keyturn.api.account_strict import Strict
from keyturn.clock import utc_now
from keyturn.sessions.assurance import TWO_FACTORS, Method
from keyturn.sessions.stepping_up import standing_of
from keyturn.signin.identifying import account_of
from keyturn.trail.events import Event
from keyturn.trail.recording import record

__all__ = ["MORE", "OWN", "CodeReauthenticateView", "ReauthenticateView"]


class ReauthenticateView(Strict, account.ReauthenticateView):
    """Prove by the password once more who one is, before something that cannot be undone; or ask by what one could."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """By what: for a client that another service has asked for a proof, and that cannot tell."""
        session_id = _session_id(request)
        standing = None if session_id is None else standing_of(session_id, user_pk=request.user.pk)
        acr = TWO_FACTORS if TWO_FACTORS in request.GET.get("acr_values", "").split() else None
        return APIResponse(request, data={"methods": list(methods_for(request.user, standing=standing, acr=acr))})

    def handle_input(self, data: Any) -> Any:
        """Look at no password that would make less of the session.

        Raises:
            RefusedError: ``reauthentication_required``: the user has none, or signed in with more than that.
        """
        check_offered(self.request.user, session_id=_session_id(self.request), method=Method.PASSWORD)
        return super().handle_input(data)


class CodeInput(forms.Form):
    """The code that was sent."""

    code = forms.CharField(max_length=64)

    def __init__(self, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._request = request

    def clean_code(self) -> str:
        """Compare it."""
        typed: str = self.cleaned_data["code"]
        if not accept_mailed(self._request, typed):
            raise get_adapter().validation_error("incorrect_code")
        return typed


class CodeReauthenticateView(CountedCode, Strict, base.AuthenticatedAPIView):
    """Prove it by a mailed code: called without a code it sends one. For those who have neither password nor factor."""

    def get_input_class(self) -> Any:
        """Nothing is asked for before a code was sent."""
        return CodeInput if self.is_guess else None

    def get_input_kwargs(self) -> dict[str, Any]:
        """Whose flow has the code."""
        return {"request": self.request}

    def handle_input(self, data: Any) -> Any:
        """Count a guess before it is looked at.

        Raises:
            RefusedError: ``reauthentication_required``: the user has something else to show.
            TooManyAttemptsError: over all codes of this account, or from this address, there were enough.
        """
        check_offered(self.request.user, session_id=_session_id(self.request), method=Method.MAIL_CODE)
        self.is_guess = (data or {}).get("code") is not None
        if self.is_guess and not is_code_awaited(self.request, self.request.user, now=utc_now()):
            return APIResponse(self.request, status=HTTPStatus.CONFLICT)
        return super().handle_input(data)

    def account_of_code(self) -> str | None:
        """Who is signed in."""
        return account_of(self.request.user) if self.is_guess else None

    def handle_invalid_input(self, wrong: Any) -> HttpResponse:
        """Write a wrong code into the trail."""
        if self.is_guess:
            user: Any = self.request.user
            record(Event.REAUTHENTICATION_FAILED, user_id=user.pk, reason=Method.MAIL_CODE.value)
        answer: HttpResponse = super().handle_invalid_input(wrong)
        return answer

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Send a code, or take the one that was right."""
        if not self.is_guess:
            mail_code(request, request.user, now=utc_now())
            return APIResponse(request)
        record_authentication(request, request.user, method="code", reauthenticated=True)
        return AuthenticationResponse(request)


def _session_id(request: Any) -> UUID | None:
    return getattr(request.auth, "sid", None)


OWN: dict[Any, Any] = {account.ReauthenticateView: ReauthenticateView}
"""Which of ours stands in the place of which of django-allauth's."""

MORE: dict[str, Any] = {"auth/code/reauthenticate": CodeReauthenticateView}
"""Endpoints that django-allauth has not, by their paths."""
