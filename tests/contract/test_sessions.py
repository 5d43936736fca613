"""GET and DELETE /sessions/, DELETE /sessions/{id}/"""

import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest

from keyturn.clock import utc_now
from keyturn.sessions.models import Session
from tests.compat.stock import stock_access, stock_refresh
from tests.contract.caller import CHROME, Caller, assert_refused, claims, session_of, turn_back


def listed(caller: Caller, access: str) -> list[dict[str, Any]]:
    answer = caller.call("GET", "/sessions/", access=access)
    assert answer.status_code == 200, answer.content
    found: list[dict[str, Any]] = answer.json()
    return found


def sid(token: str) -> str:
    return str(claims(token)["sid"])


def seen_from_another(caller: Caller, refresh: str) -> dict[str, Any]:
    """The session as another session of its user sees it."""
    (found,) = [one for one in listed(caller, caller.log_in().access) if one["id"] == sid(refresh)]
    return found


def hour(moment: datetime) -> str:
    return moment.replace(minute=0, second=0, microsecond=0).isoformat().replace("+00:00", "Z")


def test_a_session_is_shown_in_words_its_user_understands(ada, caller):
    tokens = caller.log_in()
    row = session_of(tokens.access)

    (shown,) = listed(caller, tokens.access)

    assert shown == {
        "id": str(row.pk),
        "current": True,
        "created_at": row.created_at.isoformat().replace("+00:00", "Z"),
        "last_used_at": hour(utc_now()),
        "expires_at": hour(utc_now() + timedelta(days=2)),
        "ip": "192.0.2.7",
        "user_agent": "Firefox on Windows",
        "label": "",
    }


def test_last_use_is_rounded_down_to_the_hour_in_utc(ada, caller):
    tokens = caller.log_in()
    Session.objects.update(rotated_at=datetime.fromisoformat("2026-03-29T02:59:59.999999+00:00"))

    assert seen_from_another(caller, tokens.refresh)["last_used_at"] == "2026-03-29T02:00:00Z"


def test_the_end_shown_is_the_earlier_of_idle_and_absolute(ada, caller):
    tokens = caller.log_in()
    soon = utc_now() + timedelta(hours=5)
    idle = seen_from_another(caller, tokens.refresh)["expires_at"]
    Session.objects.update(absolute_expires_at=soon)

    assert idle == hour(session_of(tokens.access).idle_expires_at)
    assert seen_from_another(caller, tokens.refresh)["expires_at"] == hour(soon)
    assert listed(caller, tokens.access)[-1]["expires_at"] == hour(soon)


def test_nothing_shown_can_be_presented(ada, caller):
    tokens = caller.log_in()
    text = caller.call("GET", "/sessions/", access=tokens.access).content.decode()

    for secret in (tokens.access, tokens.refresh, claims(tokens.refresh)["jti"], ada.password):
        assert secret not in text
    assert "fingerprint" not in text
    assert "hash" not in text


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        (CHROME, "Chrome on Linux"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) Version/18.5 Mobile/15E148 Safari/604.1",
            "Safari on iOS",
        ),
        ("curl/8.5.0", "curl"),
        ("okhttp/4.12.0", "okhttp"),
        ("MyApp/3.1 (build 7)", "MyApp"),
        ("", "Unknown client"),
        ("   ", "Unknown client"),
        ("/", "Unknown client"),
        ("/1.0 anonymous", "Unknown client"),
    ],
    ids=["chrome", "iphone", "curl", "okhttp", "an app", "none", "blank", "slash", "nameless"],
)
def test_a_user_agent_becomes_words(ada, user_agent, words):
    caller = Caller(user_agent=user_agent)

    assert listed(caller, caller.log_in().access)[0]["user_agent"] == words


def test_all_live_sessions_are_listed_the_newest_login_first_and_one_is_current(ada, caller):
    first, second = caller.log_in(), Caller(user_agent=CHROME, ip="2001:db8::9").log_in()

    shown = listed(caller, first.access)

    assert [one["id"] for one in shown] == [sid(second.access), sid(first.access)]
    assert [one["current"] for one in shown] == [False, True]
    assert [one["ip"] for one in shown] == ["2001:db8::9", "192.0.2.7"]
    assert [one["current"] for one in listed(caller, second.access)] == [True, False]


def test_a_refresh_changes_what_was_last_seen_and_nothing_else(ada, caller):
    tokens = caller.log_in()
    turn_back(tokens.refresh, hours=5)
    before = seen_from_another(caller, tokens.refresh)

    Caller(user_agent=CHROME, ip="198.51.100.4").refresh(tokens.refresh)

    after = seen_from_another(caller, tokens.refresh)
    assert (after["id"], after["created_at"]) == (before["id"], before["created_at"])
    assert after["last_used_at"] > before["last_used_at"]
    assert after["expires_at"] > before["expires_at"]
    assert (after["ip"], after["user_agent"]) == ("198.51.100.4", "Chrome on Linux")


def test_ended_sessions_are_not_listed(ada, caller):
    current, revoked, idle, over = (caller.log_in() for _ in range(4))
    caller.log_out(revoked.refresh, revoked.access)
    Session.objects.filter(pk=sid(idle.access)).update(idle_expires_at=utc_now() - timedelta(seconds=1))
    Session.objects.filter(pk=sid(over.access)).update(absolute_expires_at=utc_now() - timedelta(seconds=1))

    assert [one["id"] for one in listed(caller, current.access)] == [sid(current.access)]


def test_sessions_of_others_are_invisible(ada, eve, caller):
    mine, other = caller.log_in("ada"), caller.log_in("eve")

    assert [one["id"] for one in listed(caller, mine.access)] == [sid(mine.access)]
    assert [one["id"] for one in listed(caller, other.access)] == [sid(other.access)]


def test_a_stock_access_token_sees_the_sessions_and_is_none_of_them(ada, caller):
    adopted = caller.refresh(stock_refresh(ada))

    (shown,) = listed(caller, stock_access(ada))

    assert (shown["id"], shown["current"]) == (sid(adopted.access), False)


def test_one_session_can_be_ended(ada, caller):
    here, there = caller.log_in(), caller.log_in()

    answer = caller.call("DELETE", f"/sessions/{sid(there.access)}/", access=here.access)

    assert (answer.status_code, answer.content) == (204, b"")
    assert_refused(caller.home(there.access), "session_revoked")
    assert_refused(caller.try_refresh(there.refresh), "session_revoked")
    assert session_of(there.access).revoked_reason == "revoked_by_user"
    assert caller.home(here.access).status_code == 200


def test_the_current_session_can_be_ended_too(ada, caller):
    tokens = caller.log_in()

    assert caller.call("DELETE", f"/sessions/{sid(tokens.access)}/", access=tokens.access).status_code == 204

    assert_refused(caller.home(tokens.access), "session_revoked")


def test_a_session_that_has_ended_or_never_was_is_404(ada, caller):
    here, there = caller.log_in(), caller.log_in()
    path = f"/sessions/{sid(there.access)}/"
    caller.call("DELETE", path, access=here.access)

    for unknown in (path, f"/sessions/{uuid.uuid4()}/", "/sessions/7/", "/sessions/not-an-id/"):
        answer = caller.call("DELETE", unknown, access=here.access)
        assert answer.status_code == 404
        assert answer.json()["code"] == "not_found"


def test_a_session_of_another_is_404_and_goes_on(ada, eve, caller):
    mine, other = caller.log_in("ada"), caller.log_in("eve")

    answer = caller.call("DELETE", f"/sessions/{sid(other.access)}/", access=mine.access)

    assert answer.status_code == 404
    assert answer.json() == caller.call("DELETE", f"/sessions/{uuid.uuid4()}/", access=mine.access).json()
    assert caller.home(other.access).status_code == 200
    assert session_of(other.access).revoked_at is None


def test_all_others_can_be_ended_at_once(ada, eve, caller):
    here, there, elsewhere = caller.log_in(), caller.log_in(), caller.log_in()
    other = caller.log_in("eve")

    answer = caller.call("DELETE", "/sessions/", access=here.access)

    assert (answer.status_code, answer.content) == (204, b"")
    for tokens in (there, elsewhere):
        assert_refused(caller.home(tokens.access), "session_revoked")
        assert session_of(tokens.access).revoked_reason == "logout_others"
    assert caller.home(here.access).status_code == 200
    assert caller.home(other.access).status_code == 200
    assert [one["id"] for one in listed(caller, here.access)] == [sid(here.access)]
    assert caller.call("DELETE", "/sessions/", access=here.access).status_code == 204


@pytest.mark.parametrize(("method", "path"), [("GET", "/sessions/"), ("DELETE", "/sessions/"), ("DELETE", "one")])
def test_each_call_needs_a_good_access_token(ada, caller, method, path):
    tokens = caller.log_in()
    path = f"/sessions/{sid(tokens.access)}/" if path == "one" else path

    assert caller.call(method, path).status_code == 401
    assert_refused(caller.call(method, path, access=tokens.refresh), "wrong_type")
    caller.log_out(tokens.refresh, tokens.access)
    assert_refused(caller.call(method, path, access=tokens.access), "session_revoked")


def test_listing_takes_two_statements_however_many_there_are(ada, caller, count_statements):
    access, *_ = [caller.log_in().access for _ in range(5)]
    with count_statements(exactly=2):
        assert len(listed(caller, access)) == 5
