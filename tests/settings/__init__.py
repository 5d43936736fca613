"""The settings of the Django project that the tests run in: the database named by ``KEYTURN_TEST_DB``."""

from tests.services import environment

if environment.vendor() == "postgres":
    from tests.settings.postgres import *  # noqa: F403 - settings are a namespace
else:
    from tests.settings.sqlite import *  # noqa: F403 - settings are a namespace
