"""Faults on demand, and what the lab is told of what happened: everything but tokens."""

import http.client
import time

import pytest

from tests.lab.conftest import PASSWORD
from tests.server.running import word

AGENT = {"user_agent": "Browser/1.0"}
# Whether the head of the reply was on its way already is the server's threads' to say.
BROKEN_OFF = (http.client.IncompleteRead, http.client.RemoteDisconnected, ConnectionResetError)


def _kinds(events):
    return [event["kind"] for event in events]


def _refreshes(events):
    return [event for event in events if event["kind"] == "refresh"]


@pytest.mark.server
def test_a_sign_in_and_a_refresh_are_told_in_their_order_with_who_asked(lab):
    token = lab.sign_in()["refresh"]
    lab.refresh(token, x_keyturn_lab="tab 3")
    login, refreshed = lab.events()
    assert (login["kind"], login["session"]) == ("login", refreshed["session"])
    told = {name: refreshed[name] for name in ("who", "presented", "stands", "verdict", "bound", "carried")}
    assert told == {
        "who": "tab 3",
        "presented": 0,
        "stands": 1,
        "verdict": "rotated",
        "bound": "none",
        "carried": True,
    }


@pytest.mark.server
def test_a_dropped_reply_is_a_connection_that_breaks_after_the_work_was_done(lab):
    token = lab.sign_in()["refresh"]
    assert lab.ask("POST", "/dev/lab/faults/", {"kind": "drop"}).json["faults"][0]["times"] == 1
    with pytest.raises(BROKEN_OFF):
        lab.refresh(token, **AGENT)
    assert lab.refresh(token, **AGENT).status == 200
    lost, again = _refreshes(lab.events())
    assert (lost["verdict"], lost["reply"]) == ("rotated", "lost")
    assert (again["verdict"], again["stands"]) == ("converged", 1)
    assert "reply" not in again
    assert lab.ask("GET", "/dev/lab/faults/").json == {"faults": []}


@pytest.mark.server
def test_a_dropped_reply_brings_no_cookie(lab):
    signed_in = lab.ask(
        "POST",
        "/token/",
        {"username": "ada", "password": PASSWORD},
        x_keyturn_client="web",
        origin=f"http://127.0.0.1:{lab.server.port}",
    )
    assert "set-cookie" in signed_in.headers
    cookies = "; ".join(line.partition(";")[0] for line in _all_cookies(lab))
    lab.ask("POST", "/dev/lab/faults/", {"kind": "drop"})
    connection = http.client.HTTPConnection("127.0.0.1", lab.server.port, timeout=30)
    origin = f"http://127.0.0.1:{lab.server.port}"
    headers = {"Cookie": cookies, "Origin": origin, "X-Keyturn-Client": "web", "Content-Type": "application/json"}
    connection.request("POST", "/token/refresh/", body=b"{}", headers=headers)
    with pytest.raises(BROKEN_OFF):
        _answer_without_cookie(connection)
    connection.close()
    assert _refreshes(lab.events())[-1]["bound"] == "cookie"


def _answer_without_cookie(connection):
    """Read it whole. It breaks off before its head or after: which of the two is a matter of the network's buffers."""
    answer = connection.getresponse()
    assert answer.status == 200
    assert answer.getheader("Set-Cookie") is None
    answer.read()


def _all_cookies(lab):
    connection = http.client.HTTPConnection("127.0.0.1", lab.server.port, timeout=30)
    headers = {"Origin": f"http://127.0.0.1:{lab.server.port}", "X-Keyturn-Client": "web"}
    body = b'{"username": "ada", "password": "' + PASSWORD.encode() + b'"}'
    connection.request("POST", "/token/", body=body, headers={**headers, "Content-Type": "application/json"})
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.headers.get_all("Set-Cookie")


@pytest.mark.server
def test_each_fault_is_for_as_many_replies_as_were_ordered_over_all_processes(lab):
    lab.ask("POST", "/dev/lab/faults/", {"kind": "unavailable", "times": 5})
    statuses = [lab.refresh("not a token").status for _ in range(12)]
    assert statuses.count(503) == 5
    assert statuses.count(401) == 7


@pytest.mark.server
def test_a_server_that_is_unavailable_has_done_no_work(lab):
    token = lab.sign_in()["refresh"]
    lab.ask("POST", "/dev/lab/faults/", {"kind": "unavailable"})
    refused = lab.refresh(token)
    assert (refused.status, word(refused)) == (503, "unavailable")
    assert "retry-after" in refused.headers
    assert _kinds(lab.events()) == ["login", "fault"]
    assert lab.refresh(token).status == 200


@pytest.mark.server
def test_a_late_reply_is_a_good_one(lab):
    token = lab.sign_in()["refresh"]
    lab.ask("POST", "/dev/lab/faults/", {"kind": "delay", "seconds": 0.5})
    began = time.monotonic()
    assert lab.refresh(token).status == 200
    assert time.monotonic() - began >= 0.5
    assert _refreshes(lab.events())[0]["reply"] == "late"


@pytest.mark.server
def test_faults_can_be_withdrawn(lab):
    lab.ask("POST", "/dev/lab/faults/", {"kind": "drop", "times": 3})
    assert lab.ask("DELETE", "/dev/lab/faults/").json == {"faults": []}
    assert lab.refresh(lab.sign_in()["refresh"]).status == 200


@pytest.mark.server
def test_no_other_door_is_broken(lab):
    lab.ask("POST", "/dev/lab/faults/", {"kind": "unavailable", "times": 9})
    tokens = lab.sign_in()
    assert lab.ask("GET", "/home/", authorization=f"Bearer {tokens['access']}").status == 200
    assert lab.ask("POST", "/token/blacklist/", {"refresh": tokens["refresh"]}).status == 200


@pytest.mark.server
def test_a_thief_of_a_bare_token_is_let_in_once_and_caught_when_the_owner_goes_on(lab):
    token = lab.sign_in()["refresh"]
    stolen = lab.ask("POST", "/dev/lab/steal/", {"refresh": token})
    assert stolen.json == {"generation": 0}
    copy = stolen.headers["set-cookie"]
    owner = lab.refresh(token, **AGENT).json["refresh"]
    answers = []
    for _ in range(2):
        used = lab.ask("POST", "/dev/lab/use/", {}, cookie=copy.partition(";")[0])
        answers.append(used.json["accepted"])
        copy = used.headers["set-cookie"]
    refused = lab.refresh(owner, **AGENT)
    assert answers == [True, True]
    assert (refused.status, refused.json["reason"]) == (401, "refresh_reused")
    dead = lab.ask("POST", "/dev/lab/use/", {}, cookie=copy.partition(";")[0])
    assert dead.json == {"accepted": False, "reason": "refresh_reused"}
    verdicts = [(event["who"], event["verdict"]) for event in _refreshes(lab.events())]
    assert verdicts == [
        ("", "rotated"),
        ("thief", "forgiven"),
        ("thief", "rotated"),
        ("", "reused"),
        ("thief", "refused"),
    ]


@pytest.mark.server
def test_a_thief_without_the_device_cookie_dies_at_the_first_use(lab):
    cookies = "; ".join(line.partition(";")[0] for line in _all_cookies(lab))
    stolen = lab.ask("POST", "/dev/lab/steal/", {}, cookie=cookies)
    used = lab.ask("POST", "/dev/lab/use/", {}, cookie=stolen.headers["set-cookie"].partition(";")[0])
    assert used.json == {"accepted": False, "reason": "refresh_reused"}
    judged = _refreshes(lab.events())[-1]
    assert (judged["who"], judged["verdict"], judged["bound"], judged["carried"]) == (
        "thief",
        "reused",
        "cookie",
        False,
    )


@pytest.mark.server
def test_the_copy_is_sealed_for_the_server_and_out_of_reach_of_scripts(lab):
    token = lab.sign_in()["refresh"]
    cookie = lab.ask("POST", "/dev/lab/steal/", {"refresh": token}).headers["set-cookie"]
    assert token not in cookie
    assert not any(part in cookie for part in token.split("."))
    assert {"HttpOnly", "SameSite=Strict", "Path=/dev/lab/"} <= {part.strip() for part in cookie.split(";")}


@pytest.mark.server
@pytest.mark.parametrize("cookie", ["", "keyturn_lab_copy=x", "keyturn_lab_copy=v1.00000000.AAAA.AAAA"])
def test_without_a_copy_there_is_nothing_to_use(lab, cookie):
    refused = lab.ask("POST", "/dev/lab/use/", {}, cookie=cookie)
    assert refused.status == 409
    assert lab.events() == []


@pytest.mark.server
@pytest.mark.parametrize("body", [{}, {"refresh": ""}, {"refresh": "a.b.c"}])
def test_nothing_is_stolen_where_there_is_no_good_token(lab, body):
    assert lab.ask("POST", "/dev/lab/steal/", body).status == 409
    assert lab.events() == []


@pytest.mark.server
def test_a_401_is_told_with_its_reason_and_session(lab):
    tokens = lab.sign_in()
    lab.ask("POST", "/dev/clock/", {"advance": 301})
    answer = lab.ask("GET", "/home/", authorization=f"Bearer {tokens['access']}", x_keyturn_lab="browser")
    assert answer.status == 401
    login, _, refused = lab.events()
    assert refused["kind"] == "refused"
    assert (refused["reason"], refused["path"], refused["who"]) == (answer.json["reason"], "/home/", "browser")
    assert refused["session"] == login["session"]


@pytest.mark.server
@pytest.mark.parametrize("token", ["", "x", "a.b.c", "a.e30.c", "a." + "W10" + ".c", "a.eyJzaWQiOjF9.c", "." * 5000])
def test_a_token_that_cannot_be_read_names_no_session(lab, token):
    lab.ask("GET", "/home/", authorization=f"Bearer {token}")
    assert [event.get("session") for event in lab.events() if event["kind"] == "refused"] == [None]


@pytest.mark.server
def test_rotated_keys_are_told_and_leave_everybody_signed_in(lab):
    tokens = lab.sign_in()
    before = lab.ask("GET", "/dev/lab/keys/").json["keys"]
    after = lab.ask("POST", "/dev/lab/keys/", {}).json["keys"]
    (signed,) = (key["kid"] for key in before if key["state"] == "active")
    (signs,) = (key["kid"] for key in after if key["state"] == "active")
    assert signs != signed
    assert {"kid": signed, "state": "retiring"} in after
    assert lab.ask("GET", "/home/", authorization=f"Bearer {tokens['access']}").status == 200
    fresh = lab.refresh(tokens["refresh"]).json
    # Signed with a key that the other process has not read yet.
    answers = [lab.ask("GET", "/home/", authorization=f"Bearer {fresh['access']}") for _ in range(12)]
    assert {(answer.status, answer.json.get("reason")) for answer in answers} == {(200, None)}
    assert "keys" in _kinds(lab.events())


@pytest.mark.server
def test_the_rules_are_those_of_the_settings(lab):
    assert lab.ask("GET", "/dev/lab/rules/").json == {
        "access": 300,
        "refresh": 172_800,
        "grace": 10,
        "forgive_after": {"unbound": 5, "cookie": 2, "dpop": 0},
    }


@pytest.mark.server
def test_events_are_asked_for_from_a_number_on(lab):
    lab.sign_in()
    (first,) = lab.events()
    lab.sign_in()
    later = lab.ask("GET", f"/dev/lab/events/?after={first['n']}").json["events"]
    assert [event["kind"] for event in later] == ["login"]
    assert later[0]["n"] > first["n"]


@pytest.mark.server
def test_no_event_and_no_file_of_the_lab_holds_a_token_a_password_or_a_hash_of_a_binding(lab):
    cookies = _all_cookies(lab)
    values = [line.partition(";")[0].partition("=")[2] for line in cookies]
    tokens = lab.sign_in()
    lab.ask("POST", "/dev/lab/steal/", {"refresh": tokens["refresh"]})
    fresh = lab.refresh(tokens["refresh"]).json
    lab.ask("GET", "/home/", authorization=f"Bearer {fresh['access']}x", x_keyturn_lab=fresh["refresh"])
    secrets = [PASSWORD, *values]
    for token in (*tokens.values(), *fresh.values()):
        secrets += [token, *token.split(".")[1:]]
    told = lab.ask("GET", "/dev/lab/events/").body.decode()
    kept = b"".join(path.read_bytes() for path in (lab.directory / "var" / "lab").iterdir()).decode("latin-1")
    for secret in secrets:
        assert secret not in told
        assert secret not in kept


@pytest.mark.server
def test_a_refusal_that_judged_nothing_uses_up_no_lost_reply(lab):
    lab.ask("POST", "/dev/lab/faults/", {"kind": "drop"})
    assert lab.refresh("not a token").status == 401
    assert [fault["times"] for fault in lab.ask("GET", "/dev/lab/faults/").json["faults"]] == [1]
    with pytest.raises(BROKEN_OFF):
        lab.refresh(lab.sign_in()["refresh"])
