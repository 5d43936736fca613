"""A user agent in words that its user understands."""

from functools import lru_cache

from ua_parser import parse

__all__ = ["readable_user_agent"]


@lru_cache(maxsize=1024)
def readable_user_agent(raw: str) -> str:
    """Return for example ``Firefox on Windows``.

    Args:
        raw: the ``User-Agent`` header.
    """
    if not raw.strip():
        return "Unknown client"
    found = parse(raw)
    browser = found.user_agent.family if found.user_agent else ""
    system = found.os.family if found.os else ""
    if browser and system:
        return f"{browser} on {system}"
    return browser or system or raw.split("/", maxsplit=1)[0].split(maxsplit=1)[0][:40]
