"""Steady honest work without and with a flood of every malformed request beside it, for ten minutes or more.

    .venv/bin/python -m benchmarks.soak [--minutes 10] [--rounds 10] [--flood 64] [--publish]

``keyturn serve`` with two workers on a PostgreSQL of its own. Sixteen honest connections refresh, read, verify, and
log in once a second, without pause; in one half of each round 64 more send what ``tests/bad_input/catalogue`` holds.
It exits with 1 where something is not as it has to be.
"""

import argparse
import random
import sys

from benchmarks.compare.environments import BUILD
from benchmarks.compare.publish import FOLDER, PAGE, between
from benchmarks.compare.rounds import say
from benchmarks.fleet import end_cleanly
from benchmarks.soak.results import Result, write
from benchmarks.soak.running import Options, run
from benchmarks.soak.tables import markdown, plot

__all__ = ["MARKS", "main", "text_of"]

MARKS = ("<!-- soak: begin; written by `benchmarks.soak` -->", "<!-- soak: end -->")


def text_of(result: Result) -> str:
    """What stands between the marks."""
    return f"![Lines: memory in each round](performance/soak.svg)\n\n{markdown(result)}"


def main() -> int:
    """Measure, print, keep or publish."""
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--minutes", type=float, default=10, help="of the rounds that count (%(default)s)")
    options.add_argument("--rounds", type=int, default=10, help="three at least (%(default)s)")
    options.add_argument("--warm-up", type=int, default=20, help="rounds before them (%(default)s)")
    options.add_argument("--flood", type=int, default=64, help="its connections (%(default)s)")
    options.add_argument("--seed", type=int, default=None, help="of the flood's order (default: a new one)")
    options.add_argument("--publish", action="store_true", help="write docs/performance.md")
    given = options.parse_args()
    if given.rounds < 3:
        options.error("--rounds must be three at least: two say nothing of noise")
    end_cleanly()
    seed = random.SystemRandom().randrange(1_000_000) if given.seed is None else given.seed
    say(f"seed {seed}")
    result = run(Options(given.minutes, given.rounds, given.flood, seed, given.warm_up))
    folder = FOLDER if given.publish else BUILD / "results" / "soak"
    write(result, folder / "soak.json")
    (folder / "soak.svg").write_text(plot(result), encoding="utf-8")
    print(markdown(result))
    for one in result.rounds:
        for words, count in one.worst.items():
            print(f"!!! {count} times {words}")
    if given.publish:
        PAGE.write_text(between(PAGE.read_text(encoding="utf-8"), text_of(result), marks=MARKS), encoding="utf-8")
    return 0 if all(check.is_good for check in result.checks()) else 1


if __name__ == "__main__":
    sys.exit(main())
