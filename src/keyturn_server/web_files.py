"""The built web app (``scripts/web.py`` makes it, the wheel holds it): its two pages and the files they load."""

import re
from functools import cache
from pathlib import Path
from typing import Final, Literal

from django.core.exceptions import ImproperlyConfigured

__all__ = ["DIRECTORY", "Page", "forget", "page_around", "static_dirs"]

Page = Literal["app", "lab"]

DIRECTORY: Final = Path(__file__).parent / "web"

_CONFIGURATION: Final = re.compile(r'(<script type="application/json" id="keyturn">)(.*?)(</script>)', re.DOTALL)


def static_dirs() -> list[tuple[str, Path]]:
    """Return what ``STATICFILES_DIRS`` holds: nothing where the app was not built."""
    files = DIRECTORY / "static"
    return [("web", files)] if files.is_dir() else []


def forget() -> None:
    """Read the pages anew when they are next asked for."""
    _parts.cache_clear()


def page_around(configuration: str, page: Page = "app") -> str | None:
    """Return the page's HTML with ``configuration`` in the place that it has for it; None where it was not built.

    Args:
        configuration: JSON that is safe inside a ``script`` element.
        page: which of the two.

    Raises:
        ImproperlyConfigured: the page has no such place.
    """
    parts = _parts(page)
    return None if parts is None else f"{parts[0]}{configuration}{parts[1]}"


@cache
def _parts(page: Page) -> tuple[str, str] | None:
    """What stands before and after the configuration. Read once a process, as the files beside it are listed once."""
    try:
        text = (DIRECTORY / f"{page}.html").read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    found = _CONFIGURATION.search(text)
    if found is None:
        raise ImproperlyConfigured(f"{page}.html has no place for its configuration; build it anew: make web")
    return text[: found.end(1)], text[found.start(3) :]
