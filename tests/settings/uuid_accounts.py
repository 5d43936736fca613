"""The tests' settings, accounts included, with the user model of tests/apps/uuid_users."""

from tests.settings import *  # noqa: F403 - settings are a namespace
from tests.settings import INSTALLED_APPS as _APPS

INSTALLED_APPS = ["tests.apps.uuid_users", *_APPS]
AUTH_USER_MODEL = "uuid_users.User"
