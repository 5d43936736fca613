"""An event in a sentence for the user to whom it happened: above all, why a session ended."""

from collections.abc import Mapping
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from keyturn.trail.endings import CLIENT
from keyturn.trail.events import Event
from keyturn.trail.models import AuditEvent
from keyturn.user_agents import browser_and_system, readable_user_agent

__all__ = ["told"]

_ENDINGS: Final[Mapping[str, Promise]] = {
    "logout": _("%(client)s was signed out, as you asked there."),
    "logout_all": _("%(client)s was signed out: you signed out everywhere."),
    "logout_others": _("%(client)s was signed out from another of your devices."),
    "signed_in_again": _("%(client)s was signed out: somebody signed in there anew."),
    "revoked_by_user": _("%(client)s was signed out from your list of sessions."),
    "revoked_by_admin": _("%(client)s was signed out by an administrator."),
    "blacklisted": _("%(client)s was signed out: its refresh token was withdrawn."),
    "password_changed": _("%(client)s was signed out because the password was changed."),
    "user_inactive": _("%(client)s was signed out because the account was deactivated."),
    "user_deleted": _("%(client)s was signed out because the account was deleted."),
    "deleted": _("%(client)s was signed out: the session was removed."),
    "": _("%(client)s was signed out."),
}
"""By the reason of a ``session_revoked``."""

_FAILURES: Final[Mapping[str, Promise]] = {
    "email_not_verified": _("A sign-in with the right password was refused: the e-mail address is not verified."),
    "mfa_required": _("A sign-in with the right password was refused: the second factor was missing."),
    "password_reset_required": _("A sign-in with the right password was refused: the password has to be reset."),
    "": _("A sign-in failed: the password was wrong."),
}
"""By the reason of a ``login_failed``."""

_ADMIN_ACTIONS: Final[Mapping[str, Promise]] = {
    "impersonate_user": _("You signed in as another user."),
    "reset_requirement_lifted": _("An administrator lets the password be used again."),
    "": _("An administrator worked on the account."),
}
"""By the reason of an ``admin_action``."""

_SENTENCES: Final[Mapping[str, Promise]] = {
    Event.LOGIN: _("Signed in."),
    Event.LOGIN_BLOCKED: _("Too many attempts to sign in: further ones were refused for a while."),
    Event.REFRESH_REUSED: _(
        "%(client)s was signed out: its refresh token was used twice, so somebody else may have had a copy of it."
    ),
    Event.SIGN_UP: _("The account was made."),
    Event.EMAIL_ADDED: _("An e-mail address was added."),
    Event.EMAIL_VERIFIED: _("An e-mail address was verified."),
    Event.EMAIL_CHANGED: _("The e-mail address was changed."),
    Event.EMAIL_REMOVED: _("An e-mail address was removed."),
    Event.PASSWORD_CHANGED: _("The password was changed."),
    Event.PASSWORD_RESET_REQUESTED: _("Somebody asked to reset the password."),
    Event.PASSWORD_RESET: _("The password was reset by e-mail."),
    Event.PASSWORD_RESET_REQUIRED: _("An administrator requires the password to be reset."),
    Event.SIGN_IN_MAIL_REQUESTED: _("A mail to sign in with was asked for."),
    Event.REAUTHENTICATED: _("You showed once more that it is you."),
    Event.REAUTHENTICATION_FAILED: _("Somebody who was signed in gave a wrong password or code."),
    Event.CODE_REJECTED: _("A wrong code was entered."),
    Event.FACTOR_ASKED: _("The right password was given, and a second factor was asked for."),
    Event.FACTOR_ADDED: _("A second factor was added."),
    Event.FACTOR_REMOVED: _("A second factor was removed."),
    Event.RECOVERY_CODE_USED: _("A recovery code was used in the place of a second factor."),
    Event.PASSKEY_RENAMED: _("A passkey was given another name."),
    Event.PASSKEY_COPIED: _("A passkey was refused: it may have been copied, so remove it if it was not you."),
    Event.PROVIDER_LINKED: _("An account elsewhere was linked, which signs in here from now on."),
    Event.PROVIDER_UNLINKED: _("A linked account was taken away."),
    Event.PROVIDER_REFUSED: _("A sign-in by an account elsewhere was not confirmed."),
    Event.DEVICE_TRUSTED: _("This device is asked for no second factor for a while."),
    Event.DEVICE_FORGOTTEN: _("Devices are asked for a second factor again."),
    Event.PROFILE_CHANGED: _("The profile was changed."),
    Event.DATA_EXPORTED: _("A copy of the account's data was made."),
    Event.ACCOUNT_DEACTIVATED: _("The account was deactivated."),
    Event.ACCOUNT_REACTIVATED: _("The account was activated again."),
    Event.ACCOUNT_DELETED: _("The account was deleted."),
    Event.UNLOCKED: _("An administrator lifted the block on signing in."),
    Event.IMPERSONATED: _("An administrator signed in as you."),
    Event.SIGNING_KEY_ROTATED: _("A signing key was made or put to use."),
    Event.SIGNING_KEY_REVOKED: _("A signing key was revoked."),
}


def told(event: AuditEvent) -> str:
    """Return the sentence, in the language in force."""
    if event.event == Event.SESSION_REVOKED:
        sentence = _ENDINGS.get(event.reason, _ENDINGS[""])
    elif event.event == Event.LOGIN_FAILED:
        sentence = _FAILURES.get(event.reason, _FAILURES[""])
    elif event.event == Event.ADMIN_ACTION:
        sentence = _ADMIN_ACTIONS.get(event.reason, _ADMIN_ACTIONS[""])
    else:
        sentence = _SENTENCES.get(event.event, _("Something happened to the account."))
    return str(sentence) % {"client": _client(event)}


def _client(event: AuditEvent) -> str:
    """The browser and system of the session that ended."""
    details: Any = event.details
    raw = details.get(CLIENT) if isinstance(details, Mapping) else None
    if not isinstance(raw, str) or not raw.strip():
        return gettext("A device")
    browser, system = browser_and_system(raw)
    if browser and system:
        return gettext("%(browser)s on %(system)s") % {"browser": browser, "system": system}
    return readable_user_agent(raw)
