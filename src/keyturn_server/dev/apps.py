"""The app's start: the one place that switches anything on."""

from django.apps import AppConfig
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from keyturn import clock

__all__ = ["DevConfig"]


class DevConfig(AppConfig):
    """Installed by :mod:`keyturn_server.settings` in development."""

    name = "keyturn_server.dev"
    label = "keyturn_dev"

    def ready(self) -> None:
        """Let the clock follow the shared one, and note what the lab draws.

        Raises:
            ImproperlyConfigured: ``DEBUG`` is off.
        """
        if not settings.DEBUG:
            raise ImproperlyConfigured("keyturn_server.dev is for development, and DEBUG is off")
        from keyturn_server.dev import noting
        from keyturn_server.dev.shared_clock import shared_clock

        clock.run_ahead(shared_clock().ahead)
        noting.follow()
