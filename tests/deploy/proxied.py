"""nginx with the files of deploy/nginx, in front of servers on loopback; and a client that knows its certificate."""

import json
import os
import re
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, Final

from scripts.node import ROOT
from tests.server.running import Answer
from tests.services.certificates import make_certificate
from tests.services.ports import LOOPBACK, free_port
from tests.services.process import clean_environment

__all__ = ["PUBLIC", "Nginx", "configured", "judged", "running"]

PUBLIC: Final = "auth.example.com"
_FILES: Final = ROOT / "deploy" / "nginx"
_PROGRAM: Final = shutil.which("nginx") or "/usr/sbin/nginx"
# What a system's own nginx.conf says around a site.
_AROUND: Final = """
{user}daemon off;
pid {here}/nginx.pid;
error_log {here}/error.log info;
events {{}}
http {{
    client_body_temp_path {here}/body;
    proxy_temp_path {here}/proxy;
    fastcgi_temp_path {here}/fastcgi;
    uwsgi_temp_path {here}/uwsgi;
    scgi_temp_path {here}/scgi;
    include {here}/site.conf;
}}
"""


@dataclass(frozen=True)
class Nginx:
    """A running nginx: HTTPS on one port, HTTP on the other."""

    directory: Path
    https: int
    http: int

    def connection(self, *, client: str = LOOPBACK, tls: bool = True) -> HTTPConnection:
        """Connect from an address of loopback, ``127.0.0.2`` for example."""
        made = HTTPConnection(PUBLIC, self.https if tls else self.http, timeout=30)
        made.sock = self.reached(client=client, tls=tls)
        return made

    def reached(self, *, client: str = LOOPBACK, tls: bool = True) -> socket.socket:
        """The same, bare."""
        plain = socket.create_connection(
            (LOOPBACK, self.https if tls else self.http), timeout=30, source_address=(client, 0)
        )
        if not tls:
            return plain
        trusting = ssl.create_default_context(cafile=str(self.directory / "fullchain.pem"))
        return trusting.wrap_socket(plain, server_hostname=PUBLIC)

    def ask(
        self,
        method: str,
        path: str,
        *,
        json_body: Any = None,
        body: bytes | None = None,
        client: str = LOOPBACK,
        tls: bool = True,
        **headers: str,
    ) -> Answer:
        """Send one request; a header is named as in ``user_agent="x"``."""
        sent = {"Host": PUBLIC, **{name.replace("_", "-"): value for name, value in headers.items()}}
        if json_body is not None:
            body = json.dumps(json_body).encode()
            sent.setdefault("content-type", "application/json")
        connection = self.connection(client=client, tls=tls)
        try:
            connection.request(method, path, body=body, headers=sent)
            response = connection.getresponse()
            found = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, found, response.read())
        finally:
            connection.close()

    def log(self) -> str:
        """What it wrote into its access log."""
        return (self.directory / "access.log").read_text()


def configured(directory: Path, upstreams: Sequence[int]) -> Nginx:
    """Write its files: those of deploy/, with nothing changed but what is said to be the reader's own."""
    make_certificate(PUBLIC, certificate=directory / "fullchain.pem", key=directory / "privkey.pem")
    made = Nginx(directory, free_port(), free_port())
    site = (_FILES / "keyturn.conf").read_text()
    (server,) = re.findall(r"^ *server 127\.0\.0\.1:8000.*;$", site, re.MULTILINE)
    nodes = "\n".join(server.replace("8000", str(port)) for port in upstreams)
    for given, own in (
        (server, nodes),
        ("listen 80;", f"listen {LOOPBACK}:{made.http};"),
        ("listen 443 ssl http2;", f"listen {LOOPBACK}:{made.https} ssl http2;"),
        ("    listen [::]:80;\n", ""),
        ("    listen [::]:443 ssl http2;\n", ""),
        ("/etc/ssl/keyturn/", f"{directory}/"),
        ("/var/log/nginx/keyturn.log", f"{directory}/access.log"),
    ):
        assert given in site, given
        site = site.replace(given, own)
    (directory / "site.conf").write_text(site)
    (directory / "snippets").mkdir(exist_ok=True)
    shutil.copy(_FILES / "keyturn-proxy.conf", directory / "snippets")
    # Started by root it would become a user who may not enter this directory.
    user = "user root;\n" if os.geteuid() == 0 else ""
    (directory / "nginx.conf").write_text(_AROUND.format(here=directory, user=user))
    return made


@contextmanager
def running(directory: Path, upstreams: Sequence[int]) -> Iterator[Nginx]:
    """Start it, give it once it accepts connections, stop it by its process id."""
    made = configured(directory, upstreams)
    process = subprocess.Popen(
        [_PROGRAM, "-c", directory / "nginx.conf", "-e", directory / "error.log"],
        env=clean_environment(),
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        deadline = time.monotonic() + 20
        while True:
            try:
                made.connection().close()
                break
            except (OSError, ssl.SSLError):
                assert process.poll() is None, (directory / "error.log").read_text()
                assert time.monotonic() < deadline, (directory / "error.log").read_text()
                time.sleep(0.02)
        yield made
    finally:
        process.terminate()
        process.wait(20)


def judged(directory: Path) -> "subprocess.CompletedProcess[str]":
    """``nginx -t``."""
    return subprocess.run(
        [_PROGRAM, "-t", "-c", directory / "nginx.conf", "-e", directory / "error.log"],
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
