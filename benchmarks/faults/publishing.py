"""Puts what a run of faults found where people read it. Every figure comes from ``findings.json``; none is typed in."""

import json
from collections.abc import Mapping
from typing import Any, Final

from benchmarks.compare.publish import FOLDER, PAGE, between
from benchmarks.compare.rounds import commit

__all__ = ["MARKS", "kept", "markdown", "publish"]

MARKS: Final = ("<!-- faults: begin; written by `benchmarks.faults` -->", "<!-- faults: end -->")
_NOT_HONEST: Final = frozenset({"thief", "with a thief"})
_A: Final = 10_000
"""Refreshes that log-outs are told for."""
_LEFT_OUT: Final = frozenset({"sentences"})


def kept(told: Mapping[str, Any]) -> dict[str, Any]:
    """What is kept beside the page: everything but the sentences, which name moments of one run."""
    return {"commit": commit(), **{name: value for name, value in told.items() if name not in _LEFT_OUT}}


def _table(head: list[str], rows: list[list[str]]) -> str:
    return "\n".join(f"| {' | '.join(line)} |" for line in (head, ["---"] * len(head), *rows))


def _refreshes(told: Mapping[str, Any]) -> int:
    """All but the thieves'."""
    return sum(count for kind, count in told["refreshes"].items() if kind != "thief")


def _clients(told: Mapping[str, Any]) -> str:
    rows = []
    for kind, refreshes in told["refreshes"].items():
        if kind in _NOT_HONEST:
            continue
        out = told["signed_out"].get(kind, 0)
        lost = told["unanswered"].get(kind, 0) / max(1, told["asked"].get(kind, 0))
        rows.append([kind, f"{refreshes:,}", f"{lost:.1%}", f"**{out}**", f"{out * _A / max(1, refreshes):.2g}"])
    head = ["honest clients, bound to", "refreshes", "tries without an answer", "signed out", f"in {_A:,} refreshes"]
    return _table(head, rows)


def _counts(told: Mapping[str, Any]) -> str:
    rows = [[name, f"**{count:,}**"] for name, count in told["violations"].items()]
    rows += [
        ["tokens stolen, of these let in, noticed", f"{told['thefts']}, {told['let_in']}, {told['noticed']}"],
        ["sign-outs answered, tokens tried after them", f"{told['sign_outs']:,}, {told['tried_after_the_end']:,}"],
        ["sessions in the database at the end", f"{told['rows']:,}"],
    ]
    return _table(["all clients", ""], rows)


def _faults(told: Mapping[str, Any]) -> str:
    done = (f"{name} {count} times" if count > 1 else f"{name} once" for name, count in sorted(told["faults"].items()))
    statuses = ", ".join(f"{status} {count:,} times" for status, count in told["statuses"].items())
    proxy = told["proxy"]
    return (
        f"Done, and each seen: {', '.join(done)}. Lost on the way: {proxy['replies lost']:,} replies and"
        f" {proxy['requests lost']:,} requests of {proxy['exchanges']:,}. Answers: {statuses}; {told['silences']:,}"
        " requests had none."
    )


def markdown(told: Mapping[str, Any]) -> str:
    """The tables.

    Args:
        told: what ``findings.json`` holds, or what of it was kept.
    """
    refreshes, minutes = _refreshes(told), told["seconds"] / 60
    first = f"{refreshes:,} refreshes in {minutes:.0f} minutes, seed {told['seed']}, commit `{told['commit']}`."
    return "\n\n".join([first, _clients(told), _counts(told), _faults(told)]) + "\n"


def publish(told: Mapping[str, Any]) -> None:
    """Write ``docs/performance.md`` between its marks, and what was found beside it.

    Raises:
        ValueError: the run proves less than it was to.
    """
    if told["hollow"]:
        raise ValueError(f"not published: {'; '.join(told['hollow'])}")
    found = kept(told)
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / "faults.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    PAGE.write_text(between(PAGE.read_text(encoding="utf-8"), markdown(found), marks=MARKS), encoding="utf-8")
