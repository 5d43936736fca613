"""A user agent in words that its user understands."""

from functools import lru_cache
from typing import Final

from ua_parser import parse

__all__ = ["browser_and_system", "readable_user_agent"]

_UNKNOWN: Final = "Unknown client"


@lru_cache(maxsize=1024)
def browser_and_system(raw: str) -> tuple[str, str]:
    """Return for example ``("Firefox", "Windows")``; empty is what is not known.

    Args:
        raw: the ``User-Agent`` header.
    """
    if not raw:
        return "", ""
    found = parse(raw)
    return found.user_agent.family if found.user_agent else "", found.os.family if found.os else ""


def readable_user_agent(raw: str) -> str:
    """Return for example ``Firefox on Windows``, or the first word of one that nobody knows.

    Args:
        raw: the ``User-Agent`` header.
    """
    product = raw.partition("/")[0].split()
    if not product:
        return _UNKNOWN
    browser, system = browser_and_system(raw)
    if browser and system:
        return f"{browser} on {system}"
    return browser or system or product[0][:40]
