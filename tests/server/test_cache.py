"""Django's cache over a real Valkey."""

import pytest

from keyturn_server.cache import ValkeyCache, settings_for


@pytest.fixture
def cache(valkey_url):
    told = settings_for(valkey_url)
    cache = ValkeyCache(told["LOCATION"], {"OPTIONS": told["OPTIONS"]})
    yield cache
    cache.close()


def test_it_keeps_counts_adds_and_forgets(cache):
    assert cache.get("a") is None
    cache.set("a", {"any": ["thing"]}, timeout=60)
    assert cache.get("a") == {"any": ["thing"]}
    assert cache.add("count", 1, timeout=60)
    assert not cache.add("count", 5, timeout=60)
    assert cache.incr("count") == 2
    assert cache.get_many(["a", "count", "none"]) == {"a": {"any": ["thing"]}, "count": 2}
    cache.set("short", 1, timeout=0)
    assert not cache.has_key("short")
    assert cache.delete("a")
    assert cache.get("a", "gone") == "gone"


def test_a_password_is_kept_where_djangos_pages_hide_it():
    assert settings_for("valkeys://ada:p%40ss@h:6380/1?x=y") == {
        "BACKEND": "keyturn_server.cache.ValkeyCache",
        "LOCATION": "valkeys://h:6380/1?x=y",
        "OPTIONS": {"username": "ada", "password": "p@ss"},
    }
    assert settings_for("valkey://:p%3A@[::1]:6380")["OPTIONS"] == {"password": "p:"}
    assert settings_for("valkey://:p%3A@[::1]:6380")["LOCATION"] == "valkey://[::1]:6380"


def test_without_a_url_each_process_has_a_cache_of_its_own():
    assert settings_for("")["BACKEND"].endswith("LocMemCache")
