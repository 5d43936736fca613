"""What the OpenAPI document says of ``/me/``, the account of whoever asks."""

from collections.abc import Mapping
from typing import Any, Final

from django.contrib.auth import get_user_model
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema_serializer
from rest_framework import serializers

from keyturn.accounts.profile import own_fields
from keyturn.api import schema_bodies as bodies
from keyturn.api.activity_views import ActivityPageSerializer, ActivitySerializer, ActivityView
from keyturn.api.me_views import DeletionSerializer, MeExportView, MeSerializer, MeView
from keyturn.api.schema_bodies import primary_key
from keyturn.api.schema_operations import IMPERSONATED, NO_TOKEN, Operation

__all__ = ["ME_OPERATIONS"]

_TAG: Final = "Me"
_NO_BODY: Final = OpenApiResponse(None, "Done; no body.")
_LIST: Final = {"type": "array", "items": {"type": "object", "additionalProperties": True}}
_OBJECT: Final = {"type": "object", "additionalProperties": True}

extend_schema_serializer(component_name="KeyturnMeDeletion")(DeletionSerializer)
extend_schema_serializer(component_name="KeyturnActivity")(ActivitySerializer)
extend_schema_serializer(component_name="KeyturnActivityPage")(ActivityPageSerializer)


class Me(MeSerializer):
    """The account as its user sees it."""

    def get_fields(self) -> dict[str, Any]:
        """With the id of the user model's kind."""
        return {**super().get_fields(), "id": primary_key(help_text="The user's primary key.")}

    class Meta:
        ref_name = "KeyturnMe"


class Profile(serializers.Serializer[Any]):
    """What users change themselves: the fields of ``PROFILE_FIELDS``."""

    def get_fields(self) -> dict[str, Any]:
        """As the user model has them."""

        class OwnFields(serializers.ModelSerializer[Any]):
            class Meta:
                model = get_user_model()
                fields = own_fields()

        return dict(OwnFields().get_fields())

    class Meta:
        ref_name = "KeyturnProfile"


_EXPORT: Final = {
    "type": "object",
    "properties": {
        "exported_at": {"type": "string", "format": "date-time"},
        "account": _OBJECT,
        "email_addresses": _LIST,
        "sign_in_factors": _LIST,
        "linked_accounts": _LIST,
        "trusted_devices": _LIST,
        "sessions": _LIST,
        "activity": _LIST,
        "more": {"description": "What the project adds."},
    },
    "required": [
        "exported_at",
        "account",
        "email_addresses",
        "sign_in_factors",
        "linked_accounts",
        "trusted_devices",
        "sessions",
        "activity",
        "more",
    ],
}

ME_OPERATIONS: Final[Mapping[type, Mapping[str, Operation]]] = {
    MeView: {
        "get": Operation("me", "See one's account", {200: Me, 401: NO_TOKEN}, tag=_TAG),
        "patch": Operation(
            "me_change",
            "Change what is one's own to change",
            {200: Me, 401: NO_TOKEN, 403: IMPERSONATED},
            body=Profile,
            tag=_TAG,
        ),
        "delete": Operation(
            "me_delete",
            "Delete one's account for good",
            {
                204: _NO_BODY,
                401: OpenApiResponse(
                    bodies.Unauthenticated,
                    "No valid access token was sent; or the account has no password and the last proof is too old.",
                ),
                403: IMPERSONATED,
                409: OpenApiResponse(bodies.Error, "Something belongs to the account that must stay."),
            },
            body=DeletionSerializer,
            tag=_TAG,
        ),
    },
    ActivityView: {
        "get": Operation(
            "me_activity",
            "See what happened to one's account, and why a session ended",
            {200: ActivityPageSerializer, 401: NO_TOKEN},
            parameters=(
                OpenApiParameter("cursor", OpenApiTypes.STR, description="The `next_cursor` of the last answer."),
                OpenApiParameter("limit", {"type": "integer", "minimum": 1, "maximum": 100, "default": 50}),
            ),
            tag=_TAG,
        ),
    },
    MeExportView: {
        "get": Operation(
            "me_export",
            "Take a copy of everything that is kept about one",
            {200: OpenApiResponse(_EXPORT, "A file."), 401: NO_TOKEN, 403: IMPERSONATED},
            tag=_TAG,
        ),
    },
}
"""As :data:`keyturn.api.schema_operations.OPERATIONS`."""
