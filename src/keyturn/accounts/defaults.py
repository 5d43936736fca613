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
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE: Final = False
ACCOUNT_REAUTHENTICATION_REQUIRED: Final = True
ACCOUNT_CHANGE_EMAIL: Final = True
ACCOUNT_PREVENT_ENUMERATION: Final = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
# Keyturn's own counters stand in their place: django-allauth's need a cache, and fail with it.
ACCOUNT_RATE_LIMITS: Any = False
