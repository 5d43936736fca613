"""A project's own subclasses of simplejwt's serializers."""

from decimal import Decimal
from typing import Any

from rest_framework import serializers
from rest_framework_simplejwt.serializers import (
    TokenBlacklistSerializer,
    TokenObtainPairSerializer,
    TokenObtainSlidingSerializer,
    TokenRefreshSerializer,
    TokenRefreshSlidingSerializer,
    TokenVerifySerializer,
)


class DecimalClaim(TokenObtainPairSerializer):  # type: ignore[misc] # simplejwt has no usable types
    """A claim that plain JSON cannot hold."""

    @classmethod
    def get_token(cls, user: Any) -> Any:
        token = super().get_token(user)
        token["limit"] = Decimal("12.50")
        return token


class ObtainPair(TokenObtainPairSerializer):  # type: ignore[misc] # simplejwt has no usable types
    """Claims in the token, more in the answer, one more field in the request."""

    device = serializers.CharField(required=False)

    @classmethod
    def get_token(cls, user: Any) -> Any:
        token = super().get_token(user)
        token["name"] = user.get_username()
        token["roles"] = {"staff": user.is_staff, "teams": ["a", "ö"]}
        return token

    def validate(self, attrs: dict[str, Any]) -> Any:
        data = super().validate(attrs)
        data["username"] = self.user.get_username()
        data["device"] = attrs.get("device", "")
        data["asked_at"] = self.context["request"].path
        return data


class Refresh(TokenRefreshSerializer):  # type: ignore[misc] # simplejwt has no usable types
    """More in the answer."""

    def validate(self, attrs: dict[str, Any]) -> Any:
        data = super().validate(attrs)
        data["user_id"] = self.token_class(data["refresh"])["user_id"]
        return data


class Verify(TokenVerifySerializer):  # type: ignore[misc] # simplejwt has no usable types
    """More in the answer."""

    def validate(self, attrs: dict[str, Any]) -> Any:
        return {**super().validate(attrs), "active": True}


class Blacklist(TokenBlacklistSerializer):  # type: ignore[misc] # simplejwt has no usable types
    """More in the answer."""

    def validate(self, attrs: dict[str, Any]) -> Any:
        return {**super().validate(attrs), "bye": True}


class ObtainSliding(TokenObtainSlidingSerializer):  # type: ignore[misc] # simplejwt has no usable types
    """A claim in the token, more in the answer."""

    @classmethod
    def get_token(cls, user: Any) -> Any:
        token = super().get_token(user)
        token["name"] = user.get_username()
        return token

    def validate(self, attrs: dict[str, Any]) -> Any:
        return {**super().validate(attrs), "username": self.user.get_username()}


class RefreshSliding(TokenRefreshSlidingSerializer):  # type: ignore[misc] # simplejwt has no usable types
    """More in the answer."""

    def validate(self, attrs: dict[str, Any]) -> Any:
        return {**super().validate(attrs), "refreshed": True}
