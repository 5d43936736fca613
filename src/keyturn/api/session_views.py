"""Sessions for people: see where you are signed in, and end what is not you."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.http import Http404
from rest_framework import serializers, status
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from keyturn import conf
from keyturn.api.authentication import JWTAuthentication
from keyturn.api.base import KeyturnView
from keyturn.api.impersonation import refuse_impersonated
from keyturn.api.web_cookies import forget_session
from keyturn.clock import aware, utc_now
from keyturn.mfa.trusted import forget_others
from keyturn.sessions.client import current_client
from keyturn.sessions.listing import live_sessions
from keyturn.sessions.models import Session
from keyturn.sessions.revocation import RevokeReason, revoke_sessions, revoke_user_sessions
from keyturn.tokens.claims import TokenType
from keyturn.user_agents import readable_user_agent

__all__ = ["SessionListView", "SessionView"]


class SessionSerializer(serializers.ModelSerializer[Session]):
    """A session as its user sees it. Nothing in it can be presented anywhere."""

    current = serializers.SerializerMethodField(help_text="Whether this request belongs to it.")
    created_at = serializers.SerializerMethodField(help_text="When the user signed in.")
    last_used_at = serializers.SerializerMethodField(help_text="Rounded down to the hour.")
    expires_at = serializers.SerializerMethodField(
        help_text="When it ends unless it is used before, rounded down to the hour."
    )
    user_agent = serializers.SerializerMethodField(help_text="In words, for example: Firefox on Windows.")
    label = serializers.CharField(source="client_label", read_only=True)  # type: ignore[assignment] # a field's name

    class Meta:
        model = Session
        fields = ("id", "current", "created_at", "last_used_at", "expires_at", "ip", "user_agent", "label")
        read_only_fields = fields

    def get_current(self, session: Session) -> bool:
        """Compare with the session of the request's own token."""
        return bool(session.pk == self.context.get("current"))

    def get_created_at(self, session: Session) -> datetime:
        """In UTC, as all times of the API."""
        return aware(session.created_at).astimezone(UTC)

    def get_last_used_at(self, session: Session) -> datetime:
        """Coarse on purpose: enough to recognise a device, not a diary."""
        return _full_hour(utc_now() if self.get_current(session) else aware(session.rotated_at))

    def get_expires_at(self, session: Session) -> datetime:
        """The earlier of the idle and the absolute end."""
        idle = aware(session.idle_expires_at)
        if self.get_current(session) and self.context.get("rotates"):
            idle = max(idle, utc_now() + conf.get().refresh_token_lifetime)
        return _full_hour(min(idle, aware(session.absolute_expires_at)))

    def get_user_agent(self, session: Session) -> str:
        """Browser and system, without versions."""
        return readable_user_agent(session.user_agent)


def _full_hour(moment: datetime) -> datetime:
    """Round down. Of the session that asks, nothing may tell when it was refreshed (ADR 0013): it is in use now."""
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


class _SessionsOfUser(KeyturnView):
    authentication_classes = (JWTAuthentication,)
    permission_classes = (IsAuthenticated,)
    serializer_class = SessionSerializer

    def get_serializer_context(self) -> dict[str, Any]:
        """Tell the serializer which session is asking, and whether its refresh tokens rotate."""
        rotates = getattr(self.request.auth, "token_type", None) != TokenType.SLIDING
        return {**super().get_serializer_context(), "current": _current(self.request), "rotates": rotates}


class SessionListView(_SessionsOfUser):
    """The user's live sessions."""

    queryset = Session.objects.none()
    pagination_class = None

    def get(self, request: Request) -> Response:
        """List the sessions, the newest login first."""
        return Response(self.get_serializer(live_sessions(request.user.pk, now=utc_now()), many=True).data)

    def delete(self, request: Request) -> Response:
        """End all sessions but this one; nobody who acts as the user may."""
        refuse_impersonated(request)
        current = _current(request)
        # A token of stock simplejwt names no session: its own refresh token may be among those nobody has shown yet.
        revoke_user_sessions(
            request.user.pk,
            reason=RevokeReason.LOGOUT_OTHERS,
            now=utc_now(),
            keep=current,
            unshown_too=current is not None,
        )
        forget_others(user=request.user.pk, client=current_client())
        return Response(status=status.HTTP_204_NO_CONTENT)


class SessionView(_SessionsOfUser):
    """One of the user's sessions."""

    queryset = Session.objects.none()

    def delete(self, request: Request, session_id: str) -> Response:
        """End it; 404 where there is no such live session of this user. Who acts as the user ends this one only."""
        try:
            sid = UUID(session_id)
        except ValueError:
            raise Http404 from None
        if sid != _current(request):
            refuse_impersonated(request)
        if not revoke_sessions((sid,), reason=RevokeReason.REVOKED_BY_USER, now=utc_now(), user_pk=request.user.pk):
            raise Http404
        answer = Response(status=status.HTTP_204_NO_CONTENT)
        if sid == _current(request):
            forget_session(request, answer, sid)
        return answer


def _current(request: Request) -> UUID | None:
    claims = getattr(request.auth, "keyturn_claims", None)
    return None if claims is None else claims.sid
