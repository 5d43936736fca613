"""The words of the trail. They are part of the API: they never change meaning."""

from enum import StrEnum

__all__ = ["Event"]


class Event(StrEnum):
    """What can happen to an account."""

    LOGIN = "login"
    LOGIN_FAILED = "login_failed"
    LOGIN_BLOCKED = "login_blocked"
    SESSION_REVOKED = "session_revoked"
    REFRESH_REUSED = "refresh_reused"
    SIGN_UP = "sign_up"
    EMAIL_ADDED = "email_added"
    EMAIL_VERIFIED = "email_verified"
    EMAIL_CHANGED = "email_changed"
    EMAIL_REMOVED = "email_removed"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - a word, not a password
    PASSWORD_RESET_REQUESTED = "password_reset_requested"  # noqa: S105 - the same
    PASSWORD_RESET = "password_reset"  # noqa: S105 - the same
    PASSWORD_RESET_REQUIRED = "password_reset_required"  # noqa: S105 - the same
    SIGN_IN_MAIL_REQUESTED = "sign_in_mail_requested"
    REAUTHENTICATED = "reauthenticated"
    REAUTHENTICATION_FAILED = "reauthentication_failed"
    CODE_REJECTED = "code_rejected"
    FACTOR_ASKED = "factor_asked"
    FACTOR_ADDED = "factor_added"
    FACTOR_REMOVED = "factor_removed"
    RECOVERY_CODE_USED = "recovery_code_used"
    PASSKEY_RENAMED = "passkey_renamed"
    PASSKEY_COPIED = "passkey_copied"
    DEVICE_TRUSTED = "device_trusted"
    DEVICE_FORGOTTEN = "device_forgotten"
    PROVIDER_LINKED = "provider_linked"
    PROVIDER_UNLINKED = "provider_unlinked"
    PROVIDER_REFUSED = "provider_refused"
    PROFILE_CHANGED = "profile_changed"
    DATA_EXPORTED = "data_exported"
    ACCOUNT_DEACTIVATED = "account_deactivated"
    ACCOUNT_REACTIVATED = "account_reactivated"
    ACCOUNT_DELETED = "account_deleted"
    UNLOCKED = "unlocked"
    IMPERSONATED = "impersonated"
    ADMIN_ACTION = "admin_action"
    SIGNING_KEY_ROTATED = "signing_key_rotated"
    SIGNING_KEY_REVOKED = "signing_key_revoked"
