"""Break things under load, read the history, and say what was found.

    python -m benchmarks.faults                       # the long run: 200,000 refreshes
    python -m benchmarks.faults --quick --seed 7      # the one of CI

It exits with 1 where the checker found what must not be.
"""

import argparse
import json
import math
import random
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from benchmarks.faults.calling import KINDS
from benchmarks.faults.checker import check
from benchmarks.faults.findings import THIEF, VICTIM, Findings
from benchmarks.faults.history import read
from benchmarks.faults.nemesis import FAULTS
from benchmarks.faults.publishing import publish
from benchmarks.faults.running import Options, run
from benchmarks.fleet import end_cleanly

_GRACE: Final = 5.0
_QUICK_GRACE: Final = 2.0
"""Seconds of ``REFRESH_GRACE``."""
_ONE_IN: Final = 10_000
"""Refreshes that may cost one session that is not bound by DPoP. The short run presses time too hard to say."""


def _parser() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(
        prog="python -m benchmarks.faults", description=(__doc__ or "").partition("\n")[0]
    )
    options.add_argument("--seed", type=int, default=None, help="of all that is decided by chance (default: a new one)")
    options.add_argument("--quick", action="store_true", help="fewer clients, every fault once")
    options.add_argument("--refreshes", type=int, default=None, help="so many at least")
    options.add_argument("--clients", type=int, default=None)
    options.add_argument("--lose", type=float, default=0.05, help="the share of replies lost (default: %(default)s)")
    options.add_argument("--workers", type=int, default=None, help="of each of the three nodes")
    options.add_argument("--rounds", type=int, default=1, help="every fault so often at least (default: %(default)s)")
    options.add_argument("--faults", default=",".join(FAULTS), help="which, separated by commas (default: all)")
    options.add_argument(
        "--asynchronous", action="store_true", help="commits do not wait for the standby: see what it costs"
    )
    options.add_argument("--directory", type=Path, default=None, help="where history and logs are kept")
    options.add_argument("--publish", action="store_true", help="write docs/performance.md, if it proves anything")
    options.add_argument("--check", type=Path, default=None, metavar="HISTORY", help="only read a history again")
    options.add_argument("--grace", type=float, default=None, help="REFRESH_GRACE, whole seconds")
    return options


def _options(given: argparse.Namespace) -> Options:
    faults = tuple(name.strip() for name in given.faults.split(",") if name.strip())
    if unknown := set(faults) - set(FAULTS):
        raise SystemExit(f"there is no fault {', '.join(sorted(unknown))}")
    quick = given.quick
    return Options(
        seed=given.seed,
        clients=given.clients or (72 if quick else 3600),
        victims=8 if quick else 100,
        pause=(5.0, 7.0) if quick else (12.0, 18.0),
        grace=(_QUICK_GRACE if quick else _GRACE) if given.grace is None else given.grace,
        lose=given.lose,
        refreshes=given.refreshes or (500 if quick else 200_000),
        seconds=20.0,
        rounds=given.rounds,
        faults=faults,
        quiet=(0.5, 1.5) if quick else (8.0, 16.0),
        hold=(0.5, 1.5) if quick else (2.0, 6.0),
        nodes=3,
        workers=given.workers or (1 if quick else 2),
        threads=4,
        is_synchronous=not given.asynchronous,
    )


def _table(findings: Findings) -> list[str]:
    lines = [f"{findings.seconds:.0f} s, {findings.answered:,} refreshes of honest clients answered"]
    lines.append(f"statuses {dict(sorted(findings.statuses.items()))}, {findings.silences:,} without an answer")
    for fault, times in findings.faults.items():
        lines.append(f"  {fault:28}{times:>4} times, {findings.effects[fault]:>4} seen to have their effect")
    told = f"thefts {findings.thefts}, thieves let in {findings.let_in}, noticed {findings.noticed}"
    lines.append(f"{told}; sign-outs answered {findings.sign_outs}")
    lines.append(f"tokens tried after their session's end {findings.tried_after_the_end}")
    lines.append("honest clients signed out")
    for kind, refreshes in findings.refreshes.items():
        if kind not in {THIEF, VICTIM}:
            lost = findings.unanswered[kind] / findings.asked[kind]
            told = f"{refreshes:,} refreshes, {lost:.1%} of the tries without an answer"
            lines.append(f"  {kind:38}{findings.signed_out_of(kind):>6} in {told}")
    return [*lines, *(f"{name:40}{count:>6}" for name, count in findings.violations.items())]


def _told(findings: Findings, options: Options, more: dict[str, Any]) -> dict[str, Any]:
    return {
        "seed": options.seed,
        "options": asdict(options),
        "refreshes": dict(findings.refreshes),
        "signed_out": {kind: len(each) for kind, each in findings.signed_out.items()},
        "violations": findings.violations,
        "sentences": findings.sentences,
        "thefts": findings.thefts,
        "noticed": findings.noticed,
        "faults": dict(findings.faults),
        "effects": dict(findings.effects),
        "asked": dict(findings.asked),
        "unanswered": dict(findings.unanswered),
        "let_in": findings.let_in,
        "rows": findings.rows,
        "tried_after_the_end": findings.tried_after_the_end,
        "statuses": {str(status): count for status, count in sorted(findings.statuses.items())},
        "silences": findings.silences,
        "sign_outs": findings.sign_outs,
        "seconds": findings.seconds,
        **more,
    }


def _unproved(findings: Findings, options: Options | None, more: dict[str, Any]) -> list[str]:
    """Why the run proves nothing, or less than it was to."""
    kinds = [kind.name for kind in KINDS]
    if options is None:
        return findings.hollow(kinds=kinds)
    found = findings.hollow(faults=[name for name in options.faults if name not in more["missing"]], kinds=kinds)
    found += [f"not done: {name}: {why}" for name, why in more["missing"].items() if name in options.faults]
    if findings.answered < options.refreshes:
        found.append(f"{findings.answered} refreshes, not {options.refreshes}")
    lost, of = more["proxy"]["replies lost"], more["proxy"]["exchanges"]
    # Four standard deviations below what the proxy is told to lose.
    if lost < options.lose * of - 4 * math.sqrt(options.lose * of):
        found.append(f"{lost} replies lost of {of}, and it were to be {options.lose:.1%}")
    return found


def _verdict(findings: Findings, unproved: list[str], *, one_in: int | None) -> int:
    missed = findings.missed(one_in=one_in)
    print(f"Goal: {'not reached: ' + '; '.join(missed) if missed else 'reached'}.")
    if unproved:
        print(f"It proves less than it was to: {'; '.join(unproved)}.")
    return int(bool(missed or unproved))


def main() -> int:
    """Run, check, tell."""
    given = _parser().parse_args()
    one_in = None if given.quick else _ONE_IN
    if given.check is not None:
        grace = (_QUICK_GRACE if given.quick else _GRACE) if given.grace is None else given.grace
        findings = check(read(given.check), grace=grace)
        print("\n".join([*_table(findings), *findings.sentences]))
        return _verdict(findings, _unproved(findings, None, {}), one_in=one_in)
    if given.publish and given.quick:
        raise SystemExit("the quick run presses time too hard to be published")
    end_cleanly()
    given.seed = random.SystemRandom().randrange(1_000_000) if given.seed is None else given.seed
    options = _options(given)
    # The nodes work elsewhere.
    directory = (given.directory or Path(tempfile.mkdtemp(prefix="keyturn-faults-"))).resolve()
    directory.mkdir(parents=True, exist_ok=True)
    print(f"seed {options.seed}, history and logs in {directory}", flush=True)
    more = run(options, directory)
    findings = check(read(directory / "history.jsonl"), grace=options.grace)
    unproved = _unproved(findings, options, more)
    told = _told(findings, options, {**more, "hollow": unproved})
    (directory / "findings.json").write_text(json.dumps(told, indent=2), encoding="utf-8")
    if given.publish and not unproved:
        publish(told)
    print("\n".join([*_table(findings), *findings.sentences[:50]]))
    lost, late = more["proxy"], more["late"]
    share = f"{lost['replies lost'] / max(lost['exchanges'], 1):.1%}"
    print(f"Lost on the way: {lost['replies lost']:,} replies ({share}), {lost['requests lost']:,} requests.")
    print(
        f"The clients themselves were late by {late['p99']:.3f} s at the 99th percentile, {late['most']:.3f} s at most."
    )
    return _verdict(findings, unproved, one_in=one_in)


if __name__ == "__main__":
    sys.exit(main())
