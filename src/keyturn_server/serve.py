"""``keyturn serve``: Granian, serving the WSGI application from worker processes."""

import argparse
import copy
import os
import resource
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from django.conf import settings

from keyturn import __version__
from keyturn_server import env, signals
from keyturn_server.observing import metrics
from keyturn_server.preflight import problems, remarks
from keyturn_server.program import say, set_up, tell
from keyturn_server.transport.granian_calls import Wire
from keyturn_server.transport.listening import Address, announce, find_free, listener
from keyturn_server.transport.mould import Mould
from keyturn_server.transport.spawned import Spawner
from keyturn_server.transport.supervisor import Supervisor
from keyturn_server.transport.working import Orders

__all__ = ["parser", "read_options", "run", "serve"]

# Connections the kernel holds for a worker that is busy; beyond it clients are refused instead of waiting for ever.
_BACKLOG: Final = 1024
# Seconds a request may take to end after the server was told to stop.
_STOP_TIMEOUT: Final = 10
# Seconds a request's head may take, and a connection be idle: longer than proxies keep theirs.
_HEADER_SECONDS: Final = 30
# Connections of a worker at once, where the system lets it have as many; and files that it opens besides.
_MOST_CONNECTIONS: Final = 16_384
_OTHER_FILES: Final = 256
_MOST_WORKERS: Final = 64
_MOST_THREADS: Final = 256


def _count(most: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not text.isascii() or not text.isdigit() or not 1 <= int(text[:9]) <= most:
            raise argparse.ArgumentTypeError(f"must be a number from 1 to {most}, not {text!r}")
        return int(text)

    return read


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text[:9]) > 65_535:
        raise argparse.ArgumentTypeError(f"must be a port from 0 (any free one) to 65535, not {text!r}")
    return int(text)


def parser(environment: env.Environment) -> argparse.ArgumentParser:
    """Return the parser of the command's options."""
    options = argparse.ArgumentParser(prog="keyturn serve", allow_abbrev=False, description="Serve HTTP.")
    options.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    options.add_argument(
        "--port", type=_port, default=environment.port, help="port to listen on (default: PORT, %(default)s)"
    )
    options.add_argument(
        "--workers", type=_count(_MOST_WORKERS), default=1, help="processes, about one a core (default: %(default)s)"
    )
    options.add_argument(
        "--threads",
        type=_count(_MOST_THREADS),
        default=min(environment.db_pool_size, 2 * (os.cpu_count() or 1) + 4),
        help="threads of each process (default here: %(default)s)",
    )
    options.add_argument("--tls-certificate", type=Path, metavar="FILE", help="serve HTTPS with this PEM certificate")
    options.add_argument("--tls-key", type=Path, metavar="FILE", help="the certificate's private key, PEM")
    options.add_argument("--access-log", action="store_true", help="log a line for every request")
    return options


def read_options(words: Sequence[str], environment: env.Environment) -> argparse.Namespace:
    """Return the options of a command line. To be called before anything reads the settings."""
    options = parser(environment).parse_args(words)
    if options.access_log:
        # Read with the settings, in this process and in every other.
        os.environ["KEYTURN_ACCESS_LOG"] = "1"
    return options


def run(words: Sequence[str]) -> int:
    """Run ``keyturn serve`` with these options.

    Returns:
        the exit code: 0 after a clean stop, 1 if the server cannot start or its workers keep failing.
    """
    if {"-h", "--help"} & set(words):
        # Help must not need a complete environment.
        parser(env.Environment.model_construct(port=8000, db_pool_size=8)).parse_args(words)
    options = read_options(words, env.load())
    if (options.tls_certificate is None) != (options.tls_key is None):
        return _fail("--tls-certificate and --tls-key go together")
    for file in (options.tls_certificate, options.tls_key):
        if file is not None and not file.is_file():
            return _fail(f"there is no file {file}")
    try:
        address = find_free(options.host, options.port)
    except OSError as error:
        return _fail(str(error))
    set_up()
    found = problems()
    if found:
        return _fail("\n".join(found))
    for remark in remarks():
        tell(remark)
    return serve(address, options=options, ready=lambda: _say_ready(address, options))


def _say_ready(address: Address, options: argparse.Namespace) -> None:
    scheme = "https" if options.tls_key else "http"
    workers = f"{options.workers} worker{'s' if options.workers > 1 else ''}"
    say(f"Keyturn {__version__} serves {scheme}://{address} ({workers} of {options.threads} threads; Ctrl-C stops)")


def serve(address: Address, *, options: argparse.Namespace, ready: Callable[[], None]) -> int:
    """Serve until told to stop.

    Args:
        address: where to listen; it was free a moment ago.
        options: of :func:`parser`.
        ready: called once connections are accepted.

    Returns:
        the exit code.
    """
    orders = Orders(
        wire=Wire(
            connections=_most_connections(),
            backlog=_BACKLOG,
            header_seconds=_HEADER_SECONDS,
            certificate=options.tls_certificate,
            key=options.tls_key,
        ),
        threads=options.threads,
    )
    # What is forked from this process has no signals of its own to act on, either.
    signals.block()
    with metrics.shared_directory():
        server = Supervisor(
            lambda: listener(address),
            workers=options.workers,
            maker=lambda: Mould(orders) if sys.platform == "linux" else Spawner(orders),
            stop_seconds=_STOP_TIMEOUT,
            logging_configuration=copy.deepcopy(settings.LOGGING),
        )
        signals.obey(server.signal_handler_interrupt, renew=server.signal_handler_reload)
        waiting = announce(address, ready)
        try:
            server.run()
        except SystemExit as stop:
            return stop.code if isinstance(stop.code, int) else 1
        finally:
            waiting.set()
    return 0


def _most_connections() -> int:
    """Have the system allow what it allows at most, and return how many connections that is."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    files = (
        _MOST_CONNECTIONS + _OTHER_FILES
        if most == resource.RLIM_INFINITY
        else min(most, _MOST_CONNECTIONS + _OTHER_FILES)
    )
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, most))
    return max(files - _OTHER_FILES, _OTHER_FILES)


def _fail(message: str) -> int:
    tell(message)
    return 1
