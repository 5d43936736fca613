"""From Granian's own interface (RSGI) to a WSGI application's and back: what PEP 3333 calls the environment.

Granian could call the application as WSGI itself. Its thread would then wait for the body to arrive, byte by byte if
the client pleases, and there is no way to end that wait.
"""

import io
import sys
from collections.abc import Callable, Iterable
from typing import Any, Final, Protocol

__all__ = ["Application", "Proto", "Scope", "call", "environ_of"]

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

_COMMON: Final[dict[str, Any]] = {
    "GATEWAY_INTERFACE": "CGI/1.1",
    "SCRIPT_NAME": "",
    "SERVER_SOFTWARE": "Granian",
    "wsgi.errors": sys.stderr,
    "wsgi.input_terminated": True,
    "wsgi.multiprocess": True,
    "wsgi.multithread": True,
    "wsgi.run_once": False,
    "wsgi.version": (1, 0),
}
_UNPREFIXED: Final = frozenset({"CONTENT_LENGTH", "CONTENT_TYPE"})
# Names of headers, of which there is no end: as many as an honest client's and its proxies' have are remembered.
_names: Final[dict[str, str]] = {}
_MOST_NAMES: Final = 500


class Headers(Protocol):
    """A request's headers, names in small letters; those whose value is not ASCII have a name only."""

    def __contains__(self, key: str) -> bool:
        """Whether there is one of this name."""
        ...

    def __len__(self) -> int:
        """How many different names there are."""
        ...

    def keys(self) -> list[str]:
        """The different names."""
        ...

    def items(self) -> list[tuple[str, str]]:
        """Names and values, those of one name one after the other."""
        ...

    def get(self, key: str, default: Any = None) -> Any:
        """The first value of a name."""
        ...


class Scope(Protocol):
    """A request but for its body (RSGI's specification, "HTTP scope")."""

    http_version: str
    server: str
    client: str
    scheme: str
    method: str
    path: str
    query_string: str
    authority: str | None
    headers: Headers


class Proto(Protocol):
    """A request's body, and where its answer goes (RSGI's specification, "HTTP protocol")."""

    def __call__(self) -> Any:
        """A future of the whole body."""
        ...

    def __aiter__(self) -> Any:
        """Begin to read the body in pieces."""
        ...

    def __anext__(self) -> Any:
        """A future of the next piece."""
        ...

    def client_disconnect(self) -> Any:
        """A future that is there once the client has ended the connection."""
        ...

    def response_bytes(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        """Answer."""
        ...

    def response_stream(self, status: int, headers: list[tuple[str, str]]) -> Any:
        """Begin an answer that ends when what is returned here is let go."""
        ...


def environ_of(scope: Scope, body: bytes) -> dict[str, Any]:
    """Return the environment of a request whose body is there (RFC 3875 section 4.1, PEP 3333).

    A header with an underscore in its name is left out: here it could not be told from the one with a hyphen, which a
    proxy may have set or removed (CVE-2015-0219).
    """
    environ = _COMMON.copy()
    path = scope.path
    # PEP 3333: bytes, as characters of Latin-1.
    environ["PATH_INFO"] = path if path.isascii() else path.encode().decode("latin-1")
    environ["QUERY_STRING"] = scope.query_string
    environ["REQUEST_METHOD"] = scope.method
    version = scope.http_version
    environ["SERVER_PROTOCOL"] = f"HTTP/{version}"
    environ["wsgi.url_scheme"] = scope.scheme
    environ["SERVER_NAME"], _, environ["SERVER_PORT"] = scope.server.rpartition(":")
    environ["REMOTE_ADDR"] = scope.client.rpartition(":")[0].strip("[]")
    environ["wsgi.input"] = io.BytesIO(body)
    headers = scope.headers
    _put_headers(environ, headers)
    if (named := scope.authority) is not None:
        # RFC 9112 section 3.2.2: where the target names a host, that one is asked, whatever the header says.
        environ["HTTP_HOST"] = named
    elif "HTTP_HOST" not in environ:
        # Django would put this server's own address there.
        environ["HTTP_HOST"] = ""
    if "HTTP_TRANSFER_ENCODING" in environ or (body and "CONTENT_LENGTH" not in environ):
        # A chunked body (RFC 9112 section 7.1) has the length Django needs once it is there.
        environ["CONTENT_LENGTH"] = str(len(body))
    return environ


def _put_headers(environ: dict[str, Any], headers: Headers) -> None:
    different = 0
    left_out: set[str] = set()
    for key, value in headers.items():
        name = _names.get(key) or _name(key)
        if name in environ:
            # Cookies cannot be joined by commas (RFC 9113 section 8.2.3), everything else is (RFC 9110 section 5.3).
            environ[name] += ("; " if name == "HTTP_COOKIE" else ",") + value
        elif name:
            environ[name] = value
            different += 1
        else:
            left_out.add(key)
    if different + len(left_out) != len(headers):
        # A header that holds anything but ASCII is empty (keyturn_server.gate knows what that means).
        for key in headers.keys():  # noqa: SIM118 - not a mapping
            if name := _name(key):
                environ.setdefault(name, "")


def _name(key: str) -> str:
    """A header's name in the environment, empty if it has no place there."""
    if "_" in key:
        return ""
    name = key.replace("-", "_").upper()
    if name not in _UNPREFIXED:
        name = f"HTTP_{name}"
    if len(_names) < _MOST_NAMES:
        _names[key] = name
    return name


class _Start:
    """What the application calls to begin its answer."""

    __slots__ = ("headers", "status")

    def __call__(self, status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> None:
        self.status = int(status[:3])
        self.headers = headers


def call(
    application: Application, environ: dict[str, Any], send: Callable[[int, list[tuple[str, str]], bytes], None]
) -> None:
    """Call a WSGI application, send its answer, and then close what it returned, so that nobody waits for that."""
    start = _Start()
    parts = application(environ, start)
    try:
        send(start.status, start.headers, b"".join(parts))
    finally:
        close = getattr(parts, "close", None)
        if close is not None:
            close()
