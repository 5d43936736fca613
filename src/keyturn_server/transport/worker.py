"""What happens before a worker's first request: the program is loaded, which may be shared, and then begun."""

from typing import Final

from keyturn_server.observing.watching import Watched
from keyturn_server.transport import codec_names

__all__ = ["begin", "load"]

# Seconds.
_PATIENCE: Final = 2.0


def load() -> Watched:
    """Return the application, its URLs loaded. It can be forked after this: there is no thread, and no connection."""
    codec_names.bound()
    # Both read the settings, which the server process, that only names this function, must not have to do first.
    from django.urls import get_resolver

    from keyturn_server.wsgi import application

    _ = get_resolver().url_patterns
    return application


def begin() -> None:
    """Have the threads and the connections that a process that serves has, so the first request meets them."""
    _follow_the_feed()
    _deliver_mail()


def _follow_the_feed() -> None:
    # Models cannot be imported before the application has set Django up.
    from keyturn.feed.watcher import watcher
    from keyturn_server.observing import starting

    starting.begin()
    watcher().start()
    # Without the database requests are answered all the same, those that need none as fast as ever.
    watcher().wait_until_fresh(_PATIENCE)


def _deliver_mail() -> None:
    # What a process that died has left in the queue does not wait for the next mail.
    from keyturn.mail.courier import couriers

    for each in couriers():
        each.start()
