"""The tests' settings of a project that stores local times without a zone, where clocks are turned twice a year."""

from tests.settings import *  # noqa: F403 - settings are a namespace

USE_TZ = False
TIME_ZONE = "America/New_York"
