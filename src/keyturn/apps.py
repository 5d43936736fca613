"""The Django app: checks its settings, then lets sessions follow users and simplejwt follow Keyturn."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class KeyturnConfig(AppConfig):
    """``INSTALLED_APPS = [..., "keyturn"]``."""

    name = "keyturn"
    label = "keyturn"
    verbose_name = _("Sign-in sessions")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Fail on wrong settings; wire up. No query, no I/O.

        Raises:
            ImproperlyConfigured: a setting is unknown or wrong; the message names it.
        """
        from django.apps import apps
        from django.contrib.auth import get_user_model

        from keyturn import checks, compat, conf, keys
        from keyturn.api import settling
        from keyturn.sessions.user_changes import watch_user_model

        conf.get()
        checks.register()
        watch_user_model(get_user_model())
        compat.install()
        settling.install()
        keys.follow()
        if apps.is_installed("drf_spectacular"):
            from keyturn.api import schema  # noqa: F401 - registers itself
