"""The tests' settings of a project that has no django-allauth: Keyturn's sessions and tokens alone."""

from tests.settings import *  # noqa: F403 - settings are a namespace
from tests.settings import INSTALLED_APPS as _APPS
from tests.settings import MIDDLEWARE as _MIDDLEWARE

INSTALLED_APPS = [app for app in _APPS if not app.startswith("allauth")]
MIDDLEWARE = [path for path in _MIDDLEWARE if not path.startswith("allauth")]
