"""The feed for other services: everything that a living token may depend on, then what came since."""

import base64
import json
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection, transaction

from keyturn import conf
from keyturn.api import revocation_views
from keyturn.clock import utc_now
from keyturn.feed import reading
from keyturn.feed.cursor import Cursor, Snapshot
from keyturn.feed.models import Revocation
from keyturn.feed.publishing import publish
from tests.standards.conftest import oauth_error

URL = "/revocations/"


def _publish(*sids, kids=(), at=None, reason="logout"):
    with transaction.atomic():
        publish(alias="default", at=at or utc_now(), session_ids=sids, kids=kids, reason=reason)


def _ask(service, after=None):
    answer = service.get(URL if after is None else f"{URL}?after={after}")
    assert answer.status_code == 200, answer.content
    assert answer["Content-Type"] == "application/json"
    assert answer["Cache-Control"] == "no-store"
    told = answer.json()
    assert list(told) == ["cursor", "more", "poll_after_ms", "keep_s", "sessions", "keys"]
    return told


# PostgreSQL's snapshots see what has committed only.
@pytest.mark.django_db(transaction=True)
def test_first_everything_then_what_came_since(service):
    one, two, at = uuid4(), uuid4(), utc_now() - timedelta(seconds=5)
    _publish(one, at=at)

    first = _ask(service)
    _publish(two, kids=["kid-1"], reason="rotation")
    second = _ask(service, first["cursor"])
    third = _ask(service, second["cursor"])

    assert first["sessions"] == [{"sid": str(one), "at": round(at.timestamp(), 3), "reason": "logout"}]
    assert first["keys"] == []
    assert (first["more"], first["poll_after_ms"], first["keep_s"]) == (False, 250, 360)
    assert [entry["sid"] for entry in second["sessions"]] == [str(two)]
    assert [entry["kid"] for entry in second["keys"]] == ["kid-1"]
    assert list(second["keys"][0]) == ["kid", "at"]
    assert (third["sessions"], third["keys"], third["more"]) == ([], [], False)


@pytest.mark.django_db
def test_keep_is_what_a_living_token_needs(service, settings):
    settings.SIMPLE_JWT = {"ACCESS_TOKEN_LIFETIME": timedelta(minutes=20), "LEEWAY": 30}
    assert _ask(service)["keep_s"] == 20 * 60 + 30 + 60


@pytest.mark.django_db(transaction=True)
def test_old_entries_are_not_in_the_first_answer(service):
    old = utc_now() - conf.get().access_token_lifetime - timedelta(minutes=2)
    _publish(uuid4(), at=old)
    assert _ask(service)["sessions"] == []


@pytest.mark.django_db(transaction=True)
def test_what_does_not_fit_is_on_the_next_page(service, monkeypatch):
    real = reading.read
    monkeypatch.setattr(revocation_views, "read", lambda *args, **options: real(*args, **options, limit=2))
    sids = [uuid4() for _ in range(5)]
    for sid in sids:
        _publish(sid)

    pages = [_ask(service)]
    while pages[-1]["more"]:
        pages.append(_ask(service, pages[-1]["cursor"]))

    assert len(pages) == 3
    assert {entry["sid"] for page in pages for entry in page["sessions"]} == set(map(str, sids))


@pytest.mark.django_db(transaction=True)
def test_it_takes_two_statements_whether_something_came_or_not(service, count_statements):
    with count_statements(at_most=2):
        cursor = _ask(service)["cursor"]
    with count_statements(at_most=2):
        cursor = _ask(service, cursor)["cursor"]
    _publish(uuid4())
    with count_statements(at_most=2):
        assert len(_ask(service, cursor)["sessions"]) == 1


@pytest.mark.django_db(transaction=True)
def test_a_transaction_that_is_rolled_back_is_never_told(service):
    cursor = _ask(service)["cursor"]
    with transaction.atomic():
        publish(alias="default", at=utc_now(), session_ids=[uuid4()], reason="logout")
        transaction.set_rollback(True)
    assert _ask(service, cursor)["sessions"] == []


def _packed(text):
    return base64.urlsafe_b64encode(text.encode("utf-8", "surrogatepass")).decode().rstrip("=")


_MALFORMED = {
    "empty": "",
    "a word": "garbage",
    "a number": "1",
    "a negative number": "-1",
    "null": "null",
    "a NUL": "%00",
    "bytes": "%ff%fe",
    "a surrogate": "%ed%a0%80",
    "letters": "%C5%BC%C3%B3%C5%82w",
    "a space": "%20",
    "JSON": "%7B%22id%22%3A1%7D",
    "SQL": "'%20OR%201%3D1%3B%20DROP%20TABLE%20keyturn_revocation%3B%20--",
    "packed nothing": _packed(""),
    "packed fields": _packed("~" * 7),
    "packed words": _packed("1~x~x~x~x~x~x~x"),
    "packed SQL": _packed("1~sqlite~0~~~1;DROP TABLE keyturn_revocation~~"),
    "packed JSON": _packed('{"id": 1}'),
    "another version": _packed("9~sqlite~0~~~0~~"),
    "a number too large": _packed("1~sqlite~1~~~99999999999999999999~~"),
    "a number of 5,000 digits": _packed(f"1~sqlite~1~~~{'9' * 5_000}~~"),
    "arabic digits": _packed("1~sqlite~\u0661~~~\u0660~~"),
    "huge": "A" * 9_000,
    "100 kB": "A" * 100_000,
}


@pytest.mark.parametrize("text", _MALFORMED.values(), ids=_MALFORMED)
@pytest.mark.django_db
def test_a_cursor_that_is_none_is_refused(service, text):
    oauth_error(service.get(f"{URL}?after={text}"), 400, "invalid_request", "cursor_malformed")


@pytest.mark.django_db
def test_a_cursor_with_something_changed_is_refused_or_harmless(service):
    cursor = _ask(service)["cursor"]
    for wrong in (cursor + "=", cursor + "A", cursor[:-1], cursor[1:], cursor + "%0a", cursor + "%00", f"%20{cursor}"):
        oauth_error(service.get(f"{URL}?after={wrong}"), 400, "invalid_request", "cursor_malformed")
    for position in range(len(cursor)):
        changed = cursor[:position] + ("A" if cursor[position] != "A" else "B") + cursor[position + 1 :]
        assert service.get(f"{URL}?after={changed}").status_code in {200, 400, 410}


@pytest.mark.django_db
def test_two_cursors_are_refused(service):
    cursor = _ask(service)["cursor"]
    answer = service.get(f"{URL}?after={cursor}&after={cursor}")
    oauth_error(answer, 400, "invalid_request", "cursor_malformed")


def _gone(service, cursor):
    oauth_error(service.get(f"{URL}?after={cursor.encode()}"), 410, "cursor_too_old")


def _mine(service, **changed):
    from dataclasses import replace

    return replace(Cursor.decode(_ask(service)["cursor"]), **changed)


@pytest.mark.django_db
def test_a_cursor_of_yesterday_is_too_old(service):
    _gone(service, _mine(service, at=utc_now().timestamp() - 25 * 3600))
    _gone(service, _mine(service, at=0.0))
    still = _mine(service, at=utc_now().timestamp() - 23 * 3600)
    assert service.get(f"{URL}?after={still.encode()}").status_code == 200


@pytest.mark.django_db
def test_a_cursor_of_the_future_is_none_of_ours(service):
    for ahead in (120, 3600, 10**9):
        _gone(service, _mine(service, at=utc_now().timestamp() + ahead))
    for never in (10**12, 9 * 10**15):  # no datetime can hold it
        cursor = _mine(service, at=float(never)).encode()
        assert service.get(f"{URL}?after={cursor}").status_code in {400, 410}


@pytest.mark.django_db
def test_a_cursor_of_another_database_is_too_old(service):
    if connection.vendor == "postgresql":
        others = [Cursor("abc-1", utc_now().timestamp(), base=Snapshot(1, 1)), Cursor("sqlite", utc_now().timestamp())]
    else:
        others = [
            Cursor("abc-1", utc_now().timestamp(), base=Snapshot(1, 1)),
            # A row that this file does not have, or not so.
            Cursor("sqlite", utc_now().timestamp(), last=2**62, mark="0" * 16),
        ]
    for cursor in others:
        _gone(service, cursor)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_no_snapshot_upsets_postgresql(service):
    most = 2**63 - 1
    for base, upcoming, last, horizon in (
        (Snapshot(1, 1), None, 0, None),
        (Snapshot(most, most), None, 0, None),
        (Snapshot(1, most, (1, 2, most - 1)), None, 0, None),
        (Snapshot(1, 1), Snapshot(1, 1), most, None),
        (Snapshot(most, most), Snapshot(most, most), 5, None),
        (None, Snapshot(1, 1), most, 0.0),
        (None, Snapshot(1, most), 0, 9e15),
        (None, Snapshot(1, most), 0, 1.0),
    ):
        cursor = _mine(service, base=base, upcoming=upcoming, last=last, horizon=horizon)
        assert service.get(f"{URL}?after={cursor.encode()}").status_code in {200, 400, 410}


@pytest.mark.django_db
def test_a_body_is_bounded_here_too(service):
    answer = service.http.generic("GET", URL, b"x" * 10_000_000, "application/json", HTTP_AUTHORIZATION=service.header)
    oauth_error(answer, 413, "invalid_request", "payload_too_large")


@pytest.mark.django_db
def test_other_parameters_are_not_looked_at(service):
    answer = service.get(f"{URL}?limit=1&format=json&before=x&client_id={service.client_id}")
    assert answer.status_code == 200


@pytest.mark.django_db(transaction=True)
def test_there_is_nothing_secret_in_it(service, pair):
    service.revoke(pair.refresh)
    text = json.dumps(_ask(service))
    for secret in (pair.access, pair.refresh, pair.refresh.rpartition(".")[2], "ada", service.secret):
        assert secret not in text
    assert Revocation.objects.count() == 1
