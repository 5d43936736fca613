"""Reading the documentation: pages, their blocks of code, their tables."""

import re
from pathlib import Path
from typing import Final

__all__ = ["ROOT", "Row", "block", "blocks", "page", "pages", "prose", "section", "table"]

ROOT: Final = Path(__file__).resolve().parents[2]

Row = dict[str, str]

_FENCE: Final = re.compile(r"^ *```[^\n]*\n.*?^ *```$", re.MULTILINE | re.DOTALL)
_CODE: Final = re.compile(r"`[^`\n]*`")


def pages() -> list[Path]:
    """Return every page, those of the root first."""
    return [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]


def page(name: str) -> str:
    """Return the text of a page, named from the root."""
    return (ROOT / name).read_text(encoding="utf-8")


def prose(text: str) -> str:
    """Return a page without its code."""
    return _CODE.sub("", _FENCE.sub("", text))


def blocks(text: str, marker: str) -> list[str]:
    """Return the fenced blocks that stand under ``<!-- marker -->``."""
    marked = re.compile(rf"^<!-- {re.escape(marker)} -->\s*^```[a-z]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
    return marked.findall(text)


def block(text: str, marker: str) -> str:
    """Return the one block under a marker.

    Raises:
        AssertionError: there is none, or more than one.
    """
    found = blocks(text, marker)
    assert len(found) == 1, f"{len(found)} blocks are marked {marker!r}"
    return found[0]


def section(text: str, heading: str) -> str:
    """Return what stands between a heading of the second level and the next one.

    Raises:
        AssertionError: there is no such heading.
    """
    found = re.search(rf"^## {re.escape(heading)}$(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    assert found, f"no section {heading!r}"
    return found[1]


def table(text: str, *columns: str) -> list[Row]:
    """Return the rows of the tables that have exactly these columns, each row by the names of its columns.

    Raises:
        AssertionError: there is no such table, or a row has another number of cells.
    """
    header = f"| {' | '.join(columns)} |"
    rows: list[Row] = []
    found = inside = False
    for line in text.splitlines():
        if line == header:
            found = inside = True
        elif inside and line.startswith("|"):
            cells = [cell.strip() for cell in line.removeprefix("|").removesuffix("|").split("|")]
            assert len(cells) == len(columns), line
            if set(cells) != {"---"}:
                rows.append(dict(zip(columns, cells, strict=True)))
        else:
            inside = False
    assert found, f"no table {header}"
    return rows
