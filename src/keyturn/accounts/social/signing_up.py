"""A new account for somebody whom a provider has named: by Keyturn's own rules of names, addresses and counts."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from allauth.account import app_settings
from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import record_authentication
from allauth.account.internal.flows.signup import complete_signup, prevent_enumeration
from allauth.account.internal.userkit import user_email, user_username
from allauth.account.models import EmailAddress
from allauth.account.utils import user_field
from allauth.socialaccount import app_settings as social_settings
from allauth.socialaccount.adapter import get_adapter as get_social_adapter
from allauth.socialaccount.models import SocialAccount, SocialLogin
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse

from keyturn.accounts.left_behind import UNPROVEN
from keyturn.accounts.signups import AddressTakenError, count_sign_up, pretend_signed_up, store_signed_up
from keyturn.accounts.social.entering import known_account, sign_in
from keyturn.accounts.social.identity import Identity
from keyturn.accounts.verification import note_verified
from keyturn.defence import limits
from keyturn.errors import Reason, RefusedError
from keyturn.locking import hold
from keyturn.signin.users import user_database
from keyturn.trail.calling import current_caller

__all__ = ["identity_set_aside", "needs_more", "set_aside", "sign_up", "social_login"]

_PENDING: Final = "socialaccount_sociallogin"
"""Where in a flow django-allauth looks for a sign-up that waits for its form."""
_IDENTITY: Final = "keyturn_identity"
_ATTEMPTS: Final = 3


def needs_more(identity: Identity) -> bool:
    """Whether a sign-up has to ask for something that the provider did not say."""
    fields = app_settings.SIGNUP_FIELDS
    required = {name for name, about in fields.items() if about["required"]}
    if not social_settings.AUTO_SIGNUP or app_settings.SIGNUP_FORM_CLASS:
        return True
    has_no_address = "email" in fields and not identity.email
    return has_no_address or bool(required - {"email", "email2", "password1", "password2"})


def social_login(request: HttpRequest, identity: Identity) -> SocialLogin:
    """A sign-up in the form in which django-allauth's hooks know it."""
    user: Any = _new_user(request, identity, email=identity.email, username="")
    login = SocialLogin(
        user=user,
        account=SocialAccount(provider=identity.provider, uid=identity.subject, extra_data=identity.kept()),
        email_addresses=[EmailAddress(email=identity.email, verified=identity.email_verified, primary=True)]
        if identity.email
        else [],
        provider=get_social_adapter().get_provider(request, identity.provider),
    )
    login.state[_IDENTITY] = identity.written()
    return login


def set_aside(request: HttpRequest, identity: Identity) -> None:
    """Let a sign-up wait in its flow until the rest is known."""
    request.session[_PENDING] = social_login(request, identity).serialize()


def identity_set_aside(login: SocialLogin) -> Identity | None:
    """Whose sign-up waits; None: one that is not of ours."""
    written = login.state.get(_IDENTITY)
    return None if written is None else Identity.read(written)


def sign_up(request: HttpRequest, identity: Identity, *, now: datetime, form: Any = None) -> HttpResponse:
    """Make an account, link it, and go on as after any sign-up.

    An address that the provider vouches for is taken as verified; any other gets a mail with a code, and whether it has
    an account already is told to nobody.

    Args:
        request: of a view behind :mod:`keyturn.api.account_views`.
        identity: as the provider says; nobody here has it.
        now: aware.
        form: django-allauth's, valid, where something was asked for.

    Returns:
        django-allauth's answer: what follows.

    Raises:
        RefusedError: ``email_taken``: the verified address has an account, which is never linked by that alone.
        TooManyAttemptsError: nothing was done.
        ValidationError: the user name was taken at the same moment.
    """
    # One person in many tabs signs up in one of them, and in in the others.
    hold("provider account", f"{identity.provider} {identity.subject}", alias=user_database())
    account = known_account(identity)
    if account is not None:
        return sign_in(request, account, identity)
    asked = form.cleaned_data if form is not None else {}
    email = asked.get("email") or identity.email
    is_verified = identity.email_verified and email.lower() == identity.email.lower()
    if email and not is_verified:
        count_sign_up(email, now=now)
    else:
        limits.take(action="sign_up", keys={"address": current_caller().ip, "email": email}, now=now)
    request.session.pop(_PENDING, None)
    try:
        user = _stored(request, identity, email, asked, form, is_verified=is_verified, now=now)
    except AddressTakenError:
        if is_verified:
            # The provider says that it is their own address, so nothing is given away.
            raise RefusedError(Reason.EMAIL_TAKEN, "sign in first, then link") from None
        pretend_signed_up(_new_user(request, identity, email=email, username=asked.get("username", "")), email)
        return prevent_enumeration(request, email=email)
    record_authentication(request, user, "socialaccount", provider=identity.provider, uid=identity.subject)
    return complete_signup(request, user=user)


def _stored(
    request: HttpRequest,
    identity: Identity,
    email: str,
    asked: dict[str, Any],
    form: Any,
    *,
    is_verified: bool,
    now: datetime,
) -> Any:
    """User, address and link together, or nothing."""
    chosen = asked.get("username") or ""
    for attempt in range(_ATTEMPTS):
        user = _new_user(request, identity, email=email, username=chosen)
        try:
            with transaction.atomic(using=user_database()):
                store_signed_up(user)
                if form is not None:
                    form.custom_signup(request, user)
                kept = identity.kept() | ({} if is_verified else {UNPROVEN: email.lower()})
                SocialAccount.objects.create(
                    user=user, provider=identity.provider, uid=identity.subject, extra_data=kept
                )
                if email:
                    EmailAddress.objects.create(user=user, email=email.lower(), primary=True, verified=is_verified)
                if is_verified:
                    note_verified(user.pk, now=now)
        except ValidationError:
            if chosen or attempt == _ATTEMPTS - 1:
                raise
        else:
            return user
    raise AssertionError("unreachable")


def _new_user(request: HttpRequest, identity: Identity, *, email: str, username: str) -> Any:
    """A user without a password, with a name of their own."""
    adapter = get_adapter()
    user = adapter.new_user(request)
    user.set_unusable_password()
    if email:
        user_email(user, email)
    user_field(user, "first_name", identity.given_name)
    user_field(user, "last_name", identity.family_name)
    if app_settings.USER_MODEL_USERNAME_FIELD:
        user_username(user, username or next(_free_names(identity), ""))
        adapter.populate_username(request, user)
    return user


def _free_names(identity: Identity) -> Iterator[str]:
    """Names that the account has elsewhere, and may have here."""
    for name in (identity.username, identity.username.partition("@")[0]):
        try:
            if name:
                yield get_adapter().clean_username(name)
        except ValidationError:
            continue
