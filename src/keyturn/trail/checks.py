"""System checks of the trail. Ids never change."""

from collections.abc import Iterable

from django.core.checks import CheckMessage, Error, Tags
from django.core.checks import register as register_check

from keyturn import conf
from keyturn.trail.events import Event

__all__ = ["register"]


def register() -> None:
    """Register the checks with Django."""
    register_check(check_webhook, Tags.compatibility)


def check_webhook(**_: object) -> Iterable[CheckMessage]:
    """E011: a webhook that asks for an event that never happens would stay silent for ever."""
    webhook = conf.get().trail_webhook
    unknown = sorted((webhook.events if webhook else frozenset()) - {event.value for event in Event})
    if unknown:
        yield Error(
            f"KEYTURN['TRAIL_WEBHOOK']['EVENTS'] names {unknown[0]!r}, which is no event.",
            hint=f"The events are: {', '.join(Event)}.",
            id="keyturn.E011",
        )
