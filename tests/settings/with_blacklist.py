"""The tests' settings with simplejwt's ``token_blacklist`` installed, as both tutorials have it."""

from tests.settings import *  # noqa: F403 - settings are a namespace
from tests.settings import INSTALLED_APPS as _APPS

INSTALLED_APPS = [*_APPS, "rest_framework_simplejwt.token_blacklist"]
