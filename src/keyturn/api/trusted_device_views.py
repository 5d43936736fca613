"""``/me/trusted-devices/``: the browsers that are asked for no second factor for a while, to be seen and taken back."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.http import Http404
from rest_framework import serializers, status
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from keyturn.api.authentication import JWTAuthentication
from keyturn.api.base import KeyturnView
from keyturn.api.impersonation import refuse_impersonated
from keyturn.clock import aware, utc_now
from keyturn.mfa import trusted
from keyturn.mfa.models import TrustedDevice
from keyturn.sessions.client import BindingKind, current_client
from keyturn.user_agents import readable_user_agent

__all__ = ["TrustedDeviceListView", "TrustedDeviceView"]


class TrustedDeviceSerializer(serializers.ModelSerializer[TrustedDevice]):
    """A trusted device as its user sees it. Nothing in it can be presented anywhere."""

    created_at = serializers.SerializerMethodField(help_text="Since when it is trusted.")
    expires_at = serializers.SerializerMethodField(help_text="Until when.")
    ip = serializers.IPAddressField(read_only=True, allow_null=True, help_text="From where that was said.")
    user_agent = serializers.SerializerMethodField(help_text="In words, for example: Firefox on Windows.")
    is_current = serializers.SerializerMethodField(help_text="Whether it is the browser that asks.")

    class Meta:
        model = TrustedDevice
        fields = ("id", "created_at", "expires_at", "ip", "user_agent", "is_current")
        read_only_fields = fields

    def get_created_at(self, device: TrustedDevice) -> datetime:
        """In UTC, as all times of the API."""
        return aware(device.created_at).astimezone(UTC)

    def get_expires_at(self, device: TrustedDevice) -> datetime:
        """In UTC."""
        return aware(device.expires_at).astimezone(UTC)

    def get_user_agent(self, device: TrustedDevice) -> str:
        """Browser and system, without versions."""
        return readable_user_agent(device.user_agent)

    def get_is_current(self, device: TrustedDevice) -> bool:
        """Compare with the device cookie that came along."""
        return device.device_hash == current_client().shown(BindingKind.COOKIE)


class _DevicesOfUser(KeyturnView):
    authentication_classes = (JWTAuthentication,)
    permission_classes = (IsAuthenticated,)
    serializer_class = TrustedDeviceSerializer
    queryset = TrustedDevice.objects.none()
    pagination_class = None


class TrustedDeviceListView(_DevicesOfUser):
    """The user's trusted devices."""

    def get(self, request: Request) -> Response:
        """List them, the newest first."""
        return Response(self.get_serializer(trusted.devices_of(request.user.pk, now=utc_now()), many=True).data)

    def delete(self, request: Request) -> Response:
        """Trust none of them any longer; nobody who acts as the user may."""
        refuse_impersonated(request)
        trusted.forget_all(user=request.user.pk)
        return Response(status=status.HTTP_204_NO_CONTENT)


class TrustedDeviceView(_DevicesOfUser):
    """One of the user's trusted devices."""

    def delete(self, request: Request, device_id: str) -> Response:
        """Trust it no longer; 404 where there is no such device of this user. Nobody who acts as the user may."""
        refuse_impersonated(request)
        if not trusted.forget(_id(device_id), user_pk=request.user.pk, now=utc_now()):
            raise Http404
        return Response(status=status.HTTP_204_NO_CONTENT)


def _id(text: Any) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Http404 from None
