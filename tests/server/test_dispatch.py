"""Requests on their way to a WSGI application: slow ones, broken ones, too many of them. A real socket, no Django."""

import socket
import threading
import time
import weakref
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from keyturn.defence.steady import steady
from keyturn_server.transport.lanes import Lane
from tests.server.running import Answer, ask, raw, word
from tests.server.toy import SECONDS, Served
from tests.services.ports import LOOPBACK

HEAD = b"POST /token/refresh/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"


def _in_thread(answers: list[Answer], *arguments: Any, **more: Any) -> threading.Thread:
    thread = threading.Thread(target=lambda: answers.append(ask(*arguments, **more)))
    thread.start()
    return thread


def test_a_body_arrives_whole_however_it_is_cut(served):
    with socket.create_connection((LOOPBACK, served.port), timeout=SECONDS) as client:
        client.sendall(HEAD + b"Content-Length: 6\r\n\r\nab")
        client.sendall(b"cd")
        client.sendall(b"ef")
        received = b""
        while chunk := client.recv(65_536):
            received += chunk
    assert received.endswith(b'{"body": "abcdef", "length": "6"}')


def test_an_answer_that_is_shorter_than_it_says_breaks_off(served):
    received = raw(served.port, b"GET /?short HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert b"content-length: 512" in received.lower()
    assert received.endswith(b"\r\n\r\n{")


class Stream:
    """An answer that has begun, and breaks off when nobody keeps this any more."""

    def __init__(self) -> None:
        self.sent = b""

    def send_bytes(self, data: bytes) -> None:
        self.sent += data


def test_what_breaks_off_is_given_time_to_leave(served):
    """Broken off at once, an answer may never have begun, and then a browser sends its request again by itself."""
    streams: list[weakref.ref[Stream]] = []

    def begin(*_: Any) -> Stream:
        stream = Stream()
        streams.append(weakref.ref(stream))
        return stream

    scope = SimpleNamespace(method="POST", headers={})
    task: Any = SimpleNamespace(is_unread=False, scope=scope, proto=SimpleNamespace(response_stream=begin))
    served.dispatcher._send(task, 200, [("Content-Length", "512")], b"{")
    (stream,) = streams
    kept = stream()
    assert kept is not None
    assert kept.sent == b"{"
    del kept
    deadline = time.monotonic() + SECONDS
    while stream() is not None:
        assert time.monotonic() < deadline, "it never breaks off"
        time.sleep(0.01)


def test_an_answer_to_head_says_a_length_and_has_none(served):
    received = raw(served.port, b"HEAD /?short HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    assert received.startswith(b"HTTP/1.1 200 ")
    assert b"\r\ncontent-length: 512\r\n" in received.lower()
    assert received.endswith(b"\r\n\r\n")


def test_a_chunked_body_has_the_length_that_django_needs(served):
    chunked = b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n"
    assert raw(served.port, HEAD + chunked).endswith(b'{"body": "abcdefg", "length": "7"}')


def test_a_chunked_body_is_given_up_once_it_is_too_large(served):
    chunk = b"3c\r\n" + b"x" * 60 + b"\r\n"
    received = raw(served.port, HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + chunk + chunk)
    assert received.startswith(b"HTTP/1.1 413 ")
    assert served.seen == []


def test_a_chunked_body_that_is_broken_is_no_shorter_body(served):
    received = raw(served.port, HEAD + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nzz\r\n")
    assert received.startswith(b"HTTP/1.1 400 ")
    assert served.seen == []


def test_a_body_that_breaks_off_reaches_nobody(served):
    with socket.create_connection((LOOPBACK, served.port), timeout=SECONDS) as client:
        client.sendall(HEAD + b"Content-Length: 6\r\n\r\nab")
    # What comes next on another connection is answered as ever.
    assert ask(served.port, "GET", "/home/").status == 200
    assert [each["PATH_INFO"] for each in served.seen] == ["/home/"]


def test_what_is_too_large_by_its_own_word_is_left_to_the_application_unread(served):
    received = raw(served.port, HEAD + b"Content-Length: 101\r\n\r\n" + b"x" * 101)
    assert received.endswith(b'{"body": "", "length": "101"}')


def test_slow_bodies_hold_no_thread():
    served = Served()
    slow = [socket.create_connection((LOOPBACK, served.port), timeout=SECONDS) for _ in range(40)]
    try:
        for client in slow:
            client.sendall(HEAD + b"Content-Length: 6\r\n\r\na")
        assert ask(served.port, "GET", "/home/").status == 200
        assert ask(served.port, "POST", "/token/refresh/", body=b"whole").json["body"] == "whole"
        slow[0].sendall(b"bcdef")
        assert slow[0].recv(20).startswith(b"HTTP/1.1 200 ")
    finally:
        for client in slow:
            client.close()
        served.stop()


def test_a_body_that_does_not_come_is_given_up():
    served = Served(body_seconds=0.2)
    try:
        received = raw(served.port, HEAD + b"Content-Length: 6\r\n\r\nab")
        assert received.startswith(b"HTTP/1.1 408 ")
        assert b'"code": "request_timeout"' in received
        assert (served.seen, served.refused) == ([], [408])
    finally:
        served.stop()


def test_a_head_that_does_not_come_ends_the_connection():
    served = Served(header_seconds=1)
    try:
        assert raw(served.port, b"GET /home/ HTTP/1.1\r\nHost: local") == b""
    finally:
        served.stop()


def test_past_the_queue_a_request_is_refused_while_all_others_still_wait(served):
    answers: list[Answer] = []
    threads = [_in_thread(answers, served.port, "GET", "/home/?hold")]
    assert served.held.acquire(timeout=SECONDS)
    threads.append(_in_thread(answers, served.port, "GET", "/home/"))
    _eventually(lambda: _waiting(served) == 1)
    refused = ask(served.port, "GET", "/home/", origin="https://app.example.com", x_request_id="mine")
    assert answers == []
    assert (refused.status, word(refused)) == (503, "unavailable")
    assert refused.headers["retry-after"] == "7"
    assert refused.headers["x-request-id"] == "mine"
    assert refused.headers["access-control-allow-origin"] == "https://app.example.com"
    stranger = ask(served.port, "POST", "/token/refresh/", body=b"x", origin="https://elsewhere.example")
    assert stranger.status == 503
    assert "access-control-allow-origin" not in stranger.headers
    served.let_go.set()
    for thread in threads:
        thread.join(SECONDS)
    assert [answer.status for answer in answers] == [200, 200]
    assert served.refused == [503, 503]


def test_a_lane_that_is_full_does_not_keep_others_waiting(served):
    answers: list[Answer] = []
    threads = [_in_thread(answers, served.port, "POST", "/token/?hold", body=b"x")]
    assert served.held.acquire(timeout=SECONDS)
    threads.append(_in_thread(answers, served.port, "POST", "/token/", body=b"x"))
    _eventually(lambda: _waiting(served, Lane.HASHING) == 1)
    assert ask(served.port, "POST", "/token/", body=b"x").status == 503
    for path in ("/token/refresh/", "/home/", "/admin/page", "/livez"):
        assert ask(served.port, "GET", path).status == 200
    assert answers == []
    served.let_go.set()
    for thread in threads:
        thread.join(SECONDS)
    assert [answer.status for answer in answers] == [200, 200]


def test_an_application_that_fails_is_answered_for(served):
    answer = ask(served.port, "GET", "/home/?fail")
    assert (answer.status, word(answer)) == (500, "error")
    assert "on purpose" not in answer.body.decode()
    # The application's own numbers have it; it is not counted twice.
    assert served.refused == []


def test_a_header_with_an_underscore_is_not_taken_for_the_one_with_a_hyphen(served):
    raw(served.port, b"GET /home/ HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX_Forwarded_For: 10.0.0.1\r\n\r\n")
    (seen,) = served.seen
    assert not any("FORWARDED" in name for name in seen)


def test_a_header_that_is_not_ascii_is_there_and_empty(served):
    head = b"GET /home/ HTTP/1.1\r\nHost: a\r\nConnection: close\r\nCookie: a=\xff\r\nX_A: 1\r\nAccept: b\r\n\r\n"
    raw(served.port, head)
    (seen,) = served.seen
    assert (seen["HTTP_COOKIE"], seen["HTTP_ACCEPT"]) == ("", "b")


def test_headers_with_an_underscore_hide_none_that_is_not_ascii(served):
    head = b"GET /home/ HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
    raw(served.port, head + b"X_A: 1\r\nX_A: 2\r\nX_A: 3\r\nDPoP: \xff\r\n\r\n")
    (seen,) = served.seen
    assert seen["HTTP_DPOP"] == ""


def test_the_host_of_an_absolute_target_is_the_host(served):
    # RFC 9112 section 3.2.2.
    raw(served.port, b"GET http://b.example:81/home/?x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    raw(served.port, b"GET /home/ HTTP/1.1\r\nConnection: close\r\n\r\n")
    first, second = served.seen
    assert (first["HTTP_HOST"], first["PATH_INFO"], first["QUERY_STRING"]) == ("b.example:81", "/home/", "x")
    assert second["HTTP_HOST"] == ""


def test_a_request_whose_client_went_away_while_it_waited_is_not_begun(served):
    answers: list[Answer] = []
    thread = _in_thread(answers, served.port, "GET", "/home/?hold")
    assert served.held.acquire(timeout=SECONDS)
    with socket.create_connection((LOOPBACK, served.port), timeout=SECONDS) as client:
        client.sendall(b"GET /home/?gone HTTP/1.1\r\nHost: a\r\n\r\n")
        _eventually(lambda: _waiting(served) == 1)
        # It is looked for after a while.
        _eventually(lambda: _first_waiting(served).watched is not None)
        watched = _first_waiting(served).watched
    _eventually(watched.done)
    served.let_go.set()
    thread.join(SECONDS)
    assert [answer.status for answer in answers] == [200]
    _eventually(lambda: _waiting(served) == 0)
    assert served.dispatcher._queues[Lane.API].standing().dropped == 1
    assert [seen["QUERY_STRING"] for seen in served.seen] == ["hold"]


def test_a_request_whose_client_waits_for_long_is_answered_when_it_is_its_turn(served):
    answers: list[Answer] = []
    first = _in_thread(answers, served.port, "GET", "/home/?hold")
    assert served.held.acquire(timeout=SECONDS)
    second = _in_thread(answers, served.port, "GET", "/home/?waits")
    _eventually(lambda: _waiting(served) == 1)
    _eventually(lambda: _first_waiting(served).watched is not None)
    served.let_go.set()
    for thread in (first, second):
        thread.join(SECONDS)
    assert [answer.status for answer in answers] == [200, 200]
    assert served.dispatcher._queues[Lane.API].standing().dropped == 0


def test_a_client_that_does_not_read_its_answer_is_let_go():
    served = Served(silence=1)

    def large(environ: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
        start("200 OK", [("Content-Type", "text/plain")])
        return [bytes(64 * 1024 * 1024)]

    served.dispatcher._application = large
    try:
        with socket.socket() as client:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.connect((LOOPBACK, served.port))
            client.sendall(b"GET /home/ HTTP/1.1\r\nHost: a\r\n\r\n")
            _eventually(lambda: _connections(served.port) == 1)
            _eventually(lambda: _connections(served.port) == 0)
    finally:
        served.stop()


def test_headers_that_come_twice_are_joined_and_a_path_is_bytes(served):
    head = b"GET /h%C3%BC/?a=%20b HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
    raw(served.port, head + b"Cookie: a=1\r\nCookie: b=2\r\nAccept: x\r\nAccept: y\r\n\r\n")
    (seen,) = served.seen
    assert seen["HTTP_COOKIE"] == "a=1; b=2"
    assert seen["HTTP_ACCEPT"] == "x,y"
    assert seen["PATH_INFO"] == "/h\u00c3\u00bc/"
    assert (seen["QUERY_STRING"], seen["REMOTE_ADDR"], seen["SERVER_PORT"]) == ("a=%20b", LOOPBACK, str(served.port))
    assert "CONTENT_LENGTH" not in seen


def test_the_processs_environment_is_not_a_requests(served, monkeypatch):
    monkeypatch.setenv("HTTP_X_SECRET", "mine")
    ask(served.port, "GET", "/home/")
    assert not any(value == "mine" for value in served.seen[0].values())


def test_a_process_that_ends_answers_what_it_began_and_sends_clients_elsewhere(served):
    answers: list[Answer] = []
    thread = _in_thread(answers, served.port, "GET", "/home/?hold")
    assert served.held.acquire(timeout=SECONDS)
    served.dispatcher.end()
    served.let_go.set()
    thread.join(SECONDS)
    assert (answers[0].status, answers[0].headers["connection"]) == (200, "close")


def test_a_server_that_stops_answers_what_it_has_begun():
    served = Served()
    answers: list[Answer] = []
    thread = _in_thread(answers, served.port, "GET", "/home/?hold")
    assert served.held.acquire(timeout=SECONDS)
    served._stop.set()
    served._stop.set()
    served.let_go.set()
    thread.join(SECONDS)
    assert answers[0].status == 200
    served.stop()


def _first_waiting(served: Served) -> Any:
    return served.dispatcher._queues[Lane.API]._waiting[0][1]


def _connections(port: int) -> int:
    """How many the server has with a client (proc(5), ``/proc/net/tcp``: local address, remote address, state)."""
    rows = (line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:])
    return sum(row[1].endswith(f":{port:04X}") and row[3] == "01" for row in rows)


def _waiting(served: Served, lane: Lane = Lane.API) -> int:
    from keyturn_server.transport.queues import standing

    return standing()[lane][0]


def _eventually(condition: Callable[[], bool]) -> None:
    pause = threading.Event()
    for _ in range(SECONDS * 50):
        if condition():
            return
        pause.wait(0.02)
    raise AssertionError("it did not come true in time")


def test_an_answer_that_must_not_leave_yet_holds_no_thread():
    # The application waits as a sign-up does, for far longer than the test may take; the lane has one thread.
    served = Served()

    def slow(environ: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
        with steady(timedelta(hours=1) if environ["QUERY_STRING"] == "slow" else timedelta(milliseconds=1)):
            start("200 OK", [("Content-Type", "application/json")])
        return [b"{}"]

    served.dispatcher._application = slow
    kept = socket.create_connection((LOOPBACK, served.port), timeout=SECONDS)
    try:
        kept.sendall(b"GET /home/?slow HTTP/1.1\r\nHost: a\r\n\r\n")
        _eventually(lambda: len(served.dispatcher._later) == 1)
        assert ask(served.port, "GET", "/home/").status == 200
    finally:
        kept.close()
        served.stop()


def test_a_large_body_is_let_go_with_its_request(served):
    large = 20_000
    served.dispatcher._most_for_pages = large
    for _ in range(3):
        assert ask(served.port, "POST", "/admin/x", body=bytes(large)).status == 200
    _eventually(lambda: served.dispatcher._bodies._bytes == 0)
