"""The paths under ``/dev/`` that are the lab's; none outside of development."""

from django.conf import settings
from django.urls import URLPattern, path

__all__ = ["urlpatterns"]


def urlpatterns() -> list[URLPattern]:
    """The endpoints; an empty list where the app is not installed."""
    if not settings.DEBUG or getattr(settings, "KEYTURN_SERVER_LAB", None) is None:
        return []
    from keyturn_server.dev import clock_page, lab_pages, provider, thief

    return [
        path("dev/clock/", clock_page.clock, name="dev_clock"),
        path("dev/lab/rules/", lab_pages.rules, name="dev_lab_rules"),
        path("dev/lab/events/", lab_pages.events, name="dev_lab_events"),
        path("dev/lab/faults/", lab_pages.faults_page, name="dev_lab_faults"),
        path("dev/lab/keys/", lab_pages.keys, name="dev_lab_keys"),
        path("dev/lab/steal/", thief.steal, name="dev_lab_steal"),
        path("dev/lab/use/", thief.use, name="dev_lab_use"),
        *provider.urlpatterns(),
    ]
