"""From what a provider said to a session: the known are signed in, the others signed up; and accounts are linked."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.models import EmailAddress, Login
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.models import SocialAccount
from allauth.socialaccount.signals import social_account_added
from django.db import IntegrityError, router, transaction
from django.http import HttpRequest, HttpResponse

from keyturn.accounts.issuers import ISSUER, check_issuer, issuer_of
from keyturn.accounts.left_behind import UNPROVEN, is_unproven
from keyturn.accounts.social.identity import Identity
from keyturn.accounts.social.providers import ConfiguredProvider, find
from keyturn.clock import stored, utc_now
from keyturn.errors import Reason, RefusedError
from keyturn.sessions.policy import Policy
from keyturn.signin import identity_of
from keyturn.signin.users import locked_user, user_database
from keyturn.trail.events import Event
from keyturn.trail.recording import record

__all__ = ["known_account", "link", "sign_in"]


def known_account(identity: Identity) -> SocialAccount | None:
    """The row of an account at a provider; None: nobody here has it."""
    rows = _accounts().filter(provider=identity.provider, uid=identity.subject)
    found: SocialAccount | None = rows.select_related("user").first()
    return found


def _accounts() -> Any:
    return SocialAccount._base_manager.using(router.db_for_write(SocialAccount))


def sign_in(request: HttpRequest, account: SocialAccount, identity: Identity) -> HttpResponse:
    """Sign in whom an account belongs to: the same steps follow as after a password.

    Args:
        request: of a view behind :mod:`keyturn.api.account_views`.
        account: with its user.
        identity: as the provider says now.

    Raises:
        RefusedError: ``provider_refused``: another issuer named the account that is linked; ``bad_credentials``: the
            user may not sign in, or the account is linked no more; ``password_reset_required``; or what the steps
            refuse by.
    """
    user = account.user
    with _refusal_recorded(user, identity):
        check_issuer(account, identity.issuer)
    reason = _why_not(user)
    if reason is not None:
        record(Event.LOGIN_FAILED, user_id=user.pk, reason=reason.value, details={"provider": account.provider})
        raise RefusedError(reason)
    # By the key of the row: it waits for whoever unlinks it at this moment, and does not come back.
    with transaction.atomic(using=user_database()):
        locked_user(user.pk)
        same = _accounts().filter(pk=account.pk, user_id=user.pk)
        account = same.first()
        if account is None or not same.update(extra_data=_kept(account, identity), last_login=stored(utc_now())):
            raise RefusedError(Reason.BAD_CREDENTIALS, "unlinked at the same moment")
    record_authentication(request, user, "socialaccount", provider=account.provider, uid=account.uid)
    return perform_login(request, Login(user=user))


@contextmanager
def _refusal_recorded(user: Any, identity: Identity) -> Iterator[None]:
    """Tell the trail, outside of the transaction that is given up, that the provider did not confirm who it is."""
    try:
        yield
    except RefusedError as error:
        if error.reason is Reason.PROVIDER_REFUSED:
            details = {"provider": identity.provider}
            record(Event.PROVIDER_REFUSED, user_id=user.pk, reason=error.reason.value, details=details)
        raise


def _kept(account: SocialAccount, identity: Identity) -> dict[str, Any]:
    """What stands in the row from now on: what the provider says today, and what it does not say as it was."""
    known = issuer_of(account)
    kept = ({ISSUER: known} if known else {}) | identity.kept()
    return kept | ({UNPROVEN: account.extra_data[UNPROVEN]} if is_unproven(account) else {})


def _why_not(user: Any) -> Reason | None:
    """What keeps a user out, however they show who they are."""
    if not Policy.current().admits(user):
        return Reason.BAD_CREDENTIALS
    return Reason.PASSWORD_RESET_REQUIRED if identity_of(user).reset_required else None


def link(request: HttpRequest, user: Any, identity: Identity) -> None:
    """Let a user sign in by one more account at a provider. That they have shown who they are is the caller's to know.

    Args:
        request: handed to django-allauth's signals.
        user: who is signed in.
        identity: as the provider says.

    Raises:
        RefusedError: ``provider_email_unverified``; ``provider_account_taken``: it is somebody else's;
            ``provider_refused``: it is linked under another issuer.
        ValidationError: ``no_verified_email``: the user has no verified address here.
    """
    if not identity.email_verified:
        raise RefusedError(Reason.PROVIDER_EMAIL_UNVERIFIED)
    adapter = get_adapter()
    try:
        with _refusal_recorded(user, identity), transaction.atomic(using=user_database()):
            user = locked_user(user.pk)
            if not EmailAddress.objects.filter(user_id=user.pk, verified=True).exists():
                raise adapter.validation_error("no_verified_email")
            account = known_account(identity)
            if account is not None:
                check_issuer(account, identity.issuer)
                if account.user_id != user.pk:
                    raise RefusedError(Reason.PROVIDER_ACCOUNT_TAKEN)
                _accounts().filter(pk=account.pk).update(extra_data=_kept(account, identity))
                return
            account = SocialAccount.objects.create(
                user=user, provider=identity.provider, uid=identity.subject, extra_data=identity.kept()
            )
    except IntegrityError:
        # Somebody else linked it at the same moment.
        raise RefusedError(Reason.PROVIDER_ACCOUNT_TAKEN, "at the same moment") from None
    provider = ConfiguredProvider(request, provider_id=identity.provider, settings=find(identity.provider))
    social_account_added.send(sender=SocialAccount, request=request, sociallogin=_Added(user, account))
    context = {"account": account, "provider": provider}
    adapter.send_notification_mail("socialaccount/email/account_connected", user, context=context)


class _Added:
    """What receivers of django-allauth's signal read."""

    def __init__(self, user: Any, account: SocialAccount) -> None:
        self.user = user
        self.account = account
