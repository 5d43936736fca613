"""django-allauth's hooks: every way in ends in Keyturn's sessions, every mail in Keyturn's queue."""

import logging
from collections.abc import Mapping
from typing import Any, Final

from allauth.account import app_settings
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.models import EmailAddress
from allauth.core.internal.httpkit import is_headless_request
from django.apps import apps
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AnonymousUser
from django.db import IntegrityError, transaction
from django.http import HttpRequest

from keyturn import conf
from keyturn.accounts.email_changes import await_change
from keyturn.accounts.flows import FlowStore
from keyturn.accounts.left_behind import signed_up_with
from keyturn.accounts.link_keys import LinkKind, write_key
from keyturn.accounts.links import link_to
from keyturn.accounts.methods import amr_of
from keyturn.accounts.pairs import open_session
from keyturn.accounts.passwords import confirm_password
from keyturn.accounts.signups import store_signed_up
from keyturn.accounts.stages import remember_password
from keyturn.accounts.step_up import require_recent_authentication
from keyturn.accounts.verification import note_verified
from keyturn.clock import utc_now
from keyturn.defence.names import check_email, check_username
from keyturn.defence.passwords import check_new
from keyturn.errors import Reason, RefusedError
from keyturn.mail.allauth_names import our_mail
from keyturn.mail.outbox import enqueue
from keyturn.mail.rendering import BadAddressError
from keyturn.mail.sending import send
from keyturn.sessions.revocation import RevokeReason, revoke_sessions
from keyturn.signin import check_credentials
from keyturn.signin.users import user_database
from keyturn.trail.calling import current_caller

__all__ = ["AccountAdapter"]

logger = logging.getLogger("keyturn.accounts")

_LINKS: Final = ("link", "sign_in_url", "reset_url")
"""What our own callers put into a mail's context; django-allauth's own links are made of a request's ``Host``."""


_OURS: Final[Mapping[str, tuple[str, ...]]] = {
    "allauth.account.stages.EmailVerificationStage": ("keyturn.accounts.stages.EmailVerificationStage",),
    "allauth.mfa.stages.AuthenticateStage": (
        "keyturn.accounts.factor_stages.AuthenticateStage",
        "keyturn.accounts.factor_stages.SetUpStage",
    ),
    "allauth.mfa.stages.TrustStage": (),
}
"""What stands in the place of which of django-allauth's stages."""


class AccountAdapter(DefaultAccountAdapter):
    """``ACCOUNT_ADAPTER``. A project's own may inherit from it, and should call what it overrides."""

    # Who somebody is.

    def authenticate(self, request: HttpRequest, **credentials: Any) -> Any:
        """Check a password by Keyturn's own door; None where it is wrong."""
        name = credentials.get("email") or credentials.get("username") or ""
        try:
            return check_credentials(
                {get_user_model().USERNAME_FIELD: name, "password": credentials["password"]},
                request=request,
                steps_follow=True,
            )
        except RefusedError as error:
            if error.reason is not Reason.BAD_CREDENTIALS:
                raise
            return None

    def reauthenticate(self, user: Any, password: str) -> bool:
        """Check the password of a user who is signed in; what was right counts as signing in anew (RFC 9470)."""
        session_id = getattr(getattr(self.request, "auth", None), "sid", None)
        try:
            confirm_password(user, password, ip=current_caller().ip, session_id=session_id, now=utc_now())
        except RefusedError as error:
            if error.reason is not Reason.WRONG_PASSWORD:
                raise
            return False
        return True

    def is_reauthentication_required(self, *, app: str, **more: Any) -> bool:
        """Whether somebody who is signed in must prove once more who it is; asked of flows, the session's row answers.

        ``ACCOUNT_REAUTHENTICATION_REQUIRED``, which is off where nobody sets it, is for a project's own pages.

        Raises:
            RefusedError: ``reauthentication_required``.
        """
        request: Any = self.request
        if not is_headless_request(request):
            return bool(super().is_reauthentication_required(app=app, **more))
        session_id = getattr(request.auth, "sid", None)
        require_recent_authentication(request.user, session_id=session_id, now=utc_now())
        # Else django-allauth would look for the proof in the flow.
        return False

    def send_notification_mail(
        self, template_prefix: str, user: Any, context: dict[str, Any] | None = None, email: str | None = None
    ) -> None:
        """Tell a user what has changed: that the last address was taken away, at that address."""
        removed = (context or {}).get("deleted_email")
        if removed and not EmailAddress.objects.get_primary_email(user):
            email = removed
        super().send_notification_mail(template_prefix, user, context, email=email)

    # In and out.

    def get_login_stages(self) -> list[str]:
        """django-allauth's stages, our own in place of some of them, and one more at the end."""
        stages = [one for path in super().get_login_stages() for one in _OURS.get(path, (path,))]
        return [*stages, "keyturn.accounts.stages.EndStage"]

    def pre_login(self, request: HttpRequest, user: Any, **more: Any) -> Any:
        """Begin a login under the password that the user has now."""
        remember_password(request.session, user)
        return super().pre_login(request, user, **more)

    def login(self, request: HttpRequest, user: Any) -> None:
        """Open a session of Keyturn's. Only a project's own pages of django-allauth's have one of Django's."""
        if not is_headless_request(request):
            super().login(request, user)
            return
        open_session(request, user, amr=amr_of(get_authentication_records(request, user)))
        if apps.is_installed("allauth.mfa"):
            from keyturn.accounts.factor_stages import trust_if_wished  # noqa: PLC0415 - not every project has it

            trust_if_wished(request, user)

    def logout(self, request: HttpRequest) -> None:
        """End the session whose access token the request carries, and with it every token it has."""
        if not is_headless_request(request):
            super().logout(request)
            return
        session_id = getattr(getattr(request, "auth", None), "sid", None)
        if session_id is not None:
            revoke_sessions((session_id,), reason=RevokeReason.LOGOUT, now=utc_now())
        request.keyturn_ended = session_id  # type: ignore[attr-defined]
        if isinstance(request.session, FlowStore):
            request.session.close()
        request.user = AnonymousUser()

    # Sign-up.

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """``KEYTURN["SIGN_UP"]``."""
        return conf.get().sign_up

    def clean_username(self, username: str, shallow: bool = False) -> str:
        """Keyturn's rules of user names, the same at every door."""
        return username if shallow else check_username(username, field=app_settings.USER_MODEL_USERNAME_FIELD)

    def clean_email(self, email: str) -> str:
        """Keyturn's rules of addresses; look-alikes of others' are nobody's (CVE-2019-19844)."""
        return check_email(email) if email else email

    def clean_password(self, password: str, user: Any = None) -> str:
        """Keyturn's rules of passwords, and the project's validators."""
        return check_new(password, user)

    def save_user(self, request: HttpRequest, user: Any, form: Any, commit: bool = True) -> Any:
        """Save a user who signs up, and that they did: such an account needs a verified address before its first login.

        Raises:
            ValidationError: somebody else took the name at the same moment.
        """
        # The hash is computed before the transaction: nobody has to wait for it.
        user = super().save_user(request, user, form, commit=False)
        if commit:
            store_signed_up(user)
        return user

    def confirm_email(self, request: HttpRequest, email_address: EmailAddress) -> bool:
        """Mark an address as verified; the account has had one from now on."""
        try:
            with transaction.atomic(using=user_database()):
                done = super().confirm_email(request, email_address)
                if done:
                    note_verified(email_address.user_id, now=utc_now())
                    self._tell_of_another_address(email_address)
        except IntegrityError:
            # Another account verified the same address at the same moment.
            raise RefusedError(Reason.EMAIL_TAKEN) from None
        return bool(done)

    def _tell_of_another_address(self, added: EmailAddress) -> None:
        """Tell the main address of one beside it, in a project whose accounts have several."""
        if not app_settings.CHANGE_EMAIL and EmailAddress.objects.get_primary_email(added.user) != added.email:
            self.send_notification_mail("account/email/email_added", added.user, {"to_email": added.email})

    # Mail.

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send one of Keyturn's mails in place of django-allauth's; a mail of the project's own goes as it is."""
        ours = our_mail(template_prefix, context)
        if ours is None:
            enqueue(self.render_mail(template_prefix, email, context), kind=template_prefix.rpartition("/")[2])
            return
        name, variables = ours
        links = {word: context[word] for word in _LINKS if context.get(word)}
        try:
            send(name, to=email, context={**variables, **links})
        except BadAddressError:
            # Of an account that an administrator or the project's own code made.
            logger.warning("a mail was not sent, since an account has an address that is none: %s", name)

    def send_confirmation_mail(self, request: HttpRequest, emailconfirmation: Any, signup: bool) -> None:
        """Send the code and the link that verify an address."""
        address = emailconfirmation.email_address
        now = utc_now()
        if address.pk is None:
            await_change(address.user_id, email=address.email, now=now)
        key = write_key(LinkKind.VERIFY_EMAIL, user=address.user, email=address.email, now=now)
        code = getattr(emailconfirmation, "code", "")
        context: dict[str, Any] = {"code": code, "link": link_to("verify_email", key=key)}
        signed_up = signed_up_with(address.user)
        if signed_up is not None:
            context |= {"provider_names": ", ".join(signed_up.providers), "with_password": signed_up.password}
        name = "email_confirmation" if signed_up is None else "email_confirmation_signup"
        self.send_mail(f"account/email/{name}", address.email, context)

    def send_account_already_exists_mail(self, email: str) -> None:
        """Tell the owner of an address that somebody signed up with it, in place of a code."""
        self.send_mail("account/email/account_already_exists", email, {"sign_in_url": link_to("sign_in")})

    # What django-allauth would ask a request.

    def get_client_ip(self, request: HttpRequest) -> str:
        """The caller's address, from trusted proxies only; never fails."""
        return current_caller().ip or "0.0.0.0"  # noqa: S104 - shown to a person, bound to nothing

    def get_http_user_agent(self, request: HttpRequest) -> str:
        """The caller's user agent, cleaned."""
        return current_caller().user_agent or "Unspecified"
