"""What the lab's doors refuse: other pages, and bodies that are none. Nothing changes, and nothing is a 500."""

from typing import Any

import pytest

from tests.server.running import ask, raw, word

DOORS = ["/dev/clock/", "/dev/lab/faults/", "/dev/lab/keys/", "/dev/lab/steal/", "/dev/lab/use/"]
BODILESS = {"/dev/lab/keys/", "/dev/lab/use/"}
NOT_OBJECTS = {
    "an array": b"[]",
    "null": b"null",
    "a number": b"7",
    "a text": b'"x"',
    "no JSON": b"{",
    "a form": b"advance=60&kind=drop",
    "duplicated names": b'{"advance": 1, "advance": 2}',
    "not a number": b'{"advance": NaN}',
    "bad UTF-8": b'{"advance": "\xff"}',
    "UTF-16": '{"advance": 60}'.encode("utf-16"),
    "very deep": b'{"advance":' * 5_000 + b"1" + b"}" * 5_000,
    "a number of many digits": b'{"advance": ' + b"9" * 6_000 + b"}",
    "too long": b'{"advance": 60, "x": "' + b"x" * 20_000 + b'"}',
}
ADVANCES: list[Any] = [None, "60", True, [], {}, 1e300, -1e300, 3_660 * 86_400 + 1, -1, "\0", "\ud800"]
FAULTS = [
    {"kind": "explode"},
    {"kind": None},
    {"kind": ["drop"]},
    {"kind": "drop\0"},
    {"kind": "\ud800"},
    {"kind": "drop", "times": -1},
    {"kind": "drop", "times": 1.5},
    {"kind": "drop", "times": 1e9},
    {"kind": "drop", "times": "1"},
    {"kind": "drop", "times": True},
    {"kind": "delay", "seconds": 11},
    {"kind": "delay", "seconds": -1},
    {"kind": "delay", "seconds": "1"},
]
TOKENS: list[Any] = [None, 7, True, [], {}, "\0", "ü", "\ud800", "x" * 5_000]


@pytest.fixture(autouse=True)
def _nothing_changes(lab):
    yield
    news = lab.ask("GET", "/dev/lab/events/").json
    assert (news["clock"]["ahead"], news["faults"], news["events"]) == (0, [], [])


@pytest.mark.server
@pytest.mark.parametrize("door", [door for door in DOORS if door not in BODILESS])
@pytest.mark.parametrize("name", sorted(NOT_OBJECTS))
def test_a_body_that_is_no_object_is_refused(lab, door, name):
    answer = lab.ask("POST", door, body=NOT_OBJECTS[name], content_type="application/json")
    assert (answer.status, word(answer)) == (400, "bad_request")


@pytest.mark.server
@pytest.mark.parametrize("advance", ADVANCES, ids=repr)
def test_an_advance_that_is_no_number_within_bounds_is_refused(lab, advance):
    answer = lab.ask("POST", "/dev/clock/", {"advance": advance})
    assert (answer.status, word(answer)) == (400, "bad_request")
    assert lab.ask("POST", "/dev/clock/", {}).status == 400


@pytest.mark.server
@pytest.mark.parametrize("fault", FAULTS, ids=repr)
def test_a_fault_that_nobody_knows_is_refused(lab, fault):
    answer = lab.ask("POST", "/dev/lab/faults/", fault)
    assert (answer.status, word(answer)) == (400, "bad_request")


@pytest.mark.server
@pytest.mark.parametrize("token", TOKENS, ids=lambda token: repr(token)[:20])
def test_a_thing_that_is_no_token_is_not_stolen(lab, token):
    assert lab.ask("POST", "/dev/lab/steal/", {"refresh": token}).status in {400, 409}


@pytest.mark.server
@pytest.mark.parametrize("after", ["x", "-1", "1.5", "", "9" * 40, "%00", "%ff", "%D9%A3"])
def test_events_after_what_is_no_number_are_refused(lab, after):
    answer = ask(lab.server.port, "GET", f"/dev/lab/events/?after={after}")
    assert answer.status == 400
    assert word(answer)


@pytest.mark.server
@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "null",
        "http://localhost:5173",
        "http://127.0.0.1",
        "http://127.0.0.1.evil.example:{port}",
        "https://127.0.0.1:{port}",
        "http://127.0.0.1:{port}/",
        "",
    ],
)
def test_other_origins_are_refused(lab, door, origin):
    sent = origin.format(port=lab.server.port)
    answer = lab.ask("POST", door, {"advance": 60, "kind": "drop"}, origin=sent)
    assert (answer.status, word(answer)) == (403, "origin_refused")
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.server
@pytest.mark.parametrize("path", [*DOORS, "/dev/lab/events/", "/dev/lab/rules/"])
@pytest.mark.parametrize("site", ["cross-site", "same-site", "nonsense"])
def test_requests_of_other_sites_are_refused_at_reading_too(lab, path, site):
    for method in ("GET", "POST", "DELETE"):
        answer = lab.ask(method, path, {} if method == "POST" else None, sec_fetch_site=site)
        assert answer.status in {403, 405}


@pytest.mark.server
@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("kind", ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
def test_whatever_a_form_can_send_is_refused(lab, door, kind):
    answer = lab.ask("POST", door, body=b'{"advance": 60, "kind": "drop"}', content_type=kind)
    assert (answer.status, word(answer)) == (403, "origin_refused")


@pytest.mark.server
@pytest.mark.parametrize("door", [*DOORS, "/dev/lab/events/", "/dev/lab/rules/"])
@pytest.mark.parametrize("method", ["PUT", "PATCH", "TRACE", "PROPFIND"])
def test_other_methods_are_named(lab, door, method):
    answer = lab.ask(method, door)
    assert (answer.status, word(answer)) == (405, "method_not_allowed")
    assert "OPTIONS" in answer.headers["allow"]


@pytest.mark.server
def test_another_host_is_refused(lab):
    assert lab.ask("POST", "/dev/clock/", {"advance": 60}, host="evil.example").status == 400


@pytest.mark.server
def test_a_hostile_name_of_a_client_is_cut_to_plain_letters(lab):
    head = b"POST /token/refresh/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 0\r\n"
    for name in (b"<img src=x onerror=alert(1)>", b"\xff\xfe\x01", b"x" * 5_000, b'"},{"n":1'):
        assert b" 500 " not in raw(lab.server.port, head + b"X-Keyturn-Lab: " + name + b"\r\n\r\n")[:20]
    names = {event["who"] for event in lab.events()}
    assert all(len(name) <= 40 and not set(name) & set("<>\"'{}()=:") for name in names)
    lab.ask("DELETE", "/dev/lab/events/")
