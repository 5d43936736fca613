"""What the system checks say of a cache that is to count."""

import pytest
from django.core.checks import run_checks

VALKEY = {"BACKEND": "keyturn_server.cache.ValkeyCache", "LOCATION": "valkey://127.0.0.1:1/0"}
LOCAL = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}


def ids(tags=("caches",)):
    return [message.id for message in run_checks(tags=tags) if str(message.id).startswith("keyturn")]


@pytest.mark.parametrize(
    ("alias", "expected"),
    [(None, []), ("shared", []), ("default", ["keyturn.W007"]), ("elsewhere", ["keyturn.E012"])],
)
def test_a_cache_that_does_not_exist_is_an_error_and_one_that_nobody_shares_a_warning(settings, alias, expected):
    settings.CACHES = {"default": LOCAL, "shared": VALKEY}
    settings.KEYTURN = {"ATTEMPTS_CACHE": alias}
    assert ids() == expected
