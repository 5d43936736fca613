"""Serializers of a project's own."""

from rest_framework_simplejwt import serializers

__all__ = ["ObtainSerializer", "RefreshSerializer"]


class ObtainSerializer(serializers.TokenObtainPairSerializer):  # type: ignore[misc] # simplejwt has no usable types
    """As simplejwt's."""


class RefreshSerializer(serializers.TokenRefreshSerializer):  # type: ignore[misc] # the same
    """As simplejwt's."""
