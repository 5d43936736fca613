"""The endpoints of second factors where they count guesses. Imported only where ``allauth.mfa`` is installed."""

from typing import Any, Final

from allauth.headless.mfa import views as mfa

from keyturn.api.account_flow_views import CountedCode
from keyturn.api.account_strict import Strict
from keyturn.signin.identifying import account_of

__all__ = ["OWN"]


class AuthenticateView(CountedCode, Strict, mfa.AuthenticateView):
    """Go on with a sign-in by a code of a second factor."""

    def account_of_code(self) -> str | None:
        """Who is signing in."""
        user = self.stage.login.user
        return None if user is None else account_of(user)


class ReauthenticateView(CountedCode, Strict, mfa.ReauthenticateView):
    """Prove once more who one is, by a code of a second factor."""

    def account_of_code(self) -> str | None:
        """Who is signed in."""
        return account_of(self.request.user)


OWN: Final[dict[Any, Any]] = {mfa.AuthenticateView: AuthenticateView, mfa.ReauthenticateView: ReauthenticateView}
"""Which of ours stands in the place of which of django-allauth's."""
