"""Choose a new password by mail: with a code, in the flow that asked for it, or with a link, from anywhere."""

import logging
from datetime import datetime
from typing import Any, Final

from allauth.account import app_settings, signals
from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.password_reset_by_code import PasswordResetVerificationProcess
from allauth.account.models import EmailAddress
from django.contrib.auth import get_user_model
from django.db import transaction
from django.http import HttpRequest
from django.views.decorators.debug import sensitive_variables

from keyturn.accounts.emails import comparable
from keyturn.accounts.link_keys import LinkKey, LinkKind, holds, is_used, read_key, state_of, use_up, write_key
from keyturn.accounts.links import link_to
from keyturn.accounts.passwords import set_password
from keyturn.accounts.profile import email_field
from keyturn.accounts.taking_over import take_over_by_reset
from keyturn.clock import utc_now
from keyturn.defence.passwords import check_new
from keyturn.errors import Reason, RefusedError
from keyturn.sessions.policy import Policy
from keyturn.signin.users import locked_user, user_database
from keyturn.trail.events import Event
from keyturn.trail.recording import record

__all__ = [
    "ResetProcess",
    "note_mailbox",
    "owner_of",
    "record_wrong_code",
    "reset_by_code",
    "reset_by_link",
    "user_of_link",
]

logger = logging.getLogger("keyturn.accounts")

_KIND: Final = LinkKind.RESET_PASSWORD
_STATE: Final = "keyturn_state"


class ResetProcess(PasswordResetVerificationProcess):
    """django-allauth's process, whose mail carries a link beside the code, and whose code dies with the link."""

    @classmethod
    def begin(cls, request: HttpRequest, *, user: Any, email: str) -> "ResetProcess":
        """Send the mail, and remember the code.

        Args:
            request: whose flow it is.
            user: whose password; None: nobody has this address, which a mail to it says.
            email: the stored address of the user, or else what was typed.
        """
        process = cls(request, state=cls.initial_state(user, email), user=user)
        process.send()
        process.persist()
        return process

    def send(self) -> None:
        """Make a code, and send it with a link; nobody can know the code of an account that is not there."""
        self.state["code"] = get_adapter().generate_password_reset_code()
        email = self.state["email"]
        user: Any = self.user
        now = utc_now()
        record(Event.PASSWORD_RESET_REQUESTED, user_id="" if user is None else user.pk, at=now)
        # Made for nobody too, or the time would tell whether there is an account.
        about = get_user_model()() if user is None else user
        self.state[_STATE] = state_of(_KIND, about)
        link = link_to(_KIND.value, key=write_key(_KIND, user=about, email=email, now=now))
        if user is None:
            if app_settings.EMAIL_UNKNOWN_ACCOUNTS:
                get_adapter().send_mail("account/email/unknown_account", email, {"sign_in_url": link_to("sign_in")})
            return
        context = {"request": self.request, "code": self.code, "link": link}
        get_adapter().send_mail("account/email/password_reset_code", email, context)


def owner_of(process: PasswordResetVerificationProcess) -> Any:
    """The user whose password a flow is about; None where the address was nobody's. One statement either way."""
    if process.state.get("user_id"):
        return process.user
    model: Any = get_user_model()
    # Looks for somebody whose name this is, and forgets the answer: the time shall be that of a user who is read.
    model._base_manager.using(user_database()).filter(**{model.USERNAME_FIELD: process.state["email"]}).first()
    return None


def record_wrong_code(process: PasswordResetVerificationProcess) -> None:
    """Count a wrong code against the flow, and write it into the trail whether there is an account or not."""
    goes_on = process.record_invalid_attempt()
    if not process.state.get("user_id"):
        record(Event.CODE_REJECTED, reason="password_reset", details={"last_attempt": not goes_on})


@sensitive_variables("password")
def reset_by_code(request: HttpRequest, process: PasswordResetVerificationProcess, password: str) -> Any:
    """Set the password of the user whose code was right just now.

    Args:
        request: whose flow it is.
        process: of the flow.
        password: as :func:`keyturn.defence.passwords.check_new` returned it.

    Returns:
        The user, with the new password.

    Raises:
        RefusedError: ``link_outdated``: password or address have changed since the code was sent.
    """
    user_pk = getattr(process.user, "pk", None)
    with transaction.atomic(using=user_database()):
        user = locked_user(user_pk)
        if not holds(_KIND, str(process.state.get(_STATE, "")), user=user) or not Policy.current().admits(user):
            process.abort()
            raise RefusedError(Reason.LINK_OUTDATED)
        _reset(request, user, password, email=process.state["email"])
    return user


def user_of_link(key: str, *, now: datetime) -> Any:
    """Find whose password a link resets, without using it up.

    Raises:
        RefusedError: ``link_invalid``, ``link_expired``, ``link_used`` or ``link_outdated``.
    """
    said = read_key(_KIND, key, now=now)
    if is_used(_KIND, key):
        raise RefusedError(Reason.LINK_USED)
    user = get_user_model()._base_manager.using(user_database()).filter(pk=said.user_pk).first()
    return _checked(said, user)


@sensitive_variables("password")
def reset_by_link(request: HttpRequest, key: str, password: str, *, now: datetime) -> tuple[Any, str]:
    """Set the password of the user to whom a link was sent. Of uses at the same moment one succeeds.

    Args:
        request: handed to django-allauth's signals.
        key: as presented.
        password: as typed.
        now: aware.

    Returns:
        The user with the new password, and the address that the link was sent to.

    Raises:
        RefusedError: as :func:`user_of_link`.
        ValidationError: the password is none that anybody should have; the link remains good.
    """
    said = read_key(_KIND, key, now=now)
    with transaction.atomic(using=user_database()):
        try:
            user = locked_user(said.user_pk)
        except RefusedError:
            user = None
        use_up(_KIND, key, now=now)
        user = _checked(said, user)
        _reset(request, user, check_new(password, user), email=said.email)
    return user, said.email


def _checked(said: LinkKey, user: Any) -> Any:
    if user is None:
        raise RefusedError(Reason.LINK_INVALID, "the user is gone")
    if not holds(_KIND, said.state, user=user) or not Policy.current().admits(user):
        raise RefusedError(Reason.LINK_OUTDATED)
    return user


@sensitive_variables("password")
def _reset(request: HttpRequest, user: Any, password: str, *, email: str) -> None:
    take_over_by_reset(request, user)
    set_password(user, password)
    note_mailbox(request, user, email)
    signals.password_reset.send(sender=type(user), request=request, user=user)
    get_adapter().send_notification_mail("account/email/password_reset", user)


def note_mailbox(request: HttpRequest, user: Any, email: str) -> None:
    """Whoever could reset the password reads the mailbox: its address is verified by that."""
    address = EmailAddress.objects.filter(user_id=user.pk, email__iexact=email).first()
    name = email_field()
    if address is None and name is not None and comparable(str(getattr(user, name))) == comparable(email):
        has_primary = EmailAddress.objects.filter(user_id=user.pk, primary=True).exists()
        address = EmailAddress.objects.create(user=user, email=email.lower(), primary=not has_primary)
    if address is None or address.verified:
        return
    address.user = user
    try:
        with transaction.atomic(using=user_database()):
            get_adapter().confirm_email(request, address)
    except RefusedError:
        logger.info("an address was proved by a reset and stays unverified: another account has verified it")
