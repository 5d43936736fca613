"""The clients: honest ones, who refresh, use, sign out and in again and try what has no answer again; and thieves."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Final

from benchmarks.asking import Answer
from benchmarks.faults.calling import Caller, Kind, word_of
from benchmarks.faults.findings import FINAL, THIEF
from benchmarks.faults.history import Recorder, What, stamp
from benchmarks.faults.nodes import PASSWORD

__all__ = ["Honest", "Plan", "steal"]

_USES: Final = 0.3
"""The share of refreshes after which the access token is used."""
_SIGN_OUTS: Final = 0.02
"""The share of refreshes after which the user signs out, and in again."""
_PAUSES: Final = (0.5, 1.0, 2.0, 4.0)
"""Seconds between two tries at the real pace, unless the answer says how long (docs/how-to/front-end.md)."""
_LOOKS: Final = 5.0
"""Seconds after which a client that waits for its next refresh looks whether all is over."""
_AFTER_THE_END: Final = 1.3
"""Seconds after a sign-out at which the access token must be dead everywhere."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How all clients behave.

    Args:
        port: of the server, on loopback.
        recorder: of the history.
        pause: seconds between two refreshes, from and to.
        pace: by what all waiting is shorter than at the real pace, at which the grace time is ten seconds.
        is_over: says whether to come to an end.
    """

    port: int
    recorder: Recorder
    pause: tuple[float, float]
    pace: float
    is_over: Callable[[], bool]


def _last_word(answer: Answer) -> bool:
    """Whether an answer signs the client out."""
    return answer.status == 401 and word_of(answer) in FINAL


class Honest:
    """A user's program.

    Args:
        number: of the user.
        kind: how it is recognised.
        plan: how it behaves.
        rng: its own.

    Attributes:
        refreshes: how often it was answered with tokens.
        sessions: how many sessions it has had.
        refreshed_at: when it got the tokens that it holds, and
        due_at: when it will ask for the next ones; seconds on the steady clock.
    """

    def __init__(self, number: int, kind: Kind, plan: Plan, rng: Random) -> None:
        self._username = f"user{number}"
        self._plan = plan
        self._rng = rng
        self.caller = Caller(f"client {number}", kind, plan.port, plan.recorder, plan.pace)
        self.refreshes = 0
        self.sessions = 0
        self.is_in = False
        self.refreshed_at = self.due_at = 0.0
        self._move = asyncio.Event()

    async def moves(self) -> None:
        """Wait until it has got tokens once more."""
        await self._move.wait()

    def _got_tokens(self) -> None:
        self.refreshed_at = time.monotonic()
        self.due_at = self.refreshed_at + self._rng.uniform(*self._plan.pause)
        self._move.set()
        self._move = asyncio.Event()

    async def live(self) -> None:
        """Refresh again and again until the plan is over, and a last good answer has come."""
        try:
            self.due_at = time.monotonic() + self._rng.uniform(0, self._plan.pause[1])
            while not self._plan.is_over():
                await asyncio.sleep(min(max(self.due_at - time.monotonic(), 0.0), _LOOKS))
                if time.monotonic() >= self.due_at:
                    await self._turn()
            # Not everybody at once.
            await asyncio.sleep(self._rng.uniform(0, self._plan.pause[0] / 2))
            await self._refresh()
        finally:
            self.caller.close()

    async def _turn(self) -> None:
        if not await self._refresh():
            await self.sign_in()
            return
        if self._rng.random() < _USES:
            await self.caller.use()
        if self._rng.random() < _SIGN_OUTS:
            await self._sign_out()
            await self.sign_in()

    async def _again(self, tries: int, answer: Answer) -> None:
        """A pause before the next try: as long as the answer says, else longer each time."""
        told = answer.headers.get("retry-after", "")
        pause = float(told) if told.isdigit() else _PAUSES[min(tries, len(_PAUSES) - 1)]
        await asyncio.sleep(pause * self._plan.pace * self._rng.uniform(0.8, 1.2))

    async def sign_in(self) -> None:
        """Open a session."""
        tries = 0
        while (answer := await self.caller.sign_in(self._username, PASSWORD)).status != 200:
            await self._again(tries, answer)
            tries += 1
        self.is_in = True
        self.sessions += 1
        self._got_tokens()

    async def _refresh(self) -> bool:
        """Ask until there is an answer; only the server's last word ends the session (ADR 0031).

        Returns:
            Whether there still is a session.
        """
        key = Caller.new_key() if self.caller.kind.keyed else ""
        tries = 0
        while (answer := await self.caller.trade(tries=tries, key=key)).status != 200:
            if _last_word(answer):
                self.is_in = False
                return False
            await self._again(tries, answer)
            tries += 1
        self.refreshes += 1
        self._got_tokens()
        return True

    async def _sign_out(self) -> None:
        """End the session, and try whether it has ended."""
        cookies = dict(self.caller.cookies)
        tries = 0
        while not 200 <= (answer := await self.caller.sign_out()).status < 300 and not _last_word(answer):
            await self._again(tries, answer)
            tries += 1
        self.is_in = False
        await asyncio.sleep(_AFTER_THE_END)
        for _ in range(3):
            await self.caller.use()
        # The reply has taken the cookie away. Somebody may have a copy.
        device = self.caller.cookies
        self.caller.cookies = cookies
        await self.caller.trade()
        self.caller.cookies = device


async def steal(victim: Honest, number: int, plan: Plan) -> None:
    """Copy a victim's refresh token, and use the copy between the victim's own refreshes until it is dead.

    The thief imitates the victim's user agent; the device cookie and the key he has not. He keeps out of the grace
    time, in which nobody could tell him from another tab.
    """
    thief = Caller(f"thief {number}", Kind(THIEF), plan.port, plan.recorder, plan.pace, victim.caller.agent)
    thief.refresh = victim.caller.refresh
    plan.recorder.note(What.THEFT, who=thief.name, sid=stamp(thief.refresh)["sid"])
    try:
        while not plan.is_over():
            seen = victim.refreshed_at
            # In the middle between two refreshes of the victim's.
            await asyncio.sleep(max((victim.due_at + seen) / 2 - time.monotonic(), 0.1))
            if _last_word(await thief.trade()):
                return
            if victim.refreshed_at == seen:
                await victim.moves()
    finally:
        thief.close()
