"""Settings of django-allauth that Keyturn's accounts stand on: ``from keyturn.accounts.defaults import *``.

In a project's settings file, after which the project may change what :mod:`keyturn.checks` does not insist on.
"""

from typing import Any, Final

__all__ = [
    "ACCOUNT_ADAPTER",
    "ACCOUNT_CHANGE_EMAIL",
    "ACCOUNT_EMAIL_NOTIFICATIONS",
    "ACCOUNT_EMAIL_SUBJECT_PREFIX",
    "ACCOUNT_EMAIL_VERIFICATION",
    "ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED",
    "ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND",
    "ACCOUNT_LOGIN_BY_CODE_MAX_ATTEMPTS",
    "ACCOUNT_LOGIN_BY_CODE_SUPPORTS_RESEND",
    "ACCOUNT_LOGIN_BY_CODE_TIMEOUT",
    "ACCOUNT_LOGIN_METHODS",
    "ACCOUNT_LOGIN_ON_PASSWORD_RESET",
    "ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE",
    "ACCOUNT_PASSWORD_RESET_BY_CODE_ENABLED",
    "ACCOUNT_PASSWORD_RESET_BY_CODE_TIMEOUT",
    "ACCOUNT_PREVENT_ENUMERATION",
    "ACCOUNT_RATE_LIMITS",
    "ACCOUNT_REAUTHENTICATION_REQUIRED",
    "ACCOUNT_SIGNUP_FIELDS",
    "HEADLESS_ADAPTER",
    "HEADLESS_CLIENTS",
    "HEADLESS_ONLY",
    "HEADLESS_TOKEN_STRATEGY",
    "MFA_ADAPTER",
    "MFA_FORMS",
    "MFA_PASSKEY_LOGIN_ENABLED",
    "MFA_RATE_LIMITS",
    "MFA_RECOVERY_CODES_SHOW_ONCE",
    "MFA_SUPPORTED_TYPES",
    "MFA_TRUST_ENABLED",
    "SOCIALACCOUNT_ADAPTER",
    "SOCIALACCOUNT_EMAIL_AUTHENTICATION",
    "SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT",
    "SOCIALACCOUNT_STORE_TOKENS",
]

HEADLESS_ONLY: Final = True
HEADLESS_CLIENTS: Final = ("app", "browser")
HEADLESS_TOKEN_STRATEGY: Final = "keyturn.accounts.strategy.TokenStrategy"  # noqa: S105 - a class
HEADLESS_ADAPTER: Final = "keyturn.accounts.headless_adapter.HeadlessAdapter"
ACCOUNT_ADAPTER: Final = "keyturn.accounts.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "username", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
# How often a flow sends another code.
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND = 3
ACCOUNT_PASSWORD_RESET_BY_CODE_ENABLED: Final = True
# Seconds; mail takes its time.
ACCOUNT_PASSWORD_RESET_BY_CODE_TIMEOUT = 15 * 60
ACCOUNT_LOGIN_ON_PASSWORD_RESET: Final = True
# In a project where ACCOUNT_LOGIN_BY_CODE_ENABLED lets people sign in by mail. Seconds; of a mail's link too.
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = 15 * 60
ACCOUNT_LOGIN_BY_CODE_MAX_ATTEMPTS = 5
ACCOUNT_LOGIN_BY_CODE_SUPPORTS_RESEND = 3
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE: Final = False
ACCOUNT_REAUTHENTICATION_REQUIRED: Final = True
ACCOUNT_CHANGE_EMAIL: Final = True
ACCOUNT_PREVENT_ENUMERATION: Final = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
# Keyturn's own counters stand in their place: django-allauth's need a cache, and fail with it.
ACCOUNT_RATE_LIMITS: Any = False
# In a project that has allauth.mfa.
MFA_ADAPTER = "keyturn.mfa.adapter.FactorAdapter"
# Of django-allauth's own pages, which a project may show beside Keyturn.
MFA_FORMS = {
    "authenticate": "keyturn.mfa.forms.AuthenticateForm",
    "reauthenticate": "keyturn.mfa.forms.ReauthenticateForm",
}
MFA_RATE_LIMITS: Any = False
MFA_RECOVERY_CODES_SHOW_ONCE: Final = True
# Keyturn's own trusted devices stand in its place.
MFA_TRUST_ENABLED: Final = False
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
MFA_PASSKEY_LOGIN_ENABLED: Any = True
# In a project that has allauth.socialaccount; the providers are those of KEYTURN["PROVIDERS"].
SOCIALACCOUNT_ADAPTER = "keyturn.accounts.social.adapter.SocialAccountAdapter"
SOCIALACCOUNT_EMAIL_AUTHENTICATION: Final = False
SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT: Final = False
SOCIALACCOUNT_STORE_TOKENS: Final = False
