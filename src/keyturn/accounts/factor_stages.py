"""The second factor, between a proof of identity and a session at ``/auth/``. Only where there is ``allauth.mfa``."""

from typing import Any, Final

from allauth.account.stages import LoginStage
from allauth.core.internal.httpkit import is_headless_request
from allauth.mfa.stages import AuthenticateStage as _AuthenticateStage
from allauth.mfa.webauthn.internal.flows import did_use_passwordless_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse

from keyturn.clock import utc_now
from keyturn.errors import REFUSALS, Reason
from keyturn.mfa import trusted
from keyturn.mfa.factors import is_enrolled
from keyturn.sessions.client import current_client
from keyturn.signin import must_have_factor
from keyturn.trail.events import Event
from keyturn.trail.recording import record

__all__ = ["SET_UP", "WISH", "AuthenticateStage", "SetUpStage", "trust_if_wished", "wish_to_trust"]

SET_UP: Final = "mfa_setup"
"""What the flow of somebody who must have a second factor, and has none, is called."""

WISH: Final = "keyturn_trust_device"
"""Where a flow keeps that the device shall be trusted once the session is open."""


class AuthenticateStage(_AuthenticateStage):
    """Asks for the second factor, unless the device is trusted.

    django-allauth's own trust is a signed cookie that can be copied and not be taken back. Only its HTML pages, where a
    project has those, go by it (``MFA_TRUST_ENABLED``).
    """

    def _should_handle(self, request: HttpRequest) -> bool:
        if not is_headless_request(request):
            return bool(super()._should_handle(request))
        user = self.login.user
        return user is not None and is_enrolled(user) and not did_use_passwordless_login(request, user)

    def handle(self) -> tuple[Any, bool]:
        """Ask, or go on."""
        response, goes_on = super().handle()
        if response is not None and trusted.lets_off(self.login.user, client=current_client(), now=utc_now()):
            response = None
        if response is not None:
            record(Event.FACTOR_ASKED, user_id=self.login.user.pk, reason=Reason.MFA_REQUIRED.value)
        return response, bool(goes_on)


class SetUpStage(LoginStage):
    """Has those set up a second factor who must have one (``FACTOR_REQUIRED_OF``) and have none."""

    key = SET_UP

    def handle(self) -> tuple[Any, bool]:
        """Wait, or go on.

        Raises:
            PermissionDenied: on a project's own pages of django-allauth's, which cannot wait for it.
        """
        user = self.login.user
        if user is None or not must_have_factor(user) or is_enrolled(user):
            return None, True
        if not is_headless_request(self.request):
            raise PermissionDenied(REFUSALS[Reason.FACTOR_SETUP_REQUIRED].detail)
        record(Event.FACTOR_ASKED, user_id=user.pk, reason=Reason.FACTOR_SETUP_REQUIRED.value)
        # django-allauth looks only at whether there is an answer.
        return HttpResponse(), True


def wish_to_trust(request: HttpRequest) -> None:
    """Remember, now that a second factor was right, that its user trusts the device."""
    request.session[WISH] = True


def trust_if_wished(request: HttpRequest, user: Any) -> None:
    """Trust the device of a sign-in whose session has just been opened, where its user wished for it."""
    if request.session.get(WISH):
        trusted.trust(user=user, client=current_client(), now=utc_now())
