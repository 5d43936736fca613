"""What stands around the nodes: the balancer in front of them, and the Valkey that counts attempts."""

import http.client
import shutil
import signal
import socket
from collections.abc import Sequence
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from benchmarks.faults.processes import Daemon, lasting_port
from tests.services.identity import service_identity, temporary_directory
from tests.services.ports import LOOPBACK, free_port
from tests.services.valkey import start_valkey

__all__ = ["Balancer", "Valkey", "find_nginx"]

_SAMPLE: Final = Path(__file__).resolve().parents[2] / "deploy" / "nginx" / "keyturn-proxy.conf"
_WAITS_FOR_A_REFRESH: Final = "proxy_read_timeout 4s;"
"""In the sample, at the real pace."""
_NGINX: Final = """\
daemon off;
worker_processes 1;
worker_rlimit_nofile 16384;
pid {directory}/nginx.pid;
error_log {directory}/error.log warn;
events {{ worker_connections 12288; }}
http {{
    access_log off;
    client_body_temp_path {directory}/body;
    proxy_temp_path {directory}/proxy;
    fastcgi_temp_path {directory}/fastcgi;
    uwsgi_temp_path {directory}/uwsgi;
    scgi_temp_path {directory}/scgi;
    keepalive_requests 1000000;
    upstream keyturn {{
        {servers}
        keepalive 32;
    }}
    server {{
        listen {host}:{port} backlog=4096;
        include {directory}/keyturn-proxy.conf;
    }}
}}
"""


def find_nginx() -> str | None:
    """The path of nginx; None where it is not installed."""
    return shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")


class Balancer:
    """An nginx in front of some nodes, which treats them as the sample in deploy/nginx says.

    Args:
        ports: the nodes', on loopback.
        waits: seconds for a node's answer to a refresh, before another one is asked; None: as the sample says.

    Raises:
        RuntimeError: there is no nginx.
    """

    def __init__(self, ports: Sequence[int], *, waits: float | None = None) -> None:
        program = find_nginx()
        if program is None:
            raise RuntimeError("nginx is not installed")
        identity = service_identity()
        directory = temporary_directory("keyturn-balancer-", identity)
        self.port = free_port()
        servers = "\n        ".join(f"server {LOOPBACK}:{port} max_fails=1 fail_timeout=1s;" for port in ports)
        configuration = directory / "nginx.conf"
        configuration.write_text(
            _NGINX.format(directory=directory, servers=servers, host=LOOPBACK, port=self.port),
            encoding="utf-8",
        )
        sample = Path(shutil.copy(_SAMPLE, directory))
        if waits is not None:
            said = sample.read_text(encoding="utf-8")
            if said.count(_WAITS_FOR_A_REFRESH) != 1:
                raise RuntimeError(f"{_SAMPLE} does not say how long nginx waits for a refresh")
            own = f"proxy_read_timeout {waits * 1000:.0f}ms;"
            sample.write_text(said.replace(_WAITS_FOR_A_REFRESH, own), encoding="utf-8")
        for path in (configuration, sample):
            identity.owns(path)
        self.daemon = Daemon(
            [program, "-p", str(directory), "-c", str(configuration), "-e", str(directory / "error.log")],
            directory=directory,
            identity=identity,
            answers=self._answers,
            asked=signal.SIGTERM,
        )
        self.daemon.start()

    def _answers(self) -> bool:
        try:
            connection = http.client.HTTPConnection(LOOPBACK, self.port, timeout=5)
            connection.request("GET", "/health/live/")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False


class Valkey:
    """A Valkey that is killed and started again at its address, empty.

    Attributes:
        url: its ``valkey://`` address.
    """

    def __init__(self) -> None:
        first, url = start_valkey()
        program, directory = (Path(f"/proc/{first.pid}/{what}").resolve() for what in ("exe", "cwd"))
        # The same server, on a port that it finds free again.
        before, port = urlsplit(url).port, lasting_port()
        configuration = directory / "valkey.conf"
        text = configuration.read_text(encoding="utf-8")
        configuration.write_text(text.replace(f"port {before}\n", f"port {port}\n"), encoding="utf-8")
        self.url = url.replace(f":{before}/", f":{port}/")
        self.daemon = Daemon(
            [str(program), str(configuration)],
            directory=directory,
            identity=service_identity(),
            answers=self._answers,
            asked=signal.SIGTERM,
            running=first,
        )
        self.daemon.kill()
        self.daemon.start()

    def _answers(self) -> bool:
        parts = urlsplit(self.url)
        assert parts.port is not None
        try:
            socket.create_connection((LOOPBACK, parts.port), timeout=2).close()
        except OSError:
            return False
        return True
