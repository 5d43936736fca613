"""The tests' settings with the user model of tests/apps/plain_users."""

from tests.settings.without_accounts import *  # noqa: F403 - settings are a namespace
from tests.settings.without_accounts import INSTALLED_APPS as _APPS

INSTALLED_APPS = ["tests.apps.plain_users", *_APPS]
AUTH_USER_MODEL = "plain_users.User"
