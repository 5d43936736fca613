"""The verifier itself beside a real Keyturn: revocations, keys that change, and a Keyturn that does not move."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from keyturn.errors import RefusedError, UnavailableError
from keyturn.verifier import Verifier
from tests.bad_input.forgery import header_of
from tests.examples.conftest import AUDIENCE
from tests.server.running import keyturn as run


@pytest.fixture
def verifier(shared_keyturn) -> Iterator[Verifier]:
    with Verifier(
        shared_keyturn.issuer,
        audience=AUDIENCE,
        client_id=shared_keyturn.client_id,
        client_secret=shared_keyturn.client_secret,
    ) as found:
        assert found.wait_until_ready(30), found.status()
        yield found


def eventually(condition: Callable[[], Any], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.02)


def verdict(verifier, raw) -> str:
    try:
        verifier.verify(raw)
    except RefusedError as error:
        return error.reason.value
    except UnavailableError:
        return "unavailable"
    return "good"


def keys(beside, *words) -> str:
    done = run("keys", *words, directory=beside.directory, env={"KEYTURN_DEBUG": "1"})
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_log_out_is_heard_of(shared_keyturn, verifier):
    tokens, others = shared_keyturn.login(), shared_keyturn.login()
    assert verdict(verifier, tokens["access"]) == verdict(verifier, others["access"]) == "good"
    shared_keyturn.logout(tokens)
    eventually(lambda: verdict(verifier, tokens["access"]) == "session_revoked")
    assert verdict(verifier, others["access"]) == "good"
    assert verdict(verifier, tokens["refresh"]) == "wrong_type"


@pytest.mark.postgres
def test_a_log_out_is_heard_of_on_postgres_too(keyturn_on_postgres):
    beside = keyturn_on_postgres
    tokens, others, early = beside.login(), beside.login(), beside.login()
    beside.logout(early)
    with Verifier(
        beside.issuer, audience=AUDIENCE, client_id=beside.client_id, client_secret=beside.client_secret
    ) as found:
        assert verdict(found, early["access"]) == "session_revoked"
        assert verdict(found, tokens["access"]) == verdict(found, others["access"]) == "good"
        beside.logout(tokens)
        eventually(lambda: verdict(found, tokens["access"]) == "session_revoked")
        assert verdict(found, others["access"]) == "good"


def test_what_ended_before_the_verifier_began_is_in_its_snapshot(shared_keyturn):
    tokens = shared_keyturn.login()
    shared_keyturn.logout(tokens)
    with Verifier(
        shared_keyturn.issuer, client_id=shared_keyturn.client_id, client_secret=shared_keyturn.client_secret
    ) as late:
        assert verdict(late, tokens["access"]) == "session_revoked"


def test_a_key_revoked_in_an_emergency_takes_its_tokens_along(shared_keyturn, verifier):
    before = shared_keyturn.login()["access"]
    assert verdict(verifier, before) == "good"
    keys(shared_keyturn, "revoke", header_of(before)["kid"], "--emergency")
    eventually(lambda: verdict(verifier, before) == "unknown_key")

    def new_key_signs():
        raw = shared_keyturn.login()["access"]
        return header_of(raw)["kid"] != header_of(before)["kid"] and verdict(verifier, raw) == "good"

    eventually(new_key_signs)


def test_past_the_bound_keyturn_is_asked_and_then_nothing_is_decided(shared_keyturn, verifier):
    raw = shared_keyturn.login()["access"]
    assert verdict(verifier, raw) == "good"
    os.killpg(shared_keyturn.server.pid, signal.SIGSTOP)
    try:
        eventually(lambda: verdict(verifier, raw) == "unavailable")
        assert any("in time" in text for text in verifier.status().trouble) or not verifier.status().ready
    finally:
        os.killpg(shared_keyturn.server.pid, signal.SIGCONT)
    eventually(lambda: verdict(verifier, raw) == "good")


def test_introspection_answers_where_the_feed_may_not_be_read(shared_keyturn):
    """Credentials for introspection alone: slower, and as strict."""
    made = run(
        *("clients", "create", "slow", "--scope", "introspect"),
        directory=shared_keyturn.directory,
        env={"KEYTURN_DEBUG": "1"},
    )
    told = dict(line.split("=", 1) for line in made.stdout.split())
    tokens = shared_keyturn.login()
    with Verifier(
        shared_keyturn.issuer, client_id=told["client_id"], client_secret=told["client_secret"]
    ) as without_feed:
        assert verdict(without_feed, tokens["access"]) == "good"
        assert without_feed.status().introspections == 1
        assert "does not let this service read the feed (403)" in " ".join(without_feed.status().trouble)
        shared_keyturn.logout(tokens)
        assert verdict(without_feed, tokens["access"]) == "session_revoked"
