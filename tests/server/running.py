"""The server's command line and its HTTP answers, seen from outside."""

import dataclasses
import http.client
import json
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from tests.services.ports import LOOPBACK
from tests.services.process import clean_environment

__all__ = ["KEYTURN", "PRODUCTION", "SECRET", "WITH_MAIL", "Answer", "ask", "keyturn", "raw", "word", "workers_of"]

KEYTURN: Final = (sys.executable, "-m", "keyturn_server.cli")

# Random, made for these tests, and found nowhere else: what the output of a command is searched for.
SECRET: Final = "Vt4mQx0Zr8Ls2Yw6Kd1Hn7Bc5Pf9Gj3Ta0Ue4Ri8Ob2Mv6Xz1Cq"
PRODUCTION: Final = {"KEYTURN_SECRET_KEY": SECRET, "KEYTURN_PUBLIC_URL": "https://auth.example.com"}
WITH_MAIL: Final = {
    **PRODUCTION,
    "KEYTURN_EMAIL_URL": "smtp://mail.example.com",
    "KEYTURN_EMAIL_FROM": "auth@example.com",
}


def keyturn(
    *words: str, directory: Path, env: Mapping[str, str] | None = None, seconds: float = 60
) -> "subprocess.CompletedProcess[str]":
    """Run one command to its end, in ``directory`` and with no variable of ours but those of ``env``."""
    return subprocess.run(
        [*KEYTURN, *words],
        cwd=directory,
        env=clean_environment(env),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )


@dataclasses.dataclass(frozen=True)
class Answer:
    """One HTTP answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body, which has to be JSON and to say so."""
        assert self.headers["content-type"].startswith("application/json"), (self.status, self.headers, self.body)
        return json.loads(self.body)


def ask(
    port: int,
    method: str,
    path: str,
    *,
    body: bytes | None = None,
    json_body: Any = None,
    **headers: str,
) -> Answer:
    """Send one request to loopback. A header is named as in ``accept="text/html"`` or ``x_forwarded_proto="http"``."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    if json_body is not None:
        body = json.dumps(json_body).encode()
        sent.setdefault("content-type", "application/json")
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=30)
    try:
        connection.request(method, path, body=body, headers=sent)
        response = connection.getresponse()
        return Answer(response.status, {name.lower(): value for name, value in response.getheaders()}, response.read())
    finally:
        connection.close()


def raw(port: int, request: bytes) -> bytes:
    """Send bytes that no HTTP library would, and return everything that comes back until the server hangs up."""
    received = b""
    with socket.create_connection((LOOPBACK, port), timeout=30) as peer:
        peer.sendall(request)
        while chunk := peer.recv(65_536):
            received += chunk
    return received


def word(answer: Answer) -> str:
    """The ``code`` of a refusal, which must also have a ``detail`` for people."""
    assert isinstance(answer.json["detail"], str)
    assert answer.json["detail"]
    return str(answer.json["code"])


def workers_of(pid: int) -> set[int]:
    """The worker processes of a server; its other children are their mould, and a helper of Python's own."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return {int(child) for child in children if _name(child) == "keyturn-worker"}


def _name(pid: str) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""  # it has just ended
