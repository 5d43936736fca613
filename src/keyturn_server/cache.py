"""Django's Redis cache over the ``valkey`` client, which speaks the same protocol."""

from collections.abc import Sequence
from typing import Any

import valkey
from django.core.cache.backends.redis import RedisCache, RedisCacheClient, RedisSerializer

__all__ = ["ValkeyCache"]


class _ValkeyCacheClient(RedisCacheClient):
    """Django's client with its library exchanged: its own constructor imports ``redis``, which is not installed."""

    def __init__(self, servers: Sequence[str], **options: Any) -> None:
        self._lib = valkey
        self._servers = servers
        self._pools: dict[int, Any] = {}
        self._client = valkey.Valkey
        self._pool_class = valkey.ConnectionPool
        self._serializer = RedisSerializer()
        self._pool_options = options


class ValkeyCache(RedisCache):
    """A cache backend for ``CACHES``: ``LOCATION`` is a ``valkey://`` or ``valkeys://`` URL."""

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._class = _ValkeyCacheClient
