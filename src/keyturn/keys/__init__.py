"""Which keys sign and verify Keyturn's tokens."""

from keyturn.keys.configured import access_keys, refresh_keys

__all__ = ["access_keys", "refresh_keys"]
