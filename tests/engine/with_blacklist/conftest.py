"""These tests are for a project with ``token_blacklist``; in any other they are not collected."""

from django.conf import settings

from tests.engine.conftest import failing_receiver, revoked, user

__all__ = ["failing_receiver", "revoked", "user"]

if "rest_framework_simplejwt.token_blacklist" not in settings.INSTALLED_APPS:
    collect_ignore_glob = ["test_*.py"]
