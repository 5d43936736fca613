"""A user agent in words that its user understands."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from ua_parser import parse

__all__ = ["browser_and_system", "readable_user_agent"]

_UNKNOWN: Final = "Unknown client"
# What people call what the parser has other names for.
_COMMON_NAMES: Final[Mapping[str, str]] = {
    "Chrome Mobile": "Chrome",
    "Chrome Mobile WebView": "Chrome",
    "Chrome Mobile iOS": "Chrome",
    "Chrome OS": "ChromeOS",
    "Edge Mobile": "Edge",
    "Firefox Mobile": "Firefox",
    "Firefox iOS": "Firefox",
    "HeadlessChrome": "Headless Chrome",
    "Mac OS X": "macOS",
    "Mobile Safari": "Safari",
    "Mobile Safari UI/WKWebView": "Safari",
    "Opera Mobile": "Opera",
}


@lru_cache(maxsize=1024)
def browser_and_system(raw: str) -> tuple[str, str]:
    """Return for example ``("Firefox", "Windows")``; empty is what is not known.

    Args:
        raw: the ``User-Agent`` header.
    """
    if not raw:
        return "", ""
    found = parse(raw)
    browser = found.user_agent.family if found.user_agent else ""
    system = found.os.family if found.os else ""
    return _COMMON_NAMES.get(browser, browser), _COMMON_NAMES.get(system, system)


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
