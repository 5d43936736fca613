"""What watching costs a request: the same requests with and without the layer that names, counts and tells of them.

    .venv/bin/python benchmarks/observing.py [--rounds 20] [--requests 300]

In one process, without a network and on SQLite in a temporary directory, in turns A B A B, by processor time: a busy
machine gives the same ratios. Prints the median ratio for each kind of request.
"""

import argparse
import io
import json
import os
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from time import process_time
from typing import Any

_PASSWORD = "only-for-this-run-41"  # noqa: S105 - a user of a temporary database


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=20)
    options.add_argument("--requests", type=int, default=300, help="requests in each half of a round")
    asked = options.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        _prepare(Path(directory))
        from keyturn_server.observing import starting  # noqa: PLC0415 - after the settings were chosen
        from keyturn_server.wsgi import application  # noqa: PLC0415 - the same

        starting.begin()
        bare = application._application  # noqa: SLF001 - what it wraps is what is compared
        for name, make in {"refresh": _refreshes, "authenticated GET": _reads, "probe": _probes}.items():
            ratios = _ratios(make, application, bare, rounds=asked.rounds, requests=asked.requests)
            low, high = statistics.quantiles(ratios, n=4)[::2]
            print(f"{name}: {statistics.median(ratios):.3f} times the processor time (quartiles {low:.3f}, {high:.3f})")
    sys.stdout.flush()
    # The threads that count and follow the feed have nothing to finish.
    os._exit(0)


def _prepare(directory: Path) -> None:
    os.environ |= {
        "KEYTURN_DEBUG": "0",
        "KEYTURN_SECRET_KEY": os.urandom(48).hex(),
        "KEYTURN_DATA_DIR": str(directory),
        "KEYTURN_LOG_LEVEL": "error",
        "DJANGO_SETTINGS_MODULE": "keyturn_server.settings",
        "PROMETHEUS_MULTIPROC_DIR": str(directory),
    }
    import django  # noqa: PLC0415 - after the environment
    from django.core.management import call_command  # noqa: PLC0415 - the same

    django.setup()
    call_command("migrate", verbosity=0)
    from django.contrib.auth import get_user_model  # noqa: PLC0415 - after set-up

    from keyturn.feed.watcher import watcher  # noqa: PLC0415 - the same

    get_user_model().objects.create_user("ada", password=_PASSWORD)
    watcher().start()
    watcher().wait_until_fresh(10)


def _ratios(make: Callable[[Any], Iterator[None]], one: Any, other: Any, *, rounds: int, requests: int) -> list[float]:
    watched, bare = make(one), make(other)
    found = []
    for number in range(rounds + 1):
        seconds = []
        for each in (watched, bare) if number % 2 else (bare, watched):
            began = process_time()
            for _ in range(requests):
                next(each)
            seconds.append(process_time() - began)
        if number:  # the first round warms up
            found.append(seconds[0] / seconds[1] if number % 2 else seconds[1] / seconds[0])
    return found


def _ask(application: Any, method: str, path: str, body: Any = None, **headers: str) -> Any:
    sent = json.dumps(body).encode() if body is not None else b""
    told: list[str] = []
    environ = {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "QUERY_STRING": "",
        "SCRIPT_NAME": "",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "8000",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": "localhost",
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(sent),
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(sent)),
        "wsgi.errors": sys.stderr,
        **headers,
    }
    answer = application(environ, lambda line, *_: told.append(line))
    content = b"".join(answer)
    getattr(answer, "close", lambda: None)()
    if told[0][:3] != "200":
        sys.exit(f"{method} {path}: {told[0]} {content[:200]!r}")
    return json.loads(content)


def _signed_in(application: Any) -> Any:
    return _ask(application, "POST", "/token/", {"username": "ada", "password": _PASSWORD})


def _refreshes(application: Any) -> Iterator[None]:
    pair = _signed_in(application)
    for _ in count():
        pair = _ask(application, "POST", "/token/refresh/", {"refresh": pair["refresh"]})
        yield


def _reads(application: Any) -> Iterator[None]:
    access = _signed_in(application)["access"]
    for _ in count():
        _ask(application, "GET", "/home/", HTTP_AUTHORIZATION=f"Bearer {access}")
        yield


def _probes(application: Any) -> Iterator[None]:
    for _ in count():
        _ask(application, "GET", "/livez")
        yield


if __name__ == "__main__":
    main()
