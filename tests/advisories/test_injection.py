"""Input that became SQL, markup, log lines or query operators elsewhere."""

import json
import logging

import pytest
from django.db import connection

from keyturn.sessions.models import Session
from tests.bad_input.doors import DOORS, refusal, unchanged
from tests.bad_input.forgery import claims_of, signed_by_us
from tests.bad_input.presenting import PRESENTATIONS, REFRESHING

_SQL = "x'); DROP TABLE keyturn_session; SELECT pg_sleep(9); --"
_MARKUP = "\"'></script><script>alert(1)</script><img src=x onerror=alert(1)>"


def test_cve_2022_34265_what_a_client_sends_never_becomes_part_of_a_statement(world):
    """Django below 3.2.14 and 4.0.6 wrote the ``kind`` of Trunc() and Extract() into SQL unquoted. The engine's
    statements are written by hand, so: values go in as parameters, whatever they hold."""
    statements = []

    def watch(execute, sql, params, many, context):
        statements.append(sql)
        return execute(sql, params, many, context)

    ada = claims_of(world.access)["user_id"]
    with connection.execute_wrapper(watch):
        for door in ("token", "refresh", "sliding", "sliding refresh"):
            assert world.send(DOORS[door], HTTP_USER_AGENT=_SQL).status_code == 200
        for claims in ({"user_id": _SQL}, {"sid": _SQL}, {"jti": _SQL}, {"jti": _SQL, "sid": None, "gen": None}):
            for way in REFRESHING.values():
                way.send(world, signed_by_us("refresh", {**claims_of(way.good(world)), **claims}))
        for username in (_SQL, f"{ada}{_SQL}"):
            world.values["username"] = username
            assert refusal(world.send(DOORS["token"]))["reason"] == "bad_credentials"
    assert len(statements) > 10
    assert not [sql for sql in statements if "DROP" in sql or "pg_sleep" in sql]
    assert Session.objects.get(pk=world.session).user_agent == _SQL


@pytest.mark.parametrize("door", ["token", "sliding"])
@pytest.mark.parametrize(
    "extra",
    [
        {"_connector": "OR", "is_superuser": True},
        {"_connector": "OR 1=1 OR", "_negated": True},
        {"username__startswith": "a", "password__startswith": "m"},
        {"pk": 1, "id": 1, "is_active": True},
        {"request": None, "backend": "x"},
    ],
)
def test_cve_2025_64459_names_in_a_body_are_no_query(world, door, extra):
    """Django below 4.2.26, 5.1.14 and 5.2.8 let ``filter(**body)`` be steered by the keys ``_connector`` and
    ``_negated``. No name out of a body is ever used as one here: only two values are."""
    body = {"username": "nobody", "password": "wrong", **extra}
    with unchanged():
        refused = refusal(world.send(DOORS[door], json.dumps(body).encode()))
    assert refused["reason"] == "bad_credentials"
    assert world.send(DOORS[door], json.dumps({**world.body(DOORS[door]), **extra}).encode()).status_code == 200


_CONTROL = "a\r\nWARNING forged line\x1b[31m red \x07\x9b\u2028\u202e"


def test_cve_2025_48432_nothing_that_a_client_sends_makes_a_line_in_the_log(world, caplog):
    """Django below 4.2.22, 5.1.10 and 5.2.2 logged the path as it came, line breaks and terminal codes included."""
    caplog.set_level(logging.DEBUG)
    header = _CONTROL.encode().decode("latin-1")
    for door in ("token", "refresh", "verify", "blacklist", "logout", "sessions"):
        world.send(DOORS[door], HTTP_USER_AGENT=header, HTTP_X_FORWARDED_FOR=header, HTTP_ACCEPT_LANGUAGE=header)
        world.send(DOORS[door], HTTP_AUTHORIZATION=f"Bearer {header}")
        fields = dict.fromkeys(DOORS[door].fields, _CONTROL)
        world.send(DOORS[door], json.dumps(fields).encode())
        world.send(DOORS[door], content_type=f"text/{header}")
    for claim in ("user_id", "sid", "jti", "token_type", "gen", "exp"):
        for way in PRESENTATIONS.values():
            way.send(world, signed_by_us(way.key, {**claims_of(way.good(world)), claim: _CONTROL}))
    world.client.delete("/sessions/a%0d%0aforged%1b[31m/", headers={"authorization": f"Bearer {world.access}"})
    lines = [record.getMessage() for record in caplog.records if not record.name.startswith("django.db")]
    assert len(lines) > 10
    assert [line for line in lines if not line.isprintable()] == []


@pytest.fixture
def page(world, settings):
    """A browsable page, as in development."""
    settings.DEBUG = True
    settings.ALLOWED_HOSTS = ["testserver"]

    def get(door, data=None, content_type="application/x-www-form-urlencoded", **extra):
        response = world.send(DOORS[door], data, content_type, HTTP_ACCEPT="text/html", **extra)
        assert response.headers["Content-Type"].startswith("text/html")
        return response.content.decode()

    return get


# Services get JSON and never a page.
@pytest.mark.parametrize("door", [name for name, door in DOORS.items() if door.fields and not door.service])
def test_cve_2018_25045_and_cve_2020_25626_what_a_page_shows_of_a_request_is_escaped(page, door):
    """REST framework below 3.9.1 showed values in its browsable pages unescaped, and below 3.11.2 did so again."""
    body = json.dumps(dict.fromkeys(DOORS[door].fields, _MARKUP)).encode()
    shown = page(door, body, "application/json", query=f"?next={_MARKUP}&format=api", HTTP_USER_AGENT=_MARKUP)
    assert "<form" in shown
    assert "<script>alert" not in shown
    assert "<img src=x" not in shown


def test_cve_2018_25045_and_a_sessions_name_too(page, world):
    """The same, stored first and shown later: the user agent of another device."""
    Session.objects.filter(user__username="ada").update(user_agent=_MARKUP, client_label=_MARKUP)
    shown = page("sessions", b"", "")
    assert "&lt;script&gt;alert(1)" in shown
    assert "<script>alert" not in shown
    assert "<img src=x" not in shown


def test_cve_2024_21520_nor_can_headers_of_an_answer_become_markup(page, world):
    """REST framework below 3.15.2 broke long header values with ``<br>`` in its pages and left the rest unescaped. What
    a client sends is in no header of ours."""
    for door in DOORS.values():
        response = world.send(
            door,
            json.dumps(dict.fromkeys(door.fields, _MARKUP)).encode(),
            HTTP_ACCEPT="text/html",
            HTTP_USER_AGENT=_MARKUP,
            query=f"?a={_MARKUP}",
            HTTP_AUTHORIZATION=f"Bearer {_MARKUP}",
        )
        assert 400 <= response.status_code < 500
        assert not [value for value in response.headers.values() if "<" in value or "alert" in value]


def test_cve_2023_24580_a_form_of_many_files_is_refused(world):
    """Django below 3.2.18, 4.0.10 and 4.1.7 opened as many uploaded files as a form had parts."""
    part = b'--b\r\nContent-Disposition: form-data; name="f"; filename="f"\r\n\r\nx\r\n'
    body = part * 101 + b"--b--"
    assert len(body) < 65_536
    with unchanged():
        response = world.send(DOORS["token"], body, "multipart/form-data; boundary=b")
        assert refusal(response)["code"] == "parse_error"
    assert response.status_code == 400
