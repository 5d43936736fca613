"""A small Keyturn of our own: keys, metadata, feed and introspection over HTTP, and every way to go wrong."""

import json
import socket
import threading
import time
import uuid
from base64 import b64decode
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from keyturn.jose.jwk import public_half, public_jwk
from tests.services.ports import LOOPBACK

__all__ = ["FakeKeyturn", "SigningKey"]

CLIENT = ("service-1", "s3cret: with +odd% chars")


class SigningKey:
    """A private key with its public JWK."""

    def __init__(self, algorithm: str = "ES256") -> None:
        makers: dict[str, Callable[[], Any]] = {
            "ES256": lambda: ec.generate_private_key(ec.SECP256R1()),
            "RS256": lambda: rsa.generate_private_key(65_537, 2048),
            "EdDSA": ed25519.Ed25519PrivateKey.generate,
        }
        self.private = makers[algorithm]()
        self.algorithm = algorithm
        self.jwk = public_jwk(public_half(self.private), algorithm=algorithm)
        self.kid = self.jwk["kid"]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    fake: ClassVar["FakeKeyturn"]

    def log_message(self, *args: Any) -> None:
        """Be quiet."""

    def do_GET(self) -> None:
        self._serve("")

    def do_POST(self) -> None:
        self._serve(self.rfile.read(int(self.headers["Content-Length"])).decode())

    def _serve(self, body: str) -> None:
        with suppress(OSError):
            self.fake.serve(self, body)


class FakeKeyturn:
    """Listens on a free loopback port. Its public attributes are what it answers; a test changes them as it likes.

    ``faults[place]`` (``metadata``, ``jwks``, ``revocations``, ``introspect``) is a status to answer with, or
    ``stall``, ``hang up``, ``drip``, ``garbage``, ``huge``, ``array``, ``truncated``, ``redirect``.
    """

    def __init__(self) -> None:
        self.keys = [SigningKey()]
        self.extra_jwks: list[Any] = []
        self.cache_control = "public, max-age=300"
        self.faults: dict[str, int | str] = {}
        self.asked: dict[str, int] = {}
        self.not_modified = 0
        self.metadata: dict[str, Any] = {}
        self.page_size = 1000
        self.keep = 420
        self.too_old = False
        self.entries: list[dict[str, Any]] = []
        self.revoked: set[str] = set()
        self.introspected: list[str] = []
        self.told_type: str | None = "Bearer"
        self.let_go = threading.Event()
        self.connections = 0
        self._lock = threading.Lock()
        self.port = 0
        self._server: ThreadingHTTPServer | None = None
        self.go_online()

    @property
    def issuer(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"

    # What a test does

    def go_online(self) -> None:
        """Listen, again on the same port."""
        handler = type("Handler", (_Handler,), {"fake": self})
        fake = self

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            block_on_close = False
            allow_reuse_address = True

            def get_request(self) -> Any:
                peer = super().get_request()
                fake.connections += 1
                fake.peers.append(peer[0])
                return peer

            def handle_error(self, request: Any, client_address: Any) -> None:
                """A client that hangs up is no error here."""

        self.peers: list[socket.socket] = []
        self._server = Server((LOOPBACK, self.port), handler)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def go_offline(self) -> None:
        """Refuse connections, and break those there are."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None
            self.break_connections()

    def break_connections(self) -> None:
        """Hang up on everybody."""
        for peer in self.peers:
            with suppress(OSError):
                peer.shutdown(socket.SHUT_RDWR)
        self.peers.clear()

    def close(self) -> None:
        self.let_go.set()
        self.go_offline()

    def revoke(self, sid: str) -> None:
        """Revoke a session, as the feed and as introspection see it."""
        with self._lock:
            self.revoked.add(sid)
            self.entries.append({"sid": sid, "at": time.time(), "reason": "logout"})

    def revoke_key(self, key: SigningKey, *, still_published: bool = False) -> None:
        """Revoke a key in an emergency: it is in the feed and no longer published, but for a cache in between."""
        with self._lock:
            self.entries.append({"kid": key.kid, "at": time.time()})
            if not still_published:
                self.keys.remove(key)

    def forget(self) -> None:
        """Tell of nothing that was revoked until now: it is too long ago."""
        with self._lock:
            self.entries.clear()
            self.revoked.clear()
            self.too_old = True

    def token(self, key: SigningKey | None = None, *, header: Any = None, without: tuple[str, ...] = (), **claims: Any):
        """An access token as Keyturn makes them, but for what is given."""
        key = key or self.keys[0]
        now = int(time.time())
        payload = {
            "iss": self.issuer,
            "sub": "7",
            "aud": "orders",
            "iat": now,
            "exp": now + 300,
            "jti": uuid.uuid4().hex,
            "sid": str(uuid.uuid4()),
            "auth_time": now,
            "amr": ["pwd"],
            "client_id": "web",
            "user_id": "7",
            "token_type": "access",
            **claims,
        }
        for name in without:
            del payload[name]
        headers = {"typ": "at+jwt", "kid": key.kid, **(header or {})}
        return jwt.encode(payload, key.private, algorithm=key.algorithm, headers=headers)

    # What it answers

    def serve(self, request: BaseHTTPRequestHandler, body: str) -> None:
        """Answer one request."""
        parts = urlsplit(request.path)
        place = {
            "/.well-known/oauth-authorization-server": "metadata",
            "/.well-known/jwks.json": "jwks",
            "/revocations/": "revocations",
            "/elsewhere/": "elsewhere",
            "/introspect/": "introspect",
        }.get(parts.path)
        if place is None:
            self._send(request, 404, {"detail": "Not found."})
            return
        with self._lock:
            self.asked[place] = self.asked.get(place, 0) + 1
        fault = self.faults.get(place)
        if fault is not None:
            self._fail(request, fault)
            return
        if place in {"revocations", "elsewhere", "introspect"} and not self._is_client(
            request.headers.get("Authorization", "")
        ):
            self._send(request, 401, {"error": "invalid_client"})
            return
        getattr(self, f"_{place}")(request, parse_qs(parts.query), parse_qs(body))

    def _metadata(self, request: BaseHTTPRequestHandler, query: Any, form: Any) -> None:
        document = {
            "issuer": self.issuer,
            "jwks_uri": f"{self.issuer}/.well-known/jwks.json",
            "introspection_endpoint": f"{self.issuer}/introspect/",
        }
        self._send(request, 200, {**document, **self.metadata})

    def _jwks(self, request: BaseHTTPRequestHandler, query: Any, form: Any) -> None:
        document = json.dumps({"keys": [*(key.jwk for key in self.keys), *self.extra_jwks]})
        headers = {"ETag": f'"{hash(document)}"', "Cache-Control": self.cache_control}
        if request.headers.get("If-None-Match") == headers["ETag"]:
            self.not_modified += 1
            self._send(request, 304, None, headers)
        else:
            self._send(request, 200, document.encode(), headers)

    def _revocations(self, request: BaseHTTPRequestHandler, query: dict[str, list[str]], form: Any) -> None:
        after = query.get("after", ["0"])[0]
        if self.too_old and after != "0":
            self.too_old = False
            self._send(request, 410, {"detail": "Begin without after.", "code": "cursor_too_old"})
            return
        with self._lock:
            entries = self.entries[int(after) : int(after) + self.page_size]
            more = int(after) + len(entries) < len(self.entries)
        page = {
            "cursor": str(int(after) + len(entries)),
            "more": more,
            "poll_after_ms": 20,
            "keep_s": self.keep,
            "sessions": [entry for entry in entries if "sid" in entry],
            "keys": [entry for entry in entries if "kid" in entry],
        }
        self._send(request, 200, page)

    def _elsewhere(self, request: BaseHTTPRequestHandler, query: dict[str, list[str]], form: Any) -> None:
        assert query["at"] == ["home"]
        self._revocations(request, query, form)

    def _introspect(self, request: BaseHTTPRequestHandler, query: Any, form: dict[str, list[str]]) -> None:
        [token] = form["token"]
        self.introspected.append(token)
        claims = jwt.decode(token, options={"verify_signature": False})
        if claims["sid"] in self.revoked:
            self._send(request, 200, {"active": False})
            return
        del claims["token_type"]
        told = {} if self.told_type is None else {"token_type": self.told_type}
        self._send(request, 200, {"active": True, **claims, **told})

    def _is_client(self, authorization: str) -> bool:
        # Form-encoded before it is encoded as RFC 7617 says (RFC 6749 section 2.3.1).
        expected = "service-1:s3cret%3A+with+%2Bodd%25+chars"
        kind, _, value = authorization.partition(" ")
        return kind == "Basic" and b64decode(value).decode() == expected

    def _send(self, request: BaseHTTPRequestHandler, status: int, body: Any, headers: Any = None) -> None:
        data = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        request.send_response(status)
        request.send_header("Content-Type", "application/json")
        if status != 304:
            request.send_header("Content-Length", str(len(data)))
        for name, value in (headers or {}).items():
            request.send_header(name, value)
        request.end_headers()
        request.wfile.write(data)

    def _fail(self, request: BaseHTTPRequestHandler, fault: int | str) -> None:
        if isinstance(fault, int):
            self._send(request, fault, {"detail": "no"}, {"Retry-After": "7"})
        elif fault == "stall":
            self.let_go.wait(60)
            request.close_connection = True
        elif fault == "hang up":
            request.close_connection = True
        elif fault == "drip":
            request.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
            while not self.let_go.wait(0.02):
                request.wfile.write(b" ")
        elif fault == "garbage":
            self._send(request, 200, b"<html>\xff\x00 not JSON")
        elif fault == "array":
            self._send(request, 200, [1, 2, 3])
        elif fault == "huge":
            request.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n")
            while not self.let_go.is_set():
                request.wfile.write(b" " * 65_536)
        elif fault == "truncated":
            request.wfile.write(b'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{"keys": []}')
            request.close_connection = True
        elif fault == "redirect":
            self._send(request, 302, None, {"Location": f"{self.issuer}/.well-known/jwks.json"})
        else:
            raise AssertionError(fault)
