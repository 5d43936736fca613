"""The asynchronous verifier decides the same, and the event loop never waits for Keyturn."""

import asyncio
import time

import pytest

from keyturn.errors import Reason, RefusedError, UnavailableError
from keyturn.verifier import AsyncVerifier
from tests.bad_input.forgery import claims_of
from tests.verifier.fake import CLIENT


def verifier_of(keyturn, **options) -> AsyncVerifier:
    credentials = {"client_id": CLIENT[0], "client_secret": CLIENT[1], "poll_interval": 0.02, "staleness": 20.0}
    return AsyncVerifier(keyturn.issuer, **{"audience": "orders", **credentials, **options})


async def until(condition, seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not await condition():
        assert time.monotonic() < end
        await asyncio.sleep(0.01)


async def verdict(verifier, raw) -> str:
    try:
        await verifier.verify(raw)
    except RefusedError as error:
        return error.reason.value
    except UnavailableError:
        return "unavailable"
    return "good"


def test_it_decides_as_the_other_one_does(keyturn):
    async def story():
        async with verifier_of(keyturn) as verifier:
            raw = keyturn.token()
            token = await verifier.verify(raw)
            assert token.subject == "7"
            assert await verdict(verifier, keyturn.token(aud="mail")) == "wrong_audience"
            assert await verdict(verifier, keyturn.token(exp=1)) == "expired"
            assert await verdict(verifier, keyturn.token(header={"kid": "made-up"})) == "unknown_key"
            assert await verdict(verifier, "no token") == "malformed"
            keyturn.revoke(claims_of(raw)["sid"])

            async def refused():
                return await verdict(verifier, raw) == "session_revoked"

            await until(refused)
            assert await verifier.wait_until_ready(20)
            assert verifier.status().revoked == 1

    asyncio.run(story())


class Ticks:
    """Counts how often the loop turns while something else goes on."""

    def __init__(self) -> None:
        self.number = 0

    async def run(self) -> None:
        while True:
            await asyncio.sleep(0.005)
            self.number += 1


def test_the_loop_goes_on_while_keyturn_does_not_answer(keyturn):
    """Many tokens wait for a Keyturn that stalls; the loop turns all the while."""

    async def story():
        keyturn.faults = {"metadata": "stall"}
        # Signed before: it asks for keys as soon as it is there, and once it knows that there are none nobody waits.
        tokens = [keyturn.token() for _ in range(30)]
        async with verifier_of(keyturn, timeout=1.0) as verifier:
            ticks = Ticks()
            ticking = asyncio.create_task(ticks.run())
            verdicts = await asyncio.gather(*(verdict(verifier, raw) for raw in tokens))
            ticking.cancel()
            assert set(verdicts) == {"unavailable"}
            # It would be one or two, had a single question been asked on the loop.
            assert ticks.number > 10

    asyncio.run(story())


def test_past_the_bound_it_introspects_in_threads(keyturn):
    async def story():
        async with verifier_of(keyturn, staleness=0.3) as verifier:
            assert await verifier.wait_until_ready(20)
            revoked, good = keyturn.token(), keyturn.token()
            keyturn.faults["revocations"] = 500
            keyturn.revoked.add(claims_of(revoked)["sid"])

            async def stale():
                return not verifier.status().ready

            await until(stale)
            both = await asyncio.gather(verdict(verifier, revoked), verdict(verifier, good))
            assert list(both) == ["session_revoked", "good"]
            keyturn.go_offline()
            assert await verdict(verifier, good) == "unavailable"

    asyncio.run(story())


def test_a_cancelled_request_harms_no_other(keyturn):
    async def story():
        keyturn.faults = {"metadata": "stall"}
        async with verifier_of(keyturn, timeout=0.5) as verifier:
            task = asyncio.create_task(verifier.verify(keyturn.token()))
            await asyncio.sleep(0.05)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            keyturn.faults.clear()
            keyturn.let_go.set()

            async def good():
                return await verdict(verifier, keyturn.token()) == "good"

            await until(good)

    asyncio.run(story())


def test_after_closing_nothing_is_decided(keyturn):
    async def story():
        verifier = verifier_of(keyturn)
        await verifier.verify(keyturn.token())
        await verifier.close()
        with pytest.raises(UnavailableError, match="closed"):
            await verifier.verify(keyturn.token())
        assert not verifier.status().ready

    asyncio.run(story())


def test_the_same_contradictions_are_refused():
    with pytest.raises(ValueError, match="feed=False"):
        AsyncVerifier("https://auth.example.com")
    assert Reason.SESSION_REVOKED.value == "session_revoked"
