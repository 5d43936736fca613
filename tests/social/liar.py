"""A provider that says whatever a test wants: an HTTP server on a thread, with keys of its own."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import parse_qs, urlencode, urlsplit

from cryptography.hazmat.primitives.asymmetric import ec

from keyturn.jose import Key
from keyturn.jose.compact import encoded
from keyturn.jose.jwk import public_jwk
from tests.social.engine import BACK_AT, Browser

__all__ = ["CLIENT_ID", "Liar", "lying"]

CLIENT_ID: Final = "keyturn-at-the-liar"


@dataclass
class Liar:
    """What it answers. Each answer is a JSON value, bytes, or None for a hang-up."""

    port: int
    key: Any = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    document: dict[str, Any] = field(default_factory=dict)
    claims: dict[str, Any] = field(default_factory=dict)
    further: Any = None
    answers: dict[str, Any] = field(default_factory=dict)
    statuses: dict[str, int] = field(default_factory=dict)
    delay: float = 0.0
    asked: list[tuple[str, dict[str, str], dict[str, str]]] = field(default_factory=list)
    sign: Callable[[dict[str, Any]], str] | None = None

    @property
    def issuer(self) -> str:
        """Its name."""
        return f"http://localhost:{self.port}"

    @property
    def configured(self) -> dict[str, Any]:
        """What the settings say of it."""
        return {"ISSUER": self.issuer, "CLIENT_ID": CLIENT_ID, "CLIENT_SECRET": "of-no-value", "NAME": "The liar"}

    def described(self) -> dict[str, Any]:
        """Its document."""
        own = self.issuer
        return {
            "issuer": own,
            "authorization_endpoint": f"{own}/authorize",
            "token_endpoint": f"{own}/token",
            "jwks_uri": f"{own}/keys",
            "userinfo_endpoint": f"{own}/userinfo",
            "authorization_response_iss_parameter_supported": True,
            **self.document,
        }

    def id_token(self) -> str:
        """Signed with its key."""
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": CLIENT_ID,
            "sub": "somebody",
            "iat": now,
            "exp": now + 300,
            "email": "somebody@liar.example",
            "email_verified": True,
            **self.claims,
        }
        claims = {name: value for name, value in claims.items() if value is not None}
        if self.sign is not None:
            return self.sign(claims)
        public = public_jwk(self.key.public_key(), algorithm="ES256")
        # Not by our own sign(), which takes no nonsense.
        key = Key("ES256", self.key, None, public["kid"])
        signed = key.head("JWT") + b"." + encoded(json.dumps(claims).encode())
        return (signed + b"." + encoded(key.sign(signed))).decode()

    def answer(self, path: str) -> Any:
        """What is said at a path."""
        if path in self.answers:
            return self.answers[path]
        if path == "/.well-known/openid-configuration":
            return self.described()
        if path == "/keys":
            return {"keys": [public_jwk(self.key.public_key(), algorithm="ES256")]}
        if path == "/token":
            return {"access_token": "an-access-token", "token_type": "Bearer", "id_token": self.id_token()}
        return self.further

    def leads_back(self, browser: Browser, location: str, *, provider: str = "liar", **more: str | None) -> Any:
        """Lead a browser back from where it was sent, with the nonce of that in the next ID token."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}
        self.claims.setdefault("nonce", asked.get("nonce"))
        said: dict[str, str | None] = {"code": "a-code", "state": asked["state"], "iss": self.issuer, **more}
        query = urlencode({name: value for name, value in said.items() if value is not None})
        return browser.come_back(f"{BACK_AT}{provider}?{query}")


@contextmanager
def lying() -> Iterator[Liar]:
    """Run one."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answered(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            form = {name: values[0] for name, values in parse_qs(self.rfile.read(length).decode()).items()}
            path = urlsplit(self.path).path
            liar.asked.append((path, form, dict(self.headers)))
            if liar.delay:
                gone.wait(liar.delay)
            said = liar.answer(path)
            if said is None:
                self.close_connection = True
                return
            body = said if isinstance(said, bytes) else json.dumps(said).encode()
            self.send_response(liar.statuses.get(path, 200))
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = _answered  # noqa: N815 - the names that http.server looks for

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            """Those who hang up are expected here."""

    gone = threading.Event()
    server = Server(("127.0.0.1", 0), Handler)
    liar = Liar(server.server_address[1])
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield liar
    finally:
        gone.set()
        server.shutdown()
        server.server_close()
        thread.join(10)
