"""KEYTURN: what each name does to the contract."""

import io
from datetime import timedelta

import pytest
from django.core.management import call_command

from keyturn.clock import utc_now
from keyturn.sessions.models import Session
from tests.contract.caller import CHROME, Caller, assert_refused, claims, session_of, turn_back


@pytest.mark.parametrize("grace", [60, 60.0, timedelta(minutes=1)], ids=["int", "float", "timedelta"])
def test_refresh_grace_is_how_long_a_retry_converges(settings, ada, caller, grace):
    settings.KEYTURN = {"REFRESH_GRACE": grace}
    first = caller.log_in().refresh
    caller.refresh(first)

    turn_back(first, seconds=55)
    assert claims(caller.refresh(first).refresh)["gen"] == 1
    assert session_of(first).forgiven is None
    turn_back(first, seconds=10)
    assert claims(caller.refresh(first).refresh)["gen"] == 1
    assert session_of(first).forgiven == 1


def test_refresh_grace_zero_is_strict_each_token_works_once(settings, ada, caller):
    settings.KEYTURN = {"REFRESH_GRACE": 0}
    first = caller.log_in().refresh
    second = caller.refresh(first).refresh

    assert_refused(caller.verify(first), "refresh_reused")
    assert_refused(caller.try_refresh(first), "refresh_reused")
    assert_refused(caller.try_refresh(second), "refresh_reused")


@pytest.mark.parametrize(("forgive_after", "again"), [(2, 200), (3, 401), ({"unbound": 2}, 200), ({"cookie": 2}, 401)])
def test_refresh_forgive_after_is_how_many_clean_generations_earn_another_forgiveness(
    settings, ada, caller, forgive_after, again
):
    settings.KEYTURN = {"REFRESH_FORGIVE_AFTER": forgive_after}
    tokens = [caller.log_in().refresh]
    tokens.append(caller.refresh(tokens[0]).refresh)
    turn_back(tokens[0], minutes=1)
    caller.refresh(tokens[0])
    assert session_of(tokens[0]).forgiven == 1

    for _ in range(2):
        tokens.append(caller.refresh(tokens[-1]).refresh)
    turn_back(tokens[0], minutes=1)

    assert caller.try_refresh(tokens[2]).status_code == again


def test_session_absolute_lifetime_ends_a_session_however_often_it_is_refreshed(settings, ada, caller):
    settings.KEYTURN = {"SESSION_ABSOLUTE_LIFETIME": timedelta(days=3)}
    tokens = caller.log_in()
    turn_back(tokens.refresh, days=1, hours=12)
    tokens = caller.refresh(tokens.refresh)
    assert caller.verify(tokens.refresh).status_code == 200

    turn_back(tokens.refresh, days=1, hours=12)

    assert_refused(caller.verify(tokens.refresh), "session_expired")
    assert_refused(caller.try_refresh(tokens.refresh), "session_expired")


def test_session_retention_is_how_long_an_ended_session_stays_to_be_looked_at(settings, ada, caller):
    settings.KEYTURN = {"SESSION_RETENTION": timedelta(days=2)}
    old, young, live = (caller.log_in() for _ in range(3))
    for tokens, days in ((old, 3), (young, 1)):
        moment = utc_now() - timedelta(days=days)
        Session.objects.filter(pk=claims(tokens.access)["sid"]).update(revoked_at=moment, revoked_reason="logout")

    call_command("prune_sessions", stdout=io.StringIO())

    left = {str(session.pk) for session in Session.objects.all()}
    assert left == {claims(young.access)["sid"], claims(live.access)["sid"]}


def shown_ip(caller: Caller, **environ: str) -> str | None:
    """The address that a login with these headers is remembered under."""
    body = {"username": "ada", "password": "correct horse battery staple"}
    access = caller.call("POST", "/token/", body, **environ).json()["access"]
    found: str | None = caller.call("GET", "/sessions/", access=access).json()[0]["ip"]
    return found


def test_without_trusted_proxies_the_peer_is_the_client_whatever_it_forwards(ada):
    assert shown_ip(Caller(ip="203.0.113.5"), HTTP_X_FORWARDED_FOR="198.51.100.1") == "203.0.113.5"


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "6.6.6.6, 198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "198.51.100.1, 10.0.0.2", "198.51.100.1"),
        ("10.0.0.1", "2001:db8::7", "2001:db8::7"),
        ("10.0.0.1", "[2001:db8::7]:4711", "2001:db8::7"),
        ("10.0.0.1", "198.51.100.1:4711", "198.51.100.1"),
        ("::ffff:10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "nonsense, 10.0.0.2", "10.0.0.2"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("203.0.113.5", "198.51.100.1", "203.0.113.5"),
    ],
    ids=[
        "one hop",
        "a forged hop before",
        "two proxies",
        "IPv6",
        "IPv6 and port",
        "IPv4 and port",
        "mapped peer",
        "nonsense",
        "nothing forwarded",
        "a stranger for a proxy",
    ],
)
def test_trusted_proxies_vouch_for_the_address_they_forward(settings, ada, peer, forwarded, client):
    settings.KEYTURN = {"TRUSTED_PROXIES": ["10.0.0.0/8"]}

    assert shown_ip(Caller(ip=peer), HTTP_X_FORWARDED_FOR=forwarded) == client


def test_a_peer_without_an_address_is_an_unknown_one(ada):
    """As behind a Unix socket."""
    assert shown_ip(Caller(ip="")) is None


def test_max_body_bytes_refuses_longer_bodies_before_reading_them(settings, ada, caller):
    settings.KEYTURN = {"MAX_BODY_BYTES": 2_000}
    assert caller.try_log_in(padding="x" * 1_000).status_code == 200

    answer = caller.try_log_in(padding="x" * 2_000)

    assert answer.status_code == 413
    assert answer.json() == {"detail": "Request body is too large.", "code": "payload_too_large"}
    assert Session.objects.count() == 1


def test_the_user_agent_of_the_last_rotation_counts_up_to_version_numbers(ada, caller):
    """Not a setting, but what REFRESH_GRACE means for an unbound session."""
    first = caller.log_in().refresh
    caller.refresh(first)
    updated = Caller(user_agent=CHROME.replace("138.0", "139.1"))
    assert claims(updated.refresh(first).refresh)["gen"] == 1
    assert session_of(first).forgiven == 1, "another browser: forgiven, not converged"

    first = (chrome := Caller(user_agent=CHROME)).log_in().refresh
    chrome.refresh(first)
    assert claims(updated.refresh(first).refresh)["gen"] == 1
    assert session_of(first).forgiven is None, "the same browser updated itself: converged"
