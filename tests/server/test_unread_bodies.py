"""What becomes of a connection behind a body that nobody reads. A real socket, no Django."""

import socket

import pytest

from tests.server.toy import SECONDS
from tests.services.ports import LOOPBACK

LARGE = b"Content-Length: 60000\r\n\r\n" + b"x" * 60_000
MANY = b"Transfer-Encoding: chunked\r\n\r\n" + (b"3c\r\n" + b"x" * 60 + b"\r\n") * 2


@pytest.mark.parametrize(
    ("rest", "status"),
    [
        pytest.param(LARGE, 200, id="too large by its own word, which is the application's to say"),
        pytest.param(MANY, 413, id="too large in the end"),
    ],
)
def test_behind_a_body_that_is_not_read_no_request_waits_for_an_answer(served, rest, status):
    """Granian reads no further on a connection while anybody may read a body, as the thread of its request may."""
    received = b""
    with socket.create_connection((LOOPBACK, served.port), timeout=SECONDS) as client:
        client.sendall(b"POST /token/ HTTP/1.1\r\nHost: localhost\r\n" + rest)
        while chunk := _chunk_of(client):
            received += chunk
    head, _, _ = received.partition(b"\r\n\r\n")
    assert head.startswith(f"HTTP/1.1 {status} ".encode())
    assert b"\r\nconnection: close" in head.lower()


def test_a_body_that_was_read_ends_no_connection(served):
    with socket.create_connection((LOOPBACK, served.port), timeout=SECONDS) as client:
        for _ in range(2):
            client.sendall(b"POST /token/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n" + b"x" * 100)
            assert b"connection: close" not in client.recv(65_536).lower()


def _chunk_of(client: socket.socket) -> bytes:
    """What comes next; nothing once the server has hung up, on what it has not read too."""
    try:
        return client.recv(65_536)
    except ConnectionResetError:
        return b""
