"""Django's Redis cache over the ``valkey`` client, which speaks the same protocol."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import unquote, urlsplit

import valkey
from django.core.cache.backends.redis import RedisCache, RedisCacheClient, RedisSerializer

__all__ = ["ValkeyCache", "settings_for"]


class _ValkeyCacheClient(RedisCacheClient):
    """Django's client with its library exchanged: its own constructor imports ``redis``, which is not installed."""

    def __init__(self, servers: Sequence[str], **options: Any) -> None:
        self._lib = valkey
        self._servers = servers
        self._pools: dict[int, Any] = {}
        self._client = valkey.Valkey
        self._pool_class = valkey.ConnectionPool
        self._serializer = RedisSerializer()
        # Seconds. Without them, a host that vanished without a word would hold up whoever asks for minutes; the URL's
        # own query may say otherwise.
        self._pool_options = {"socket_connect_timeout": 1, "socket_timeout": 1, **options}


class ValkeyCache(RedisCache):
    """A cache backend for ``CACHES``: ``LOCATION`` is a ``valkey://`` or ``valkeys://`` URL."""

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._class = _ValkeyCacheClient


def settings_for(url: str) -> dict[str, Any]:
    """Return the entry of Django's ``CACHES`` for a ``valkey://`` or ``valkeys://`` URL; for none, process memory.

    User name and password go into options of their own, since Django's technical pages hide a value by its name.
    """
    if not url:
        return {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
    parts = urlsplit(url)
    given = {"username": parts.username, "password": parts.password}
    return {
        "BACKEND": "keyturn_server.cache.ValkeyCache",
        "LOCATION": parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl(),
        "OPTIONS": {name: unquote(value) for name, value in given.items() if value},
    }
