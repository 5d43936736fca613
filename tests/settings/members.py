"""The tests' settings with the user model of tests/apps/members, beside simplejwt's ``token_blacklist``."""

from tests.settings.without_accounts import *  # noqa: F403 - settings are a namespace
from tests.settings.without_accounts import INSTALLED_APPS as _APPS

INSTALLED_APPS = ["tests.apps.members", *_APPS, "rest_framework_simplejwt.token_blacklist"]
AUTH_USER_MODEL = "members.Member"
