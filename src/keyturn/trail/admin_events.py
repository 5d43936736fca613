"""What Django's admin logs of itself, written into the trail too: there it can neither be edited nor deleted."""

import functools
import json
from collections.abc import Callable, Sequence
from typing import Any, Final

from django.apps import apps
from django.contrib.auth import get_user_model
from django.db.models.signals import post_save

from keyturn.trail.events import Event
from keyturn.trail.models import AuditEvent
from keyturn.trail.recording import made, write

__all__ = ["follow_admin"]

_WORDS: Final = {1: "addition", 2: "change", 3: "deletion"}
"""``LogEntry.action_flag``."""


def follow_admin() -> None:
    """Listen where Django's admin is installed. Safe to call twice."""
    if not apps.is_installed("django.contrib.admin"):
        return
    from django.contrib.admin.models import LogEntry, LogEntryManager  # noqa: PLC0415 - not every project has it

    post_save.connect(_logged, sender=LogEntry, dispatch_uid="keyturn.trail.admin")
    manager: Any = LogEntryManager
    if not hasattr(manager.log_actions, "keyturn_stock"):
        manager.log_actions = _telling(manager.log_actions)


def _logged(*, instance: Any, created: bool, raw: bool = False, **_: object) -> None:
    if created and not raw:
        instance.is_in_trail = True
        write([_event(instance)])


def _telling(log_actions: Callable[..., Any]) -> Callable[..., Any]:
    """Django sends no signal of entries that it adds several at a time."""

    @functools.wraps(log_actions)
    def wrapper(self: Any, *args: Any, **kwargs: Any) -> Any:
        answer = log_actions(self, *args, **kwargs)
        untold = [entry for entry in answer if not hasattr(entry, "is_in_trail")] if _are_several(answer) else []
        if untold:
            write([_event(entry) for entry in untold])
        return answer

    wrapper.keyturn_stock = log_actions  # type: ignore[attr-defined]
    return wrapper


def _are_several(answer: Any) -> bool:
    return isinstance(answer, Sequence) and not isinstance(answer, str)


def _event(entry: Any) -> AuditEvent:
    """Who did it is the entry's user; whose account it was follows from the object, if that is one.

    The entry's text is not taken over: it may repeat what somebody typed. The names of the changed fields are.
    """
    kind = _model_of(entry)
    is_account = kind is not None and issubclass(kind, get_user_model())
    event = made(
        Event.ADMIN_ACTION,
        user_id=entry.object_id if is_account else "",
        reason=_WORDS.get(entry.action_flag, ""),
        details={
            "model": "" if kind is None else kind._meta.label_lower,
            "object_id": str(entry.object_id or "")[:64],
            "fields": _changed_fields(entry.change_message),
        },
    )
    actor = str(entry.user_id)
    event.actor_id = "" if actor == event.user_id else actor
    return event


def _model_of(entry: Any) -> Any:
    from django.contrib.contenttypes.models import ContentType  # noqa: PLC0415 - not every project has it

    if entry.content_type_id is None:
        return None
    return ContentType.objects.get_for_id(entry.content_type_id).model_class()


def _changed_fields(message: str) -> list[str]:
    """The names in an entry's JSON: ``[{"changed": {"fields": [...]}}]``."""
    try:
        parts = json.loads(message) if message.startswith("[") else []
    except ValueError:
        return []
    found: list[str] = []
    for part in parts if isinstance(parts, list) else []:
        for said in part.values() if isinstance(part, dict) else ():
            if isinstance(said, dict) and isinstance(said.get("fields"), list):
                found += [str(field)[:64] for field in said["fields"]]
    return found[:50]
