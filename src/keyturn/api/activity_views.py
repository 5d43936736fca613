"""What happened to one's account: who signed in from where, what was changed, and why a session ended."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from django.conf import settings as django_settings
from rest_framework import exceptions, serializers
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from keyturn.api.authentication import JWTAuthentication
from keyturn.api.base import KeyturnView
from keyturn.clock import aware
from keyturn.jose.sealing import DamagedError, OtherSecretError, seal, unseal
from keyturn.mail.language import in_language_of_caller
from keyturn.trail.events import Event
from keyturn.trail.models import AuditEvent
from keyturn.trail.reading import latest_events
from keyturn.trail.telling import told
from keyturn.user_agents import readable_user_agent

__all__ = ["ActivityPageSerializer", "ActivityView"]

_DEFAULT: Final = 50
_MOST: Final = 100
_CURSOR: Final = "activity cursor"
_LONGEST_CURSOR: Final = 200
_GIVEN: Final = frozenset({"cursor", "limit"})


class ActivitySerializer(serializers.Serializer[Any]):
    """Something that happened to the account."""

    at = serializers.SerializerMethodField(help_text="When, in UTC.")
    event = serializers.CharField(read_only=True, help_text="A stable word.")
    reason = serializers.CharField(read_only=True, help_text="A stable word that says more, or empty.")
    message = serializers.SerializerMethodField(help_text="The same in a sentence, in the language of the request.")
    session = serializers.UUIDField(
        source="session_id", read_only=True, allow_null=True, help_text="The session it happened in or to."
    )
    current = serializers.SerializerMethodField(help_text="Whether that is the session of this request.")
    by_administrator = serializers.SerializerMethodField(help_text="Whether an administrator did it.")
    ip = serializers.SerializerMethodField(help_text="Address of whoever did it; null for an administrator's.")
    user_agent = serializers.SerializerMethodField(
        help_text="Browser and system of whoever did it, in words; empty where unknown or an administrator's."
    )

    def get_at(self, event: AuditEvent) -> datetime:
        """In UTC, as all times of the API."""
        return aware(event.at).astimezone(UTC)

    def get_message(self, event: AuditEvent) -> str:
        """Words for people."""
        return told(event)

    def get_current(self, event: AuditEvent) -> bool:
        """Compare with the session of the request's own token."""
        current = self.context.get("current")
        return current is not None and event.session_id == current

    def get_by_administrator(self, event: AuditEvent) -> bool:
        """Which administrator is not said."""
        return bool(event.actor_id)

    def get_ip(self, event: AuditEvent) -> str | None:
        """An administrator's address is none of the user's business."""
        return None if event.actor_id else event.ip

    def get_user_agent(self, event: AuditEvent) -> str:
        """Browser and system, without versions."""
        return "" if event.actor_id or not event.user_agent else readable_user_agent(event.user_agent)


class ActivityPageSerializer(serializers.Serializer[Any]):
    """A page of it."""

    results = ActivitySerializer(many=True, read_only=True)
    next_cursor = serializers.CharField(
        read_only=True, allow_null=True, help_text="What to send as `cursor` for older ones; null: there are none."
    )


class ActivityView(KeyturnView):
    """What happened to the account of whoever asks, the newest first."""

    authentication_classes = (JWTAuthentication,)
    permission_classes = (IsAuthenticated,)
    serializer_class = ActivityPageSerializer

    def get(self, request: Request) -> Response:
        """Show a page of it; 400 on a cursor that is not this user's, or a limit that is none."""
        user_id = str(request.user.pk)
        before, limit = _asked(request, user_id=user_id)
        found = latest_events(user_id=user_id, limit=limit + 1, before=before)
        events = _of_this_account(found)
        page = events[:limit]
        more = len(events) > limit
        context = {**self.get_serializer_context(), "current": _session_of(request)}
        with in_language_of_caller():
            results = ActivitySerializer(page, many=True, context=context).data
        cursor = _cursor(page[-1].pk, user_id=user_id) if more else None
        return Response({"results": results, "next_cursor": cursor})


def _of_this_account(events: Sequence[AuditEvent]) -> list[AuditEvent]:
    """What came before the deletion of an account with the same key is not this account's."""
    mine = []
    for event in events:
        if event.event == Event.ACCOUNT_DELETED:
            break
        mine.append(event)
    return mine


def _asked(request: Request, *, user_id: str) -> tuple[int | None, int]:
    """Which page is asked for.

    Raises:
        ValidationError: a parameter is wrong, or given twice.
    """
    wrong: dict[str, list[str]] = {}
    for name in _GIVEN:
        if len(request.query_params.getlist(name)) > 1:
            wrong[name] = ["Given more than once."]
    limit, before = _DEFAULT, None
    text = request.query_params.get("limit")
    if text is not None:
        if text.isascii() and text.isdigit() and len(text) <= 3 and 1 <= int(text) <= _MOST:
            limit = int(text)
        else:
            wrong.setdefault("limit", [f"A whole number from 1 to {_MOST}."])
    cursor = request.query_params.get("cursor")
    if cursor is not None:
        before = _position(cursor, user_id=user_id)
        if before is None:
            wrong.setdefault("cursor", ["Not a cursor of this list."])
    if wrong:
        raise exceptions.ValidationError(wrong)
    return before, limit


def _cursor(position: int, *, user_id: str) -> str:
    """Sealed: ids count the events of everybody, which is nobody's business."""
    return seal(str(position).encode(), secret=django_settings.SECRET_KEY, purpose=_CURSOR, place=user_id)


def _position(cursor: str, *, user_id: str) -> int | None:
    if len(cursor) > _LONGEST_CURSOR or not cursor.isascii():
        return None
    secrets = (django_settings.SECRET_KEY, *django_settings.SECRET_KEY_FALLBACKS)
    try:
        return int(unseal(cursor, secrets=secrets, purpose=_CURSOR, place=user_id))
    except (DamagedError, OtherSecretError, ValueError):
        return None


def _session_of(request: Request) -> UUID | None:
    """The session of the request's token; None for a token that names none."""
    claims = getattr(request.auth, "keyturn_claims", None)
    return None if claims is None else claims.sid
