"""The signed-in user's own account: see it, change it, take a copy of everything, leave."""

from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.contrib.auth import get_user_model
from django.db import IntegrityError
from django.http import StreamingHttpResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from rest_framework import exceptions, serializers, status
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from keyturn.accounts.passwords import confirm_password
from keyturn.accounts.profile import change_profile, is_plain_text, own_fields, profile_of
from keyturn.accounts.profile_deletion import AccountInUseError, delete_account
from keyturn.accounts.profile_export import export_of
from keyturn.accounts.step_up import require_beside_password
from keyturn.api.authentication import JWTAuthentication
from keyturn.api.base import KeyturnView
from keyturn.api.client import client_of
from keyturn.api.impersonation import refuse_impersonated
from keyturn.api.serializers import PasswordField
from keyturn.api.web_cookies import forget_session
from keyturn.clock import utc_now
from keyturn.defence import limits
from keyturn.mail.language import in_language_of_caller
from keyturn.signin.identifying import account_of
from keyturn.trail.events import Event
from keyturn.trail.recording import record

__all__ = ["MeExportView", "MeView"]


class AccountInUse(exceptions.APIException):
    """The project keeps something that must not lose its user (RFC 9110 section 15.5.10)."""

    status_code = status.HTTP_409_CONFLICT
    default_detail = _("This account cannot be deleted while something belongs to it.")
    default_code = "account_in_use"


class MeSerializer(serializers.Serializer[Any]):
    """The account as its user sees it."""

    id = serializers.ReadOnlyField(help_text="The user's primary key.")
    username = serializers.CharField(read_only=True)
    email = serializers.CharField(read_only=True, allow_null=True, help_text="null: users have none here.")
    email_verified = serializers.BooleanField(
        read_only=True, allow_null=True, help_text="null where nothing keeps track of it."
    )
    date_joined = serializers.SerializerMethodField(help_text="null where the user model does not keep it.")
    has_usable_password = serializers.BooleanField(read_only=True)
    needs = serializers.ListField(
        child=serializers.CharField(), read_only=True, help_text="What a login with the right password would meet."
    )

    def get_date_joined(self, profile: dict[str, Any]) -> datetime | None:
        """In UTC, as all times of the API, also where the project stores local ones."""
        joined: datetime | None = profile["date_joined"]
        return joined

    def get_fields(self) -> dict[str, Any]:
        """The fields above, and those of ``PROFILE_FIELDS``."""
        return {**super().get_fields(), **_profile_serializer()().get_fields()}


class DeletionSerializer(serializers.Serializer[Any]):
    """The confirmation."""

    password = PasswordField(required=False, help_text="Of the account, if it has one.")


@lru_cache(maxsize=8)
def _profile_serializer_of(user_model: Any, names: tuple[str, ...]) -> Any:
    class ProfileSerializer(serializers.ModelSerializer[Any]):
        """What users change themselves."""

        class Meta:
            model = user_model
            fields = names

        def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
            """Refuse what is not the user's to change, and text that would pass for something else elsewhere."""
            wrong: dict[str, list[Any]] = {
                name: [gettext("This cannot be changed here.")] for name in self.initial_data if name not in names
            }
            for name, value in attrs.items():
                # REST framework makes text of a number.
                if isinstance(value, str) and not isinstance(self.initial_data.get(name), str):
                    wrong[name] = [self.fields[name].error_messages["invalid"]]
                elif isinstance(value, str) and not is_plain_text(value):
                    wrong[name] = [gettext("Control characters and line breaks are not allowed.")]
            if wrong:
                raise exceptions.ValidationError(wrong)
            return attrs

    return ProfileSerializer


def _profile_serializer() -> Any:
    return _profile_serializer_of(get_user_model(), own_fields())


class _OwnAccount(KeyturnView):
    authentication_classes = (JWTAuthentication,)
    permission_classes = (IsAuthenticated,)


class MeView(_OwnAccount):
    """The account."""

    def get_serializer_class(self) -> Any:
        """By method."""
        method = getattr(getattr(self, "request", None), "method", "GET")
        return {"PATCH": _profile_serializer(), "DELETE": DeletionSerializer}.get(method, MeSerializer)

    def get(self, request: Request) -> Response:
        """See it."""
        return Response(MeSerializer(profile_of(request.user)).data)

    @in_language_of_caller()
    def patch(self, request: Request) -> Response:
        """Change what is the user's to change; all of it or nothing."""
        refuse_impersonated(request)
        body = self.get_serializer(instance=request.user, data=request.data, partial=True)
        body.is_valid(raise_exception=True)
        try:
            user = change_profile(request.user.pk, changes=body.validated_data, session_id=_session_id(request))
        except IntegrityError:
            raise exceptions.ValidationError(gettext("Somebody else has one of these.")) from None
        return Response(MeSerializer(profile_of(user)).data)

    @in_language_of_caller()
    def delete(self, request: Request) -> Response:
        """Delete it for good."""
        refuse_impersonated(request)
        body = self.get_serializer(data=request.data)
        body.is_valid(raise_exception=True)
        user: Any = request.user
        now, session_id = utc_now(), _session_id(request)
        require_beside_password(user, session_id=session_id, now=now)
        if user.has_usable_password():
            typed = body.validated_data.get("password")
            if typed is None:
                raise exceptions.ValidationError({"password": [serializers.Field.default_error_messages["required"]]})
            confirm_password(user, typed, ip=client_of(request).ip, session_id=session_id, now=now)
        try:
            delete_account(user.pk, password_hash=user.password, session_id=session_id, now=now)
        except AccountInUseError:
            raise AccountInUse from None
        answer = Response(status=status.HTTP_204_NO_CONTENT)
        forget_session(request, answer, session_id)
        return answer


class MeExportView(_OwnAccount):
    """A copy of everything that is kept about the user."""

    serializer_class = serializers.Serializer

    def get(self, request: Request) -> StreamingHttpResponse:
        """Send it as a file."""
        refuse_impersonated(request)
        user, now = request.user, utc_now()
        limits.take(action="export", keys={"account": account_of(user)}, now=now)
        record(Event.DATA_EXPORTED, user_id=user.pk, session_id=_session_id(request), at=now)
        return StreamingHttpResponse(
            export_of(user, now=now),
            content_type="application/json",
            headers={"Content-Disposition": 'attachment; filename="account.json"'},
        )


def _session_id(request: Request) -> UUID | None:
    claims = getattr(request.auth, "keyturn_claims", None)
    return None if claims is None else claims.sid
