"""What happens in each worker process before its first request."""

from keyturn_server.gate import Gate
from keyturn_server.signals import obey_parent

__all__ = ["load"]


def load() -> Gate:
    """Return the application, with its URLs loaded, so that the first request is as fast as the second."""
    obey_parent()
    # Both read the settings, which the server process, that only names this function, must not have to do first.
    from django.urls import get_resolver

    from keyturn_server.wsgi import application

    _ = get_resolver().url_patterns
    return application
