"""A result as Markdown. Every figure comes from the result; none is typed in."""

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from benchmarks.compare.calls import OPERATIONS, Operation
from benchmarks.compare.results import BASE, BackendResult, Result
from benchmarks.plots import figure

__all__ = ["GOALS", "markdown"]

_NAMES: Final[dict[Operation, str]] = {"refresh": "refresh", "get": "GET", "verify": "verify", "login": "login"}
_NONE: Final = "-"
_OURS: Final = "keyturn"

Reading = Callable[[Result], float | None]


def _crowd(result: Result) -> float | None:
    own = result.backends[_OURS]
    return own.crowd_median("p99") / own.crowd_median("p50") if own.crowd else None


def _count(name: str) -> Reading:
    def read(result: Result) -> float | None:
        counts = result.backends[_OURS].counts.get("refresh")
        return None if counts is None else float(getattr(counts, name))

    return read


def _ratio(operation: Operation, base: str = BASE) -> Reading:
    return lambda result: result.ratio(_OURS, operation, base=base)


GOALS: Final[Sequence[tuple[str, Reading, float, float, bool]]] = (
    ("refresh, times the tutorial's backend", _ratio("refresh"), 12, 8, True),
    ("refresh, times node oidc-provider", _ratio("refresh", "oidc_provider"), 3, 2, True),
    ("authenticated GET, times the tutorial's backend", _ratio("get"), 8, 5, True),
    ("verify, times the tutorial's backend", _ratio("verify"), 5, 3, True),
    ("statements per refresh", _count("statements"), 1, 2, False),
    ("rows left by a refresh", _count("rows"), 0, 0, False),
    ("bytes of write-ahead log per refresh", _count("wal"), 160, 250, False),
    (
        "memory of all processes, two workers, after all load, logins too, MB",
        lambda result: result.backends[_OURS].memory[1],
        200,
        250,
        False,
    ),
    ("p99 of refresh at 64 connections, times its p50", _crowd, 3, 5, False),
)
"""What, how to read it, the goal, the least that will do, and whether more is better."""


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _shown(value: float | None) -> str:
    return _NONE if value is None else figure(value)


def _rates(result: Result) -> str:
    def row(name: str, backend: BackendResult) -> list[str]:
        cells = [backend.title]
        for operation in OPERATIONS:
            if operation not in backend.samples:
                cells += [_NONE, ""]
                continue
            ratio = result.ratio(name, operation)
            cells += [figure(backend.median(operation, "rate")), "" if ratio is None else f"**{figure(ratio)}**"]
        return cells

    head = ["a second"]
    for operation in OPERATIONS:
        head += [_NAMES[operation], "times"]
    return _table(head, (row(name, backend) for name, backend in result.backends.items()))


def _latencies(result: Result) -> str:
    def row(backend: BackendResult) -> list[str]:
        cells = [backend.title, *(figure(backend.median("refresh", f"p{share}")) for share in (50, 95, 99))]
        if not backend.crowd:
            return [*cells, *[_NONE] * 4]
        few, many = backend.crowd_median("p50"), backend.crowd_median("p99")
        return [*cells, figure(few), figure(backend.crowd_median("p95")), figure(many), figure(many / few)]

    head = ["a refresh, ms", "p50", "p95", "p99", "at 64: p50", "p95", "p99", "p99 / p50"]
    return _table(head, (row(backend) for backend in result.backends.values()))


def _processor(result: Result) -> str:
    def cell(backend: BackendResult, operation: Operation) -> str:
        if operation not in backend.samples:
            return _NONE
        return f"{figure(backend.median(operation, 'server'))} + {figure(backend.median(operation, 'database'))}"

    head = ["processor time, ms: server + database", *(_NAMES[operation] for operation in OPERATIONS)]
    rows = ([one.title, *(cell(one, operation) for operation in OPERATIONS)] for one in result.backends.values())
    return _table(head, rows)


def _database(result: Result) -> str:
    def cells(backend: BackendResult, operation: Operation) -> list[str]:
        counts = backend.counts.get(operation)
        if counts is None:
            return [_NONE] * 4
        said = f"{counts.statements:.1f} + {counts.commands:.1f}".replace(".0", "")
        return [said, f"{counts.rows:.1f}".replace(".0", ""), f"{counts.bytes:,.0f}", f"{counts.wal:,.0f}"]

    head = ["", "refresh: statements + commands", "rows", "bytes", "log, bytes"]
    head += ["login: statements + commands", "rows", "bytes", "log, bytes"]
    found = result.backends.values()
    return _table(head, ([one.title, *cells(one, "refresh"), *cells(one, "login")] for one in found))


def _rest(result: Result) -> str:
    def row(backend: BackendResult) -> list[str]:
        starts = sorted(backend.cold_start)
        return [backend.title, *map(figure, backend.memory), figure(starts[len(starts) // 2])]

    head = ["", "memory before, MB", "after all load, MB", "cold start, s"]
    return _table(head, (row(backend) for backend in result.backends.values()))


def _goals(result: Result) -> str:
    def row(name: str, read: Reading, goal: float, least: float, more: bool) -> list[str]:  # noqa: FBT001 - a row of GOALS
        value = read(result)
        if value is None:
            return [name, f"{goal:g}", f"{least:g}", _NONE, "not measured"]
        # Half of the last digit shown: one statement is 1.00, whatever polls came between.
        slack = 0.02 if goal <= 1 else 0.0
        verdict = "missed"
        if (value >= least) if more else (value <= least + slack):
            verdict = "reached" if ((value >= goal) if more else (value <= goal + slack)) else "at least that"
        return [name, f"{goal:g}", f"{least:g}", f"**{figure(value)}**", verdict]

    return _table(["Keyturn", "goal", "at least", "measured", ""], (row(*goal) for goal in GOALS))


def _machine(result: Result) -> str:
    machine = result.machine
    fastest = max(
        (backend.median(operation, "rate"), f"{_NAMES[operation]} of {backend.title}")
        for backend in result.backends.values()
        for operation in backend.samples
    )
    bare, times = result.bare["rate"], result.bare["rate"] / fastest[0]
    return (
        f"Taken on {result.taken} with `{result.command}` at commit `{result.commit}`, on {machine.cores} cores"
        f" ({machine.processor}), {machine.system}, PostgreSQL {machine.postgres}; the machine's load before was"
        f" {machine.load:g}. Against a server that does nothing the driver reached {figure(bare)} requests a second,"
        f" {figure(times)} times the fastest figure here ({fastest[1]}), and used"
        f" {1_000 * result.bare['driver']:.0f} µs of processor time for each."
    )


def _made_of(result: Result) -> str:
    lines = []
    for backend in result.backends.values():
        versions = ", ".join(f"{name} {version}" for name, version in backend.versions.items())
        lines.append(f"- **{backend.title}** ({versions}). Its refresh: {backend.refresh_is}.")
    return "\n".join(lines)


def markdown(result: Result) -> str:
    """The whole of it."""
    parts = [_machine(result), _goals(result), _rates(result), _latencies(result), _processor(result)]
    if any(backend.counts for backend in result.backends.values()):
        parts.append(_database(result))
    return "\n\n".join([*parts, _rest(result), _made_of(result)]) + "\n"
