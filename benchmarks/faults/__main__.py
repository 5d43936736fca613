"""Break things under load, read the history, and say what was found.

    python -m benchmarks.faults                       # the long run: 200,000 refreshes
    python -m benchmarks.faults --quick --seed 7      # the one of CI

It exits with 1 where the checker found what must not be.
"""

import argparse
import json
import random
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

from benchmarks.faults.checker import THIEF, Findings, check
from benchmarks.faults.history import read
from benchmarks.faults.nemesis import FAULTS
from benchmarks.faults.running import Options, run
from benchmarks.fleet import end_cleanly

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
    options.add_argument("--lose", type=float, default=0.05, help="the share of exchanges lost (default: %(default)s)")
    options.add_argument("--workers", type=int, default=None, help="of each of the three nodes")
    options.add_argument("--rounds", type=int, default=1, help="every fault so often at least (default: %(default)s)")
    options.add_argument("--faults", default=",".join(FAULTS), help="which, separated by commas (default: all)")
    options.add_argument(
        "--asynchronous", action="store_true", help="commits do not wait for the standby: see what it costs"
    )
    options.add_argument("--directory", type=Path, default=None, help="where history and logs are kept")
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
        clients=given.clients or (72 if quick else 1600),
        victims=8 if quick else 80,
        pause=(3.0, 4.0) if quick else (8.0, 12.0),
        grace=(1.0 if quick else 3.0) if given.grace is None else given.grace,
        patience=0.8 if quick else 2.5,
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
    lines = [f"{findings.seconds:.0f} s, {sum(findings.refreshes.values()):,} refreshes answered"]
    lines += [
        f"{findings.silences:,} requests without an answer",
        f"statuses {dict(sorted(findings.statuses.items()))}",
    ]
    lines += [f"faults {dict(findings.faults)}", f"thefts {findings.thefts}, noticed {findings.noticed}"]
    lines.append(f"sign-outs acknowledged {findings.sign_outs}")
    lines.append(f"{'honest clients signed out':40}")
    for kind, refreshes in findings.refreshes.items():
        if kind != THIEF:
            lines.append(f"  {kind:38}{findings.signed_out_of(kind):>6} in {refreshes:,} refreshes")
    lines += [f"{name:40}{count:>6}" for name, count in findings.violations.items()]
    return lines


def _told(findings: Findings, options: Options | None, more: dict[str, Any]) -> dict[str, Any]:
    return {
        "seed": None if options is None else options.seed,
        "refreshes": dict(findings.refreshes),
        "signed_out": {kind: len(each) for kind, each in findings.signed_out.items()},
        "violations": findings.violations,
        "sentences": findings.sentences,
        "thefts": findings.thefts,
        "noticed": findings.noticed,
        "faults": dict(findings.faults),
        "statuses": {str(status): count for status, count in sorted(findings.statuses.items())},
        "silences": findings.silences,
        "sign_outs": findings.sign_outs,
        "seconds": findings.seconds,
        **more,
    }


def _verdict(findings: Findings, *, one_in: int | None) -> int:
    missed = findings.missed(one_in=one_in)
    print(f"Goal: {'not reached: ' + '; '.join(missed) if missed else 'reached'}.")
    return int(bool(missed))


def main() -> int:
    """Run, check, tell."""
    given = _parser().parse_args()
    if given.check is not None:
        findings = check(read(given.check), grace=3.0 if given.grace is None else given.grace)
        print("\n".join([*_table(findings), *findings.sentences]))
        return _verdict(findings, one_in=None if given.quick else _ONE_IN)
    end_cleanly()
    given.seed = random.SystemRandom().randrange(1_000_000) if given.seed is None else given.seed
    options = _options(given)
    directory = given.directory or Path(tempfile.mkdtemp(prefix="keyturn-faults-"))
    directory.mkdir(parents=True, exist_ok=True)
    print(f"seed {options.seed}, history and logs in {directory}", flush=True)
    more = run(options, directory)
    findings = check(read(directory / "history.jsonl"), grace=options.grace)
    (directory / "findings.json").write_text(json.dumps(_told(findings, options, more), indent=2), encoding="utf-8")
    print("\n".join([*_table(findings), *findings.sentences[:50]]))
    lost = more["proxy"]
    told = f"{lost['requests lost']:,} requests and {lost['replies lost']:,} replies"
    print(f"Lost between clients and balancer: {told} of {lost['exchanges']:,}.")
    print("More silences are the faults', or a machine's that is too slow for the clients.")
    for name, why in more["missing"].items():
        print(f"NOT DONE: {name}: {why}")
    return _verdict(findings, one_in=None if given.quick else _ONE_IN)


if __name__ == "__main__":
    sys.exit(main())
