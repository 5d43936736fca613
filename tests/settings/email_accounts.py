"""The tests' settings, accounts included, with the user model of tests/apps/email_users, which has no user names."""

from tests.settings import *  # noqa: F403 - settings are a namespace
from tests.settings import INSTALLED_APPS as _APPS

INSTALLED_APPS = ["tests.apps.email_users", *_APPS]
AUTH_USER_MODEL = "email_users.User"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
