"""Ask Keyturn over HTTP: kept-alive connections, TLS verified, a deadline and a size limit for every answer."""

import http.client
import io
import ipaddress
import json
import socket
import ssl
import threading
import time
from base64 import b64encode
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote_plus, urlencode, urlsplit

__all__ = ["Answer", "NoAnswerError", "Transport", "basic_credentials", "checked_url"]

_IDLE_AT_MOST: Final = 4
"""Connections kept per place; more are closed after use."""

_CLOSED_BY_PEER: Final = (ConnectionError, ssl.SSLError, http.client.HTTPException)


class NoAnswerError(Exception):
    """No answer, or none that can be used. Its text says why and holds no secret."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer; header names are in small letters."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json_object(self, what: str) -> dict[str, Any]:
        """Return the body, which must be a JSON object.

        Args:
            what: what was asked for, for the error's text.

        Raises:
            NoAnswerError: it is something else.
        """
        try:
            found = json.loads(self.body)
        except (ValueError, RecursionError):
            raise NoAnswerError(f"{what} is not JSON") from None
        if not isinstance(found, dict):
            raise NoAnswerError(f"{what} is no JSON object")
        return found


def checked_url(url: str, *, what: str) -> str:
    """Return a URL that may be asked.

    Args:
        url: ``https://…``; ``http://…`` only where the host is this machine itself.
        what: what it is for, for the error's text.

    Raises:
        ValueError: it is not such a URL, or carries credentials or a fragment.
    """
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
        # What is no name of a host fails when it is looked up, too, and by another error.
        (host or "").encode("idna")
    except (ValueError, AttributeError, TypeError):
        raise ValueError(f"{what} is no URL") from None
    if not host or parts.username is not None or parts.fragment or not url.isascii() or not url.isprintable():
        raise ValueError(f"{what} is no URL that can be used")
    if " " in url or (parts.scheme != "https" and not (parts.scheme == "http" and _is_loopback(host))):
        raise ValueError(f"{what} must begin with https:// (http:// only for this machine itself)")
    return url


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def basic_credentials(client_id: str, client_secret: str) -> str:
    """The value of ``Authorization`` (RFC 6749 section 2.3.1: both parts form-encoded, then RFC 7617)."""
    pair = f"{quote_plus(client_id)}:{quote_plus(client_secret)}"
    return "Basic " + b64encode(pair.encode()).decode()


class _Reader(io.RawIOBase):
    """Reads from a socket until a deadline, however slowly the bytes drip."""

    def __init__(self, peer: "_Deadlined") -> None:
        self._peer = peer

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._peer.wait_at_most_until_deadline()
        return self._peer.plain.recv_into(buffer)


class _Deadlined:
    """As much of a socket as :mod:`http.client` uses, with one deadline for all that is sent and received."""

    def __init__(self, plain: socket.socket, deadline: float) -> None:
        self.plain = plain
        self.deadline = deadline

    def wait_at_most_until_deadline(self) -> None:
        remaining = self.deadline - time.monotonic()
        if remaining <= 0:
            raise TimeoutError
        self.plain.settimeout(remaining)

    def sendall(self, data: Any) -> None:
        self.wait_at_most_until_deadline()
        self.plain.sendall(data)

    def makefile(self, *_: Any, **__: Any) -> io.BufferedReader:
        return io.BufferedReader(_Reader(self))

    def close(self) -> None:
        self.plain.close()


class _Connection:
    """One kept-alive connection to one place."""

    def __init__(self, scheme: str, host: str, port: int | None, context: ssl.SSLContext) -> None:
        # Any: its socket is replaced by one with a deadline.
        self._http: Any = (
            http.client.HTTPSConnection(host, port, context=context)
            if scheme == "https"
            else http.client.HTTPConnection(host, port)
        )
        self.used = False

    def ask(
        self, method: str, target: str, body: bytes | None, headers: Mapping[str, str], *, deadline: float, limit: int
    ) -> tuple[Answer, bool]:
        """Ask once; say also whether the connection can be used again."""
        if not isinstance(self._http.sock, _Deadlined):
            self._http.timeout = max(deadline - time.monotonic(), 0.001)
            self._http.connect()
            plain: socket.socket = self._http.sock
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._http.sock = _Deadlined(plain, deadline)
        self._http.sock.deadline = deadline
        self._http.request(method, target, body=body, headers=dict(headers))
        response = self._http.getresponse()
        if response.length is not None and response.length > limit:
            raise NoAnswerError(f"the answer is longer than {limit} bytes")
        received = response.read(limit + 1)
        if len(received) > limit:
            raise NoAnswerError(f"the answer is longer than {limit} bytes")
        if response.length:
            raise http.client.IncompleteRead(received, response.length)
        answer = Answer(response.status, {name.lower(): text for name, text in response.getheaders()}, received)
        self.used = True
        # At the very limit read() may not have seen the end; such a connection is not worth keeping.
        return answer, not response.will_close and response.isclosed()

    def close(self) -> None:
        self._http.close()

    def interrupt(self) -> None:
        """Wake a thread that waits for this connection."""
        peer = self._http.sock
        if isinstance(peer, _Deadlined):
            with suppress(OSError):
                peer.plain.shutdown(socket.SHUT_RDWR)


class Transport:
    """Connections to Keyturn, for any number of threads. A child process must make its own.

    Args:
        context: TLS settings; None verifies certificates and names against the system's authorities.
    """

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self._context = context or ssl.create_default_context()
        self._lock = threading.Lock()
        self._idle: dict[tuple[str, str, int | None], list[_Connection]] = {}
        self._busy: set[_Connection] = set()
        self._closed = False

    def ask(
        self,
        method: str,
        url: str,
        *,
        timeout: float,
        limit: int,
        headers: Mapping[str, str] | None = None,
        form: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send one request that is safe to repeat, and return whatever is answered; redirects are not followed.

        Args:
            method: GET or POST.
            url: checked by :func:`checked_url`.
            timeout: seconds for all of it; only the look-up of the host's name is up to the system.
            limit: bytes that the body may have.
            headers: added to the request.
            form: sent as the body.

        Raises:
            NoAnswerError: no answer in time, none at all, or too long a one.
        """
        parts = urlsplit(url)
        place = (parts.scheme, parts.hostname or "", parts.port)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        body = urlencode(form).encode() if form is not None else None
        sent = {"Accept": "application/json", "User-Agent": "keyturn-verifier", **(headers or {})}
        if body is not None:
            sent["Content-Type"] = "application/x-www-form-urlencoded"
        deadline = time.monotonic() + timeout
        while True:
            connection = self._take(place)
            try:
                answer, again = connection.ask(method, target, body, sent, deadline=deadline, limit=limit)
            except (OSError, http.client.HTTPException, NoAnswerError, UnicodeError) as error:
                self._drop(connection)
                if connection.used and isinstance(error, _CLOSED_BY_PEER):
                    continue  # the server had closed an idle connection, as it may; an unused one will tell
                raise _told(error, place[1]) from error
            except BaseException:
                self._drop(connection)
                raise
            self._give_back(place, connection, keep=again)
            return answer

    def close(self) -> None:
        """Close every connection; a thread that waits for one is woken and gets an error."""
        with self._lock:
            self._closed = True
            idle = [connection for held in self._idle.values() for connection in held]
            self._idle.clear()
            busy = list(self._busy)
        for connection in idle:
            connection.close()
        for connection in busy:
            connection.interrupt()

    def _take(self, place: tuple[str, str, int | None]) -> _Connection:
        with self._lock:
            if self._closed:
                raise NoAnswerError("the verifier was closed")
            held = self._idle.get(place)
            connection = held.pop() if held else _Connection(*place, self._context)
            self._busy.add(connection)
            return connection

    def _give_back(self, place: tuple[str, str, int | None], connection: _Connection, *, keep: bool) -> None:
        with self._lock:
            self._busy.discard(connection)
            held = self._idle.setdefault(place, [])
            if keep and not self._closed and len(held) < _IDLE_AT_MOST:
                held.append(connection)
                return
        connection.close()

    def _drop(self, connection: _Connection) -> None:
        with self._lock:
            self._busy.discard(connection)
        connection.close()


def _told(error: Exception, host: str) -> NoAnswerError:
    """What went wrong, in words for a log."""
    if isinstance(error, NoAnswerError):
        return error
    if isinstance(error, TimeoutError):
        return NoAnswerError(f"{host} does not answer in time")
    if isinstance(error, ssl.SSLCertVerificationError):
        return NoAnswerError(f"the certificate of {host} is not accepted: {error.verify_message}")
    if isinstance(error, http.client.RemoteDisconnected):
        return NoAnswerError(f"{host} hangs up without an answer")
    if isinstance(error, OSError):
        return NoAnswerError(f"{host} cannot be reached: {error.strerror or type(error).__name__}")
    return NoAnswerError(f"{host} does not answer as HTTP wants it: {type(error).__name__}")
