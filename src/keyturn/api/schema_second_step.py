"""What the OpenAPI document says of second factors at ``/token/``, and of trusted devices."""

from collections.abc import Mapping
from typing import Any, Final

from django.apps import apps
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema_serializer
from rest_framework import serializers

from keyturn.api import schema_bodies as bodies
from keyturn.api.schema_operations import CLIENT, IMPERSONATED, NO_TOKEN, ORIGIN, Operation
from keyturn.api.trusted_device_views import TrustedDeviceListView, TrustedDeviceSerializer, TrustedDeviceView

__all__ = ["SECOND_STEP_OPERATIONS"]

_TAG: Final = "Tokens"
_DEVICES: Final = "Me"
_NO_BODY: Final = OpenApiResponse(None, "Done; no body.")
_INVALID: Final = OpenApiResponse(
    bodies.Refusal, "The token is unknown, used, too old, or not of this client (`mfa_token_invalid`)."
)
_NO_PASSKEYS: Final = OpenApiResponse(bodies.Refusal, "There are no passkeys here (`passkeys_unavailable`).")
_WRONG: Final = OpenApiResponse(
    bodies.InvalidInput,
    "The code or the passkey's answer does not serve (`wrong_code`, `passkey_invalid`, `passkey_copied`); the fifth"
    " time the token ends. Or the body could not be read, or a field is missing or wrong.",
)

extend_schema_serializer(component_name="KeyturnTrustedDevice")(TrustedDeviceSerializer)


class MfaToken(serializers.Serializer[Any]):
    """A sign-in whose first step was right."""

    mfa_token = serializers.CharField(help_text="As the first step gave it.")

    class Meta:
        ref_name = "KeyturnMfaToken"


class SecondStep(MfaToken):
    """The second step: a code, or a passkey's answer."""

    code = serializers.CharField(required=False, help_text="Of an authenticator app, or a recovery code.")
    credential = serializers.DictField(required=False, help_text="What `PublicKeyCredential.toJSON()` returns.")
    trust_device = serializers.BooleanField(
        required=False, help_text="Ask for no second factor at this browser for a while; counts for web clients only."
    )

    class Meta:
        ref_name = "KeyturnSecondStep"


class SecondStepDone(bodies.TokenPair):
    """What the first step would have given without a second factor."""

    recovery_codes = serializers.ListField(
        child=serializers.CharField(),
        required=False,
        help_text="Where a factor was set up in this step. They are not shown again.",
    )

    class Meta:
        ref_name = "KeyturnSecondStepDone"


class PasskeyRequest(serializers.Serializer[Any]):
    """What a browser has a passkey answer."""

    request_options = serializers.DictField(
        help_text="`publicKey` is for `PublicKeyCredential.parseRequestOptionsFromJSON()`."
    )

    class Meta:
        ref_name = "KeyturnPasskeyRequest"


class AppToSetUp(serializers.Serializer[Any]):
    """What an authenticator app has to be told."""

    secret = serializers.CharField(help_text="Base32, to be typed.")
    totp_url = serializers.CharField(help_text="`otpauth://`, to be opened on the device itself.")
    totp_svg = serializers.CharField(help_text="The same as a QR code, an SVG document.")

    class Meta:
        ref_name = "KeyturnAppToSetUp"


SECOND_STEP_OPERATIONS: dict[type, Mapping[str, Operation]] = {
    TrustedDeviceListView: {
        "get": Operation(
            "me_trusted_devices",
            "See which devices are asked for no second factor",
            {200: TrustedDeviceSerializer(many=True), 401: NO_TOKEN},
            tag=_DEVICES,
        ),
        "delete": Operation(
            "me_trusted_devices_forget",
            "Trust no device any longer",
            {204: _NO_BODY, 401: NO_TOKEN, 403: IMPERSONATED},
            tag=_DEVICES,
        ),
    },
    TrustedDeviceView: {
        "delete": Operation(
            "me_trusted_device_forget",
            "Trust a device no longer",
            {
                204: _NO_BODY,
                401: NO_TOKEN,
                403: IMPERSONATED,
                404: OpenApiResponse(bodies.Error, "You trust no such device."),
            },
            parameters=(OpenApiParameter("device_id", OpenApiTypes.UUID, OpenApiParameter.PATH),),
            tag=_DEVICES,
        )
    },
}
"""Each view with its methods."""

if apps.is_installed("allauth.mfa"):
    from keyturn.api import second_step_views as views

    SECOND_STEP_OPERATIONS |= {
        views.TokenMfaView: {
            "post": Operation(
                "token_mfa",
                "End a sign-in with a second factor",
                {200: SecondStepDone, 400: _WRONG, 401: _INVALID, 403: ORIGIN},
                body=SecondStep,
                parameters=CLIENT,
                tag=_TAG,
            )
        },
        views.TokenMfaOptionsView: {
            "post": Operation(
                "token_mfa_options",
                "Ask for a passkey as the second factor",
                {200: PasskeyRequest, 401: _INVALID, 403: ORIGIN, 404: _NO_PASSKEYS},
                body=MfaToken,
                parameters=CLIENT,
                tag=_TAG,
            )
        },
        views.TokenMfaSetupView: {
            "post": Operation(
                "token_mfa_setup",
                "Set up an authenticator app before the first sign-in ends",
                {200: AppToSetUp, 401: _INVALID, 403: ORIGIN},
                body=MfaToken,
                parameters=CLIENT,
                tag=_TAG,
            )
        },
    }
