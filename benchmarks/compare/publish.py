"""Puts a result where people read it: the JSON, the tables between two marks of a page, the plots beside it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from benchmarks.compare.calls import Operation
from benchmarks.compare.environments import BUILD, ROOT
from benchmarks.compare.results import Result, write
from benchmarks.compare.tables import markdown
from benchmarks.plots import Bar, Range, bars, ranges

__all__ = ["FOLDER", "MARKS", "PAGE", "between", "plots", "publish", "save", "text_of"]

PAGE: Final = ROOT / "docs" / "performance.md"
FOLDER: Final = ROOT / "docs" / "performance"
MARKS: Final = ("<!-- comparison: begin; written by `make bench` -->", "<!-- comparison: end -->")


def plots(result: Result) -> dict[str, str]:
    """The plots, by file name."""
    backends = list(result.backends.values())
    titles: Mapping[Operation, str] = {"refresh": "Refreshes a second", "get": "Authenticated GETs a second"}
    made = {}
    for operation, title in titles.items():
        rows = [Bar(one.title, [one.median(operation, "rate")] if operation in one.samples else []) for one in backends]
        made[f"{operation}.svg"] = bars(title, rows)
    made["processor.svg"] = bars(
        "Processor time of a refresh, ms",
        [Bar(one.title, [one.median("refresh", "server"), one.median("refresh", "database")]) for one in backends],
        series=("server", "database"),
    )
    made["latency.svg"] = ranges(
        "A refresh at 16 connections, ms: p50, p95, p99",
        [Range(one.title, [one.median("refresh", f"p{share}") for share in (50, 95, 99)]) for one in backends],
    )
    return made


def between(page: str, text: str, *, marks: tuple[str, str] = MARKS) -> str:
    """Return a page with the text between two marks.

    Raises:
        ValueError: a mark is missing.
    """
    begin, end = marks
    before, began, rest = page.partition(begin)
    _, ended, after = rest.partition(end)
    if not began or not ended:
        raise ValueError("the page has no marks to write between")
    return f"{before}{begin}\n\n{text.strip()}\n\n{end}{after}"


def _pictures(result: Result) -> str:
    alternatives = {
        "refresh.svg": "Bars: refreshes a second of each backend",
        "get.svg": "Bars: authenticated GETs a second of each backend",
        "processor.svg": "Bars: processor time of a refresh in each backend",
        "latency.svg": "Ranges: latency of a refresh in each backend",
    }
    return "\n\n".join(f"![{alternatives[name]}](performance/{name})" for name in plots(result))


def text_of(result: Result) -> str:
    """What stands between the marks."""
    return f"{_pictures(result)}\n\n{markdown(result)}"


def publish(result: Result) -> None:
    """Write ``docs/performance.md`` between its marks, the plots and the JSON beside it."""
    FOLDER.mkdir(exist_ok=True)
    write(result, FOLDER / "comparison.json")
    for name, drawn in plots(result).items():
        (FOLDER / name).write_text(drawn, encoding="utf-8")
    PAGE.write_text(between(PAGE.read_text(encoding="utf-8"), text_of(result)), encoding="utf-8")


def save(result: Result, name: str) -> Path:
    """Write a result below ``build/bench`` and leave the documentation alone.

    Returns:
        The folder.
    """
    folder = BUILD / "results" / name
    write(result, folder / "comparison.json")
    (folder / "comparison.md").write_text(markdown(result), encoding="utf-8")
    for file, drawn in plots(result).items():
        (folder / file).write_text(drawn, encoding="utf-8")
    return folder
