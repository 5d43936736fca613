"""What stands between a proof of identity and a session, beyond django-allauth's own stages."""

from typing import Any, Final

from allauth.account.app_settings import EmailVerificationMethod
from allauth.account.internal.flows.email_verification import send_verification_email_at_login
from allauth.account.internal.stagekit import LOGIN_SESSION_KEY
from allauth.account.internal.userkit import user_email
from allauth.account.models import Login
from allauth.account.stages import EmailVerificationStage as _EmailVerificationStage
from allauth.account.stages import LoginStage
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpResponse

from keyturn.accounts.methods import RECORD_KEYS
from keyturn.accounts.signups import count_mail
from keyturn.accounts.verification import needs_verification
from keyturn.clock import utc_now
from keyturn.errors import Reason, RefusedError
from keyturn.mfa.factors import is_enrolled
from keyturn.sessions.fingerprint import password_fingerprint
from keyturn.signin import must_have_factor

__all__ = ["EmailVerificationStage", "EndStage", "has_lost_its_user", "is_over", "remember_password"]

_FINGERPRINT: Final = "keyturn_password"
_WISH: Final = "keyturn_trust_device"
_LEFT_OVER: Final = frozenset({_FINGERPRINT, _WISH, *RECORD_KEYS})
"""What a login that has ended leaves in its flow; the pretended sign-up with a taken address leaves nothing."""


class EmailVerificationStage(_EmailVerificationStage):
    """Asks those who signed up themselves for a verified address, until they have had one. Nobody else is asked."""

    def handle(self) -> tuple[Any, bool]:
        """Send a code and a link and wait for one of them, or go on.

        The pretended sign-up of somebody who has an account waits in the same way.
        """
        login = self.login
        must = login.email_verification == EmailVerificationMethod.MANDATORY or self._before_a_factor()
        may = must or (login.signup and login.email_verification == EmailVerificationMethod.OPTIONAL)
        if not may or (login.user is not None and not needs_verification(login.user)):
            return None, True
        if not login.signup:
            count_mail(login.email or user_email(login.user) or "", now=utc_now())
        send_verification_email_at_login(self.request, login)
        # django-allauth looks only at whether there is an answer.
        return (HttpResponse() if must else None), True

    def _before_a_factor(self) -> bool:
        """Whether a factor has to be set up next, which nobody may for an address that may be somebody else's."""
        user, method = self.login.user, self.login.email_verification
        if user is None or method == EmailVerificationMethod.NONE or not must_have_factor(user):
            return False
        return not is_enrolled(user)


class EndStage(LoginStage):
    """Lets nobody in whose password was changed since the login began (DESIGN P7). Last of all."""

    key = "keyturn_end"

    def handle(self) -> tuple[Any, bool]:
        """Compare.

        Raises:
            RefusedError: ``password_changed``.
        """
        user = self.login.user
        if user is None or self.request.session.get(_FINGERPRINT) != password_fingerprint(user.password):
            raise RefusedError(Reason.PASSWORD_CHANGED, "while signing in")
        return None, True


def remember_password(flow: SessionBase, user: Any) -> None:
    """Note under which password a login begins; :class:`EndStage` compares."""
    flow[_FINGERPRINT] = password_fingerprint(user.password)


def has_lost_its_user(flow: SessionBase) -> bool:
    """Whether a flow is of a login whose user was deleted meanwhile: nothing of it can be gone on with."""
    begun = flow.get(LOGIN_SESSION_KEY)
    if not isinstance(begun, dict) or begun.get("user_pk") is None:
        return False
    return Login.deserialize(begun).user is None


def is_over(flow: SessionBase) -> bool:
    """Whether nothing is left in a flow that could be gone on with. Asked of flows without a session."""
    return all(key in _LEFT_OVER for key, value in flow.items() if value is not None)
