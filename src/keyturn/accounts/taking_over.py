"""What becomes of an account whose address nobody had confirmed, once whoever reads the mailbox comes.

Anybody can sign up with an address of somebody else, leave ways to get in, and wait for its owner to use the account.
"""

from typing import Any

from django.apps import apps
from django.http import HttpRequest

from keyturn.accounts.verification import needs_verification
from keyturn.mfa.enrolling import remove_factors
from keyturn.mfa.factors import rows_of

__all__ = ["take_over", "take_over_by_reset"]


def take_over(request: HttpRequest, user: Any) -> None:
    """Take away every way to sign in that was left in an account before any address of it was confirmed, and sessions.

    Of an account that has had a confirmed address, or that its user did not make, nothing is taken.

    Args:
        request: handed to django-allauth's signals.
        user: the locked row, of an account whose mailbox somebody has just shown to read.
    """
    if not needs_verification(user):
        return
    if apps.is_installed("allauth.mfa"):
        remove_factors(user=user, factors=list(rows_of(user.pk)))
    if apps.is_installed("allauth.socialaccount"):
        from keyturn.accounts.social.unlinking import forget_unproven  # noqa: PLC0415 - not every project has it

        forget_unproven(request, user)
    # Of who had none too: another one ends the sessions, and what somebody has begun and not finished.
    user.set_unusable_password()
    user.save(update_fields=["password"])


def take_over_by_reset(request: HttpRequest, user: Any) -> None:
    """The same where the password is set anew; and of an account whose address was confirmed by a link alone, the rest.

    Whoever confirms by a link may not be who signed up. The password they choose replaces the one that was left, and
    so a provider's account that was left goes, too.

    Args:
        request: handed to django-allauth's signals.
        user: the locked row.
    """
    take_over(request, user)
    if apps.is_installed("allauth.socialaccount"):
        from keyturn.accounts.social.unlinking import forget_left  # noqa: PLC0415 - not every project has it

        forget_left(request, user)
