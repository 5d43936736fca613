"""Keyturn beside its peers, in one run on one PostgreSQL.

    .venv/bin/python -m benchmarks.compare [--quick] [--only tutorial,keyturn] [--publish]

``make bench`` is the whole and publishes it in docs/performance.md; ``make bench-quick`` is short, prints its tables
and leaves its result in build/bench/results/quick. Everything that is measured is installed below build/bench, from the
lock files in benchmarks/peers. The load goes to this machine only, and all that was started is stopped.
"""

import argparse
import sys
import time
from dataclasses import replace
from typing import Final

from benchmarks.compare.peer import Peer
from benchmarks.compare.publish import publish, save
from benchmarks.compare.rounds import Plan, compare, install, say
from benchmarks.compare.tables import markdown
from benchmarks.fleet import end_cleanly
from benchmarks.peers.better_auth.peer import BetterAuth
from benchmarks.peers.dj_rest_auth.peer import DjRestAuth
from benchmarks.peers.fastapi_users.peer import FastapiUsers
from benchmarks.peers.keyturn.peer import Keyturn
from benchmarks.peers.oidc_provider.peer import OidcProvider
from benchmarks.peers.tutorial.peer import Tutorial, TutorialWithKeyturn

__all__ = ["ALL", "FULL", "QUICK", "main"]

ALL: Final[tuple[type[Peer], ...]] = (
    Tutorial,
    Keyturn,
    TutorialWithKeyturn,
    DjRestAuth,
    FastapiUsers,
    BetterAuth,
    OidcProvider,
)
FULL: Final = Plan(rounds=5, seconds=3.5, login_seconds=3, crowd_rounds=5, counted=400, windows=3, starts=3)
QUICK: Final = Plan(rounds=2, seconds=1, login_seconds=1, crowd_rounds=1, counted=160, windows=1, starts=1)


def main() -> int:
    """Measure, print, and keep or publish."""
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--quick", action="store_true", help="a few minutes; shows orders of magnitude")
    options.add_argument("--only", default="", help=f"of: {', '.join(peer.name for peer in ALL)}")
    options.add_argument("--rounds", type=int, help="how many")
    options.add_argument("--seconds", type=float, help="of each operation, backend and round")
    options.add_argument("--publish", action="store_true", help="write docs/performance.md")
    given = options.parse_args()
    names = given.only.split(",") if given.only else [peer.name for peer in ALL]
    if unknown := set(names) - {peer.name for peer in ALL}:
        options.error(f"--only knows no {', '.join(sorted(unknown))}")
    if "keyturn" not in names:
        options.error("--only must name keyturn: the tables compare with it")
    if given.publish and given.only:
        options.error("what is published has every peer in it")
    plan = QUICK if given.quick else FULL
    if given.rounds:
        plan = replace(plan, rounds=given.rounds, crowd_rounds=given.rounds)
    if given.seconds:
        plan = replace(plan, seconds=given.seconds, login_seconds=given.seconds)
    end_cleanly()
    began = time.monotonic()
    peers = install([peer() for peer in ALL if peer.name in names])
    if given.publish and len(peers) < len(ALL):
        say("Nothing is published: a peer is missing.")
        return 1
    command = "make bench" if given.publish else f"python -m benchmarks.compare {' '.join(sys.argv[1:])}".strip()
    result = compare(peers, plan, command=command)
    folder = save(result, "quick" if given.quick else "full")
    print(markdown(result))
    if given.publish:
        publish(result)
    say(f"{time.monotonic() - began:.0f} s; kept in {folder.relative_to(folder.parents[3])}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
