"""A soak's result as Markdown and as a plot. Every figure comes from the result; none is typed in."""

import statistics

from benchmarks.plots import Course, courses, figure
from benchmarks.soak.results import HOLDINGS, Result

__all__ = ["markdown", "plot"]


def _table(head: list[str], rows: list[list[str]]) -> str:
    return "\n".join(f"| {' | '.join(line)} |" for line in (head, ["---"] * len(head), *rows))


def _honest(result: Result) -> str:
    rows = []
    for kind, connections in result.connections.items():
        quiet, flooded = (
            statistics.median(getattr(one, name).rate(kind) for one in result.rounds) for name in ("quiet", "flooded")
        )
        cells = [
            f"{kind}, over {connections}",
            figure(result.costs[kind]),
            figure(quiet),
            figure(flooded),
            f"**{result.ratio(kind):.2f}**",
        ]
        for name in ("p50", "p99"):
            cells += [figure(result.latency(kind, name, flooded=flooded)) for flooded in (False, True)]
        rows.append(cells)
    head = [
        "honest requests",
        "processor, ms",
        "a second",
        "flooded",
        "times",
        "p50, ms",
        "flooded",
        "p99, ms",
        "flooded",
    ]
    return _table(head, rows)


def _flood(result: Result) -> str:
    statuses = result.statuses()
    seconds = sum(one.flooded.seconds for one in result.rounds)
    told = ", ".join(f"{status} {count:,} times" for status, count in sorted(statuses.items()))
    refused = ", ".join(f"{status} {count:,} times" for status, count in sorted(result.refused().items())) or "none"
    return (
        f"The flood sent {figure(statuses.total() / seconds)} requests a second over {result.flood} connections, out of"
        f" {result.catalogue:,} different ones, each of {figure(result.price)} ms of processor time of server and"
        f" database. Its share of the load was **{result.share:.0%}**; of the honest work **{result.worth:.0%}** was"
        f" done beside it. Its answers: {told}. Honest requests not answered as they asked: {refused}."
    )


def _holdings(result: Result) -> str:
    rows = []
    for name, (title, most) in HOLDINGS.items():
        growth = result.growth(name)
        bounds = f"**{growth.middle:+.1f}** ({growth.low:+.1f} to {growth.high:+.1f})"
        rows.append([title, f"{growth.first:.1f}", f"{growth.last:.1f}", bounds, f"{most:g}"])
    return _table(["held by the server", "first round", "last round", "growth (95 % bounds)", "counts from"], rows)


def _checks(result: Result) -> str:
    rows = [[check.name, check.told, check.wanted, "yes" if check.is_good else "**NO**"] for check in result.checks()]
    return _table(["", "measured", "wanted", ""], rows)


def plot(result: Result) -> str:
    """Memory, round by round."""
    found = [
        Course("without the flood", [one.quiet.memory for one in result.rounds]),
        Course("with it", [one.flooded.memory for one in result.rounds]),
    ]
    return courses("Memory of all processes of the server in each round, MB", found)


def markdown(result: Result) -> str:
    """The whole of it."""
    machine = result.machine
    head = (
        f"Taken on {result.taken} at commit `{result.commit}`, on {machine.cores} cores ({machine.processor}),"
        f" {machine.system}, PostgreSQL {machine.postgres}: {len(result.rounds)} rounds in {result.minutes:g} minutes,"
        f" after {result.warm_up} to warm up."
    )
    return "\n\n".join([head, _honest(result), _flood(result), _holdings(result), _checks(result)]) + "\n"
