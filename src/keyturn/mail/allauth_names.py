"""Which of our mails stands for which of django-allauth's, by the prefix of its templates. Imports nothing of it."""

from collections.abc import Mapping
from typing import Any, Final

__all__ = ["our_mail"]

_NAMES: Final = {
    "account/email/email_confirmation_signup": "verify_email",
    "account/email/email_confirmation": "verify_email",
    "account/email/account_already_exists": "account_exists",
    "account/email/password_reset_code": "reset_password",
    "account/email/password_reset_key": "reset_password",
    "account/email/unknown_account": "unknown_account",
    "account/email/login_code": "sign_in_code",
    "account/email/reauthentication_code": "reauthentication_code",
    "account/email/password_changed": "password_changed",
    "account/email/password_set": "password_set",
    "account/email/password_reset": "password_was_reset",
    "account/email/email_added": "email_added",
    "account/email/email_changed": "email_changed",
    "account/email/email_deleted": "email_removed",
    "mfa/email/totp_activated": "totp_added",
    "mfa/email/totp_deactivated": "totp_removed",
    "mfa/email/webauthn_added": "passkey_added",
    "mfa/email/webauthn_removed": "passkey_removed",
    "mfa/email/recovery_codes_generated": "recovery_codes_made",
    "mfa/email/recovery_code_used": "recovery_code_used",
    "socialaccount/email/account_connected": "provider_connected",
    "socialaccount/email/account_disconnected": "provider_disconnected",
}
# django-allauth's word and ours. Its links are not among them: it builds some of a request's Host.
_VARIABLES: Final = {
    "code": "code",
    "from_email": "old_email",
    "to_email": "new_email",
    "deleted_email": "removed_email",
    "codes_left": "codes_left",
    "provider_names": "provider",
}


def our_mail(prefix: str, context: Mapping[str, Any]) -> tuple[str, dict[str, Any]] | None:
    """The name and the variables of our mail; None for one that we have no counterpart of.

    Args:
        prefix: as ``send_mail`` of django-allauth's adapter gets it.
        context: the same.
    """
    name = _NAMES.get(prefix)
    if name is None:
        return None
    found: dict[str, Any] = {ours: str(context[theirs]) for theirs, ours in _VARIABLES.items() if context.get(theirs)}
    if prefix.endswith("_signup"):
        found["signup"] = True
        if context.get("with_password"):
            found["with_password"] = True
    provider = context.get("provider") or context.get("account")
    if name.startswith("provider_") and provider is not None:
        found["provider"] = str(getattr(provider, "name", "") or getattr(provider, "provider", ""))
    return name, found
