"""Where the lab keeps its two files."""

from pathlib import Path

from django.conf import settings

__all__ = ["directory"]


def directory() -> Path:
    """The directory under the server's data directory; it need not exist yet."""
    found = settings.KEYTURN_SERVER_LAB
    assert found is not None, "there is a lab in development only"
    return Path(found)
