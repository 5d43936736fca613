"""Forms in which somebody shows a code of a second factor. Imported only where ``allauth.mfa`` is installed."""

from typing import Any

from allauth.mfa.base import forms as theirs
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext

from keyturn.clock import utc_now
from keyturn.defence import attempts
from keyturn.errors import TooManyAttemptsError
from keyturn.mfa.codes import accept_code
from keyturn.mfa.factors import WEBAUTHN, rows_of
from keyturn.signin.identifying import account_of
from keyturn.signin.users import user_database
from keyturn.trail.calling import current_caller

__all__ = ["AuthenticateForm", "CodeForm", "ReauthenticateCodeForm", "ReauthenticateForm"]


class _CountsOnce:
    """Goes before one of django-allauth's forms. Its validation uses the code up.

    Attributes:
        authenticator: the row whose code it was, once it was right.
    """

    user: Any
    authenticator: Any
    cleaned_data: dict[str, Any]

    def clean_code(self) -> str:
        """Look at it.

        Raises:
            ValidationError: it is wrong, or was used.
            FactorSecretError: that cannot be told.
        """
        code: str = self.cleaned_data["code"]
        rows = rows_of(self.user.pk)
        with transaction.atomic(using=user_database()):
            kind = accept_code(user=self.user, code=code, now=utc_now())
        if kind is not None:
            self.authenticator = rows.get(type=kind)
            self.authenticator.user = self.user
            return code
        # The app, where there is one.
        factor = rows.exclude(type=WEBAUTHN).order_by("-type").first()
        if factor is not None:
            self._emit_authentication_failed(factor)  # type: ignore[attr-defined] # of the form behind this
        raise ValidationError(gettext("The code is wrong, or has been used."), code="incorrect_code")


class CodeForm(_CountsOnce, theirs.AuthenticateForm):
    """Of somebody who is signing in. Whoever made it has counted the guess."""


class ReauthenticateCodeForm(_CountsOnce, theirs.ReauthenticateForm):
    """Of somebody who is signed in. Whoever made it has counted the guess."""


class _Counted:
    """Goes before a form on a page of django-allauth's, behind which nobody else counts."""

    user: Any

    def clean_code(self) -> str:
        """Count, look, and give the attempt back where the code was right.

        Raises:
            ValidationError: as :class:`_CountsOnce`; nothing was looked at, for there were too many.
        """
        now = utc_now()
        try:
            attempt = attempts.begin(
                account=account_of(self.user), ip=current_caller().ip, now=now, action="code", user_id=self.user.pk
            )
        except TooManyAttemptsError as error:
            raise ValidationError(error.message, code="too_many_attempts") from None
        code: str = super().clean_code()  # type: ignore[misc]
        attempt.succeeded(now=now)
        return code


class AuthenticateForm(_Counted, CodeForm):
    """``MFA_FORMS["authenticate"]``."""


class ReauthenticateForm(_Counted, ReauthenticateCodeForm):
    """``MFA_FORMS["reauthenticate"]``."""
