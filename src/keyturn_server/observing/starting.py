"""What a worker process begins for those who watch it: numbers, and traces where they are asked for."""

__all__ = ["begin"]


def begin() -> None:
    """Count, and trace where the environment says so. Once, before the first request and before the feed is followed.

    Raises:
        ImproperlyConfigured: traces are asked for, and what they take is not installed.
    """
    # None of this is there before Django's settings are.
    from django.conf import settings
    from django.core.exceptions import ImproperlyConfigured

    from keyturn import __version__
    from keyturn.feed.watcher import watcher
    from keyturn.mail.courier import couriers
    from keyturn_server.observing import logs, mail_metrics, metrics, tracing

    logs.take_in()
    metrics.follow(watcher())
    mail_metrics.follow(couriers(), watcher())
    if settings.KEYTURN_SERVER_OTEL:
        try:
            tracing.start(version=__version__)
        except tracing.MissingPackagesError as error:
            raise ImproperlyConfigured(str(error)) from None
