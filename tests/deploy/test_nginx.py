"""The sample for nginx, run as it is in front of a server: what Keyturn hears of clients, and what nginx keeps off."""

import json
import time
from collections.abc import Iterator

import pytest

from tests.deploy.answering import CREDENTIALS, THREADS
from tests.deploy.breaking import breaking
from tests.deploy.proxied import PUBLIC, Nginx, configured, judged, running
from tests.dpop.key import DpopKey
from tests.services.process import ServerProcess

pytestmark = [pytest.mark.needs("nginx"), pytest.mark.server]

ORIGIN = f"https://{PUBLIC}"
REFRESH = f"{ORIGIN}/token/refresh/"


@pytest.fixture(scope="module")
def nginx(server: ServerProcess, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nginx]:
    """nginx in front of it."""
    with running(tmp_path_factory.mktemp("nginx"), [server.port]) as made:
        yield made


def log_in(nginx, **headers):
    answer = nginx.ask("POST", "/token/", json_body=CREDENTIALS, **headers)
    assert answer.status == 200, answer.body
    return answer.json


def addresses(nginx, access, **headers):
    """Where this user's sessions were last used."""
    answer = nginx.ask("GET", "/sessions/", authorization=f"Bearer {access}", **headers)
    return [one["ip"] for one in answer.json if one["current"]]


def test_nginx_finds_nothing_to_say_against_the_files(tmp_path):
    configured(tmp_path, [8000])
    answer = judged(tmp_path)
    assert answer.returncode == 0, answer.stderr
    assert "[warn]" not in answer.stderr
    assert "[emerg]" not in answer.stderr


def test_a_session_lives_and_ends_through_it(nginx):
    tokens = log_in(nginx)
    tokens = nginx.ask("POST", "/token/refresh/", json_body={"refresh": tokens["refresh"]}).json
    bearer = f"Bearer {tokens['access']}"
    assert nginx.ask("GET", "/home/", authorization=bearer).status == 200
    body = {"refresh_token": tokens["refresh"]}
    assert nginx.ask("POST", "/logout/", json_body=body, authorization=bearer).status == 205
    refused = nginx.ask("GET", "/home/", authorization=bearer)
    assert (refused.status, refused.json["reason"]) == (401, "session_revoked")


def test_the_clients_own_address_is_seen_and_no_other_that_it_writes(nginx):
    for forged in ({}, {"x_forwarded_for": "203.0.113.7"}, {"forwarded": "for=203.0.113.7"}):
        access = log_in(nginx, client="127.0.0.2", **forged)["access"]
        assert addresses(nginx, access) == ["127.0.0.2"]


def test_a_header_with_an_underscore_in_its_name_does_not_reach_the_server(nginx, tmp_path):
    with breaking(None) as upstream, running(tmp_path, [upstream.port]) as own:
        connection = own.connection()
        connection.request("POST", "/token/", headers={"Host": PUBLIC, "X_Forwarded_For": "203.0.113.7"})
        assert connection.getresponse().status == 503
        connection.close()
    ((_, _, headers),) = upstream.seen
    assert "x_forwarded_for" not in headers
    assert headers["x-forwarded-for"] == "127.0.0.1"
    assert (headers["x-forwarded-proto"], headers["host"]) == ("https", PUBLIC)
    assert len(headers["x-request-id"]) == 32


def test_cookies_of_a_web_client_are_the_browsers_own_host_cookies(nginx):
    page = {"origin": ORIGIN, "sec_fetch_site": "same-origin", "x_keyturn_client": "web"}
    connection = nginx.connection()
    sent = {name.replace("_", "-"): value for name, value in page.items()}
    sent |= {"Host": PUBLIC, "Content-Type": "application/json"}
    connection.request("POST", "/token/", body=json.dumps(CREDENTIALS), headers=sent)
    answer = connection.getresponse()
    cookies = answer.headers.get_all("set-cookie")
    assert set(json.loads(answer.read())) == {"access"}
    assert len(cookies) == 2
    for cookie in cookies:
        assert cookie.startswith("__Host-keyturn_")
        assert {"secure", "httponly", "path=/"} <= {part.strip().lower() for part in cookie.split(";")}
    held = "; ".join(cookie.partition(";")[0] for cookie in cookies)
    connection.request("POST", "/token/refresh/", body="{}", headers={**sent, "Cookie": held})
    answer = connection.getresponse()
    assert (answer.status, set(json.loads(answer.read()))) == (200, {"access"})
    connection.close()


def test_a_proof_of_a_key_names_the_public_address(nginx):
    key = DpopKey()
    tokens = log_in(nginx, dpop=key.proof("POST", f"{ORIGIN}/token/"))
    assert tokens["token_type"] == "DPoP"
    body = {"refresh": tokens["refresh"]}
    wrong = nginx.ask("POST", "/token/refresh/", json_body=body, dpop=key.proof("POST", "http://127.0.0.1/"))
    assert wrong.status == 400
    good = nginx.ask("POST", "/token/refresh/", json_body=body, dpop=key.proof("POST", REFRESH))
    assert good.status == 200


def test_plain_http_is_redirected_for_reading_and_refused_for_anything_else(nginx):
    answer = nginx.ask("GET", "/home/?next=a", tls=False)
    assert (answer.status, answer.headers["location"]) == (301, f"{ORIGIN}/home/?next=a")
    assert nginx.ask("POST", "/token/", json_body=CREDENTIALS, tls=False).status == 403


def test_a_body_that_is_too_large_is_refused_in_the_servers_own_words(nginx, server):
    answer = nginx.ask("POST", "/token/", body=b" " * 65_537, content_type="application/json")
    assert answer.status == 413
    assert answer.json == {"detail": "Request body is too large.", "code": "payload_too_large"}
    at_the_limit = nginx.ask("POST", "/token/", body=b" " * 65_536, content_type="application/json")
    assert at_the_limit.status == 400
    # No form of the admin's is: Django speaks, of a missing CSRF token.
    assert nginx.ask("POST", "/admin/login/", body=b" " * 100_000).status == 403


def test_bodies_with_tokens_never_reach_the_disk(nginx):
    nginx.ask("POST", "/token/", body=b" " * 65_536, content_type="application/json")
    assert not [
        line
        for line in (nginx.directory / "error.log").read_text().splitlines()
        if "buffered to a temporary file" in line and "POST /admin/" not in line
    ]


def test_clients_that_send_their_bodies_slowly_hold_none_of_the_servers_threads(nginx):
    slow = []
    try:
        for _ in range(8 * THREADS):
            peer = nginx.reached()
            peer.sendall(f"POST /token/ HTTP/1.1\r\nHost: {PUBLIC}\r\nContent-Length: 60\r\n\r\n{{".encode())
            slow.append(peer)
        access = log_in(nginx)["access"]
        assert nginx.ask("GET", "/home/", authorization=f"Bearer {access}").status == 200
    finally:
        for peer in slow:
            peer.close()


def test_metrics_and_readiness_are_not_for_the_public(nginx):
    for path in ("/metrics", "/readyz", "/health/ready/"):
        assert nginx.ask("GET", path, client="127.0.0.2").status == 403
        assert nginx.ask("GET", path).status != 403


def test_the_log_names_requests_and_holds_no_query(nginx):
    nginx.ask("GET", "/auth/verify-email/?key=" + "a1" * 20)
    deadline = time.monotonic() + 10
    while "/auth/verify-email/ " not in nginx.log():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert "a1a1" not in nginx.log()


def test_where_no_server_answers_the_key_of_a_link_is_not_logged_either(tmp_path):
    key = "b2" * 20
    with breaking(None) as upstream, running(tmp_path, [upstream.port]) as own:
        for path in ("/auth/verify-email/", "/auth/reset-password/"):
            assert own.ask("GET", f"{path}?key={key}").status == 503
        assert own.ask("GET", "/home/?seen=1").status == 503
    written = (tmp_path / "error.log").read_text()
    assert "/home/?seen=1" in written
    assert key not in written


def test_the_id_of_a_request_is_the_same_in_both_logs_and_in_the_answer(nginx):
    for forged in ({}, {"x_request_id": "f" * 32}):
        answer = nginx.ask("GET", "/home/", **forged)
        named = answer.headers["x-request-id"]
        assert named != "f" * 32
        deadline = time.monotonic() + 10
        while f" {named}\n" not in nginx.log():
            assert time.monotonic() < deadline
            time.sleep(0.02)


def test_a_refresh_whose_reply_is_lost_between_server_and_proxy_is_answered_by_the_next_server(nginx, server, tmp_path):
    tokens = log_in(nginx)
    with breaking(server.port) as losing, running(tmp_path, [losing.port, server.port]) as own:
        # One of the two is asked first; whichever it is, the client has its answer.
        for _ in range(2):
            answer = own.ask("POST", "/token/refresh/", json_body={"refresh": tokens["refresh"]})
            assert answer.status == 200, answer.body
            tokens = answer.json
        assert {path for _, path, _ in losing.seen} == {"/token/refresh/"}
    assert nginx.ask("POST", "/token/refresh/", json_body={"refresh": tokens["refresh"]}).status == 200


def test_no_other_call_that_changes_something_is_sent_twice(nginx, server, tmp_path):
    with breaking(None) as losing, breaking(None) as second, running(tmp_path, [losing.port, second.port]) as own:
        answer = own.ask("POST", "/token/", json_body=CREDENTIALS)
        assert len(losing.seen) + len(second.seen) == 1
    assert (answer.status, answer.json["code"]) == (503, "unavailable")
    assert int(answer.headers["retry-after"]) > 0
    assert answer.headers["cache-control"] == "no-store"


def test_a_server_that_is_down_is_passed_over(nginx, server, tmp_path):
    from tests.services.ports import free_port

    with running(tmp_path, [free_port(), server.port]) as own:
        for _ in range(4):
            assert own.ask("POST", "/token/", json_body=CREDENTIALS).status == 200
