"""What happens in each worker process before its first request."""

from typing import Final

from keyturn_server import codec_names
from keyturn_server.observing.watching import Watched

__all__ = ["load"]

# Seconds.
_PATIENCE: Final = 2.0


def load() -> Watched:
    """Return the application, its URLs loaded and the feed followed, so the first request is as fast as the second."""
    codec_names.bound()
    # Both read the settings, which the server process, that only names this function, must not have to do first.
    from django.urls import get_resolver

    from keyturn_server.wsgi import application

    _ = get_resolver().url_patterns
    _follow_the_feed()
    _deliver_mail()
    return application


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
