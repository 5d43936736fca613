"""The built web app (``scripts/web.py`` makes it, the wheel holds it): its two pages and the files they load."""

import re
from functools import lru_cache
from pathlib import Path
from typing import Final, Literal

from django.core.exceptions import ImproperlyConfigured

__all__ = ["DIRECTORY", "Build", "Page", "build", "forget", "page_around", "static_dirs"]

Page = Literal["app", "lab"]
Build = tuple[int, int]
"""Says which build it is: when its last file was written, in nanoseconds, and that file's number."""

DIRECTORY: Final = Path(__file__).parent / "web"

_CONFIGURATION: Final = re.compile(r'(<script type="application/json" id="keyturn">)(.*?)(</script>)', re.DOTALL)


def static_dirs() -> list[tuple[str, Path]]:
    """Return what ``STATICFILES_DIRS`` holds: nothing where the app was not built."""
    files = DIRECTORY / "static"
    return [("web", files)] if files.is_dir() else []


def build() -> Build | None:
    """Return which build lies there now; None where there is none, as for a moment while another takes its place."""
    try:
        found = (DIRECTORY / "build.json").stat()
    except FileNotFoundError:
        return None
    return found.st_mtime_ns, found.st_ino


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
    parts = _parts(page, build())
    return None if parts is None else f"{parts[0]}{configuration}{parts[1]}"


@lru_cache(maxsize=4)
def _parts(page: Page, _build: Build | None) -> tuple[str, str] | None:
    """What stands before and after the configuration. Read once a build: the page names the build's other files."""
    try:
        text = (DIRECTORY / f"{page}.html").read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    found = _CONFIGURATION.search(text)
    if found is None:
        raise ImproperlyConfigured(f"{page}.html has no place for its configuration; build it anew: make web")
    return text[: found.end(1)], text[found.start(3) :]
