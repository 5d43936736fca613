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
        from keyturn.accounts import administering, proofs
        from keyturn.accounts import checks as account_checks
        from keyturn.api import admin_calling, admin_login, settling
        from keyturn.api import checks as web_checks
        from keyturn.defence import checks as defence_checks
        from keyturn.defence import passwords_forms
        from keyturn.feed.watcher import watcher
        from keyturn.mail import webhooks
        from keyturn.mfa import checks as factor_checks
        from keyturn.mfa import enrolling, trusted
        from keyturn.sessions.user_changes import watch_user_model
        from keyturn.signin import checks as signin_checks
        from keyturn.trail import account_events, admin_events, emptying, tally
        from keyturn.trail import checks as trail_checks

        conf.get()
        checks.register()
        account_checks.register()
        defence_checks.register()
        signin_checks.register()
        factor_checks.register()
        watch_user_model(get_user_model())
        compat.install()
        settling.install()
        passwords_forms.install()
        admin_calling.install()
        administering.follow()
        proofs.follow_proofs()
        trusted.follow()
        enrolling.follow()
        admin_login.install()
        keys.follow()
        account_events.follow_accounts()
        admin_events.follow_admin()
        emptying.follow_tests()
        trail_checks.register()
        web_checks.register()
        webhooks.follow_trail()
        watcher().each_poll(tally.flush_if_due)
        if apps.is_installed("drf_spectacular"):
            from keyturn.api import schema  # noqa: F401 - registers itself
