"""A user agent in words that its user understands."""

from functools import lru_cache
from typing import Final

from ua_parser import parse

__all__ = ["readable_user_agent"]

_UNKNOWN: Final = "Unknown client"


@lru_cache(maxsize=1024)
def readable_user_agent(raw: str) -> str:
    """Return for example ``Firefox on Windows``.

    Args:
        raw: the ``User-Agent`` header.
    """
    product = raw.partition("/")[0].split()
    if not product:
        return _UNKNOWN
    found = parse(raw)
    browser = found.user_agent.family if found.user_agent else ""
    system = found.os.family if found.os else ""
    if browser and system:
        return f"{browser} on {system}"
    return browser or system or product[0][:40]
