"""Taking a linked account away, unless nobody could sign in without it."""

from typing import Any

from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.models import SocialAccount
from allauth.socialaccount.signals import social_account_removed
from django.db import transaction
from django.http import HttpRequest

from keyturn.accounts.left_behind import is_unproven
from keyturn.accounts.social.providers import ConfiguredProvider, find
from keyturn.accounts.verification import needs_verification
from keyturn.accounts.ways_in import require_way_in
from keyturn.signin.users import locked_user, user_database

__all__ = ["forget_left", "forget_unproven", "remove_link", "unlink"]


def unlink(request: HttpRequest, user: Any, *, provider: str, subject: str) -> bool:
    """Take a linked account away. That the user has shown who they are is the caller's to know.

    Args:
        request: handed to django-allauth's signals.
        user: whose.
        provider: the id in the row, of a provider that may be configured no longer.
        subject: the provider's name for the account.

    Returns:
        False where the user has no such account.

    Raises:
        RefusedError: ``last_way_in``. Of two that are taken away at the same moment, one stays.
    """
    with transaction.atomic(using=user_database()):
        user = locked_user(user.pk)
        account = SocialAccount.objects.filter(user_id=user.pk, provider=provider, uid=subject).first()
        if account is None:
            return False
        require_way_in(user, without=(account,))
        remove_link(request, user, account)
    return True


def forget_unproven(request: HttpRequest, user: Any) -> None:
    """Take every link of an account away whose address is about to be verified for the first time, by its mailbox.

    Whoever signed up with somebody else's address at a provider would wait for its owner to come, and then sign in
    beside them.

    Args:
        request: handed to django-allauth's signals.
        user: the locked row.
    """
    if needs_verification(user):
        for account in SocialAccount.objects.filter(user_id=user.pk):
            remove_link(request, user, account)


def forget_left(request: HttpRequest, user: Any) -> None:
    """Take away what a sign-up left, where nobody has shown the mailbox together with it, and its password is reset.

    Args:
        request: handed to django-allauth's signals.
        user: the locked row.
    """
    for account in SocialAccount.objects.filter(user_id=user.pk):
        if is_unproven(account):
            remove_link(request, user, account)


def remove_link(request: HttpRequest, user: Any, account: SocialAccount) -> None:
    """Take a linked account away whatever is left, and tell its owner and the trail.

    Args:
        request: handed to django-allauth's signals.
        user: the locked row.
        account: of that user.
    """
    if not SocialAccount.objects.filter(pk=account.pk, user_id=user.pk).delete()[0]:
        return
    social_account_removed.send(sender=SocialAccount, request=request, socialaccount=account)
    named = ConfiguredProvider(request, provider_id=account.provider, settings=find(account.provider))
    context = {"account": account, "provider": named}
    get_adapter().send_notification_mail("socialaccount/email/account_disconnected", user, context=context)
