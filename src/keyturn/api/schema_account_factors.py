"""What the OpenAPI document says of second factors and telephone numbers, where a project has them.

django-allauth's ``allauth.mfa`` brings the first; the others are always among its addresses.
"""

from collections.abc import Mapping
from typing import Any, Final

from drf_spectacular.utils import OpenApiResponse
from rest_framework import serializers

from keyturn.api import schema_account_bodies as bodies
from keyturn.api import schema_account_frame as frame
from keyturn.api import schema_account_requests as requests
from keyturn.api.schema_account_answers import (
    AGAIN,
    NEXT,
    NOBODY,
    NOTHING_BEGUN,
    PROVED,
    SENT,
    SIGNED_IN,
    WRONG,
    AccountOperation,
)

__all__ = ["FACTOR_OPERATIONS"]


class FactorCode(requests.OneCode):
    """The code that an authenticator app shows, or a recovery code."""

    class Meta:
        ref_name = "KeyturnFactorCode"


class SecondFactor(FactorCode):
    """A code, and what shall follow from it."""

    trust_device = serializers.BooleanField(
        required=False, help_text="Whether this device shall be asked for no second factor for a while; web clients."
    )

    class Meta:
        ref_name = "KeyturnSecondFactor"


class PlainCode(requests.OneCode):
    """A code from a message."""

    class Meta:
        ref_name = "KeyturnPlainCode"


class PhoneNumber(serializers.Serializer[Any]):
    """A telephone number, in the form of ITU-T E.164."""

    phone = serializers.CharField()

    class Meta:
        ref_name = "KeyturnPhoneNumber"


class Factor(serializers.Serializer[Any]):
    """A second factor."""

    type = serializers.CharField(help_text="`totp`, `recovery_codes`, `webauthn`.")
    created_at = serializers.FloatField(help_text="Seconds since the epoch.")
    last_used_at = serializers.FloatField(allow_null=True, help_text="Seconds since the epoch.")
    id = serializers.IntegerField(required=False, help_text="Of a passkey.")
    name = serializers.CharField(required=False, help_text="Of a passkey.")
    is_passwordless = serializers.BooleanField(required=False, help_text="Of a passkey.")
    total_code_count = serializers.IntegerField(required=False, help_text="Of recovery codes.")
    unused_code_count = serializers.IntegerField(required=False, help_text="Of recovery codes.")
    unused_codes = serializers.ListField(child=serializers.CharField(), required=False, help_text="Shown once.")

    class Meta:
        ref_name = "KeyturnFactor"


class OneFactor(serializers.Serializer[Any]):
    """One second factor."""

    status = serializers.IntegerField()
    data: Any = Factor()
    meta: Any = frame.AnswerMeta(required=False)

    class Meta:
        ref_name = "KeyturnOneFactor"


class AddedMeta(frame.AuthenticatedMeta):
    """The recovery codes that were made along with it, and tokens that know of it."""

    is_authenticated = serializers.BooleanField(required=False)
    recovery_codes = serializers.ListField(child=serializers.CharField(), required=False, help_text="Shown this once.")

    class Meta:
        ref_name = "KeyturnFactorAddedMeta"


class AddedData(frame.AuthenticatedData):
    """The factor; of somebody whose sign-in has waited for it, who is signed in now."""

    user: Any = frame.AccountUser(required=False)
    methods: Any = frame.Method(many=True, required=False)
    type = serializers.CharField(required=False)
    created_at = serializers.FloatField(required=False, help_text="Seconds since the epoch.")
    last_used_at = serializers.FloatField(required=False, allow_null=True, help_text="Seconds since the epoch.")
    recovery_codes = serializers.ListField(
        child=serializers.CharField(), required=False, help_text="At the end of a sign-in; shown this once."
    )

    class Meta:
        ref_name = "KeyturnFactorAddedData"


class FactorAdded(serializers.Serializer[Any]):
    """A factor that has been set up."""

    status = serializers.IntegerField()
    data: Any = AddedData()
    meta: Any = AddedMeta(required=False)

    class Meta:
        ref_name = "KeyturnFactorAdded"


class Factors(serializers.Serializer[Any]):
    """The account's second factors."""

    status = serializers.IntegerField()
    data: Any = Factor(many=True)
    meta: Any = frame.AnswerMeta(required=False)

    class Meta:
        ref_name = "KeyturnFactors"


class NewSecret(frame.AnswerMeta):
    """What an authenticator app needs."""

    secret = serializers.CharField()
    totp_url = serializers.CharField(help_text="To be opened on the device that has the app.")
    totp_svg = serializers.CharField(help_text="The same as a QR code: an SVG document, to be shown as an image.")

    class Meta:
        ref_name = "KeyturnNewSecret"


class NoFactorYet(frame.AccountError):
    """There is no authenticator app yet: ``meta`` has the secret for one."""

    meta: Any = NewSecret(required=False)

    class Meta:
        ref_name = "KeyturnNoFactorYet"


_FACTOR: Final = OpenApiResponse(OneFactor, "The factor.")
_NUMBERS: Final = {
    "type": "object",
    "properties": {"status": {"type": "integer"}, "data": {"type": "array", "items": {}}},
}
_NOT_ALLOWED: Final = OpenApiResponse(frame.AccountError, "Not before an e-mail address is verified.")
_NOT_ADDED: Final = OpenApiResponse(
    frame.AccountError, "There is one already (`factor_exists`), or an e-mail address waits for its verification."
)
_NOT_REMOVED: Final = OpenApiResponse(
    frame.AccountError, "The account must have a second factor, and this is the last (`factor_setup_required`)."
)
_IN_SET_UP: Final = "Also in a flow that waits for `mfa_setup`; then without an access token."

FACTOR_OPERATIONS: Final[Mapping[str, Mapping[str, AccountOperation]]] = {
    "mfa.views.AuthenticateView": {
        "post": AccountOperation(
            "factor",
            "Sign in with the second factor",
            {200: SIGNED_IN, 400: WRONG, 401: NEXT},
            body=SecondFactor,
        ),
    },
    "mfa.views.ReauthenticateView": {
        "post": AccountOperation(
            "factor_again",
            "Prove once more who one is, by the second factor",
            {200: PROVED, 400: WRONG, 401: AGAIN},
            body=FactorCode,
            signed_in=True,
        ),
    },
    "mfa.views.AuthenticatorsView": {
        "get": AccountOperation("factors", "List the second factors", {200: Factors, 401: NOBODY}, signed_in=True),
    },
    "mfa.views.ManageTOTPView": {
        "get": AccountOperation(
            "totp",
            "See the authenticator app, or what a new one needs",
            {
                200: _FACTOR,
                401: AGAIN,
                404: OpenApiResponse(NoFactorYet, "There is none; `meta` has what a new one needs."),
                409: _NOT_ALLOWED,
            },
            signed_in=True,
            description=_IN_SET_UP,
        ),
        "post": AccountOperation(
            "totp_add",
            "Add an authenticator app",
            {200: FactorAdded, 400: WRONG, 401: AGAIN, 409: _NOT_ADDED},
            body=PlainCode,
            signed_in=True,
            description=_IN_SET_UP,
        ),
        "delete": AccountOperation(
            "totp_remove",
            "Remove the authenticator app, and with the last factor the recovery codes",
            {200: bodies.Done, 400: WRONG, 401: AGAIN, 403: _NOT_REMOVED},
            signed_in=True,
        ),
    },
    "mfa.views.ManageRecoveryCodesView": {
        "get": AccountOperation(
            "recovery_codes",
            "See how many recovery codes are left",
            {200: _FACTOR, 401: NOBODY, 404: OpenApiResponse(frame.AccountError, "There are none.")},
            signed_in=True,
        ),
        "post": AccountOperation(
            "recovery_codes_new",
            "Make new recovery codes, and show them this once",
            {200: _FACTOR, 400: WRONG, 401: AGAIN},
            signed_in=True,
        ),
    },
    "account.views.ManagePhoneView": {
        "get": AccountOperation(
            "phone",
            "See the telephone number",
            {200: OpenApiResponse(_NUMBERS, "The numbers."), 401: NOBODY},
            signed_in=True,
        ),
        "post": AccountOperation(
            "phone_change",
            "Change the telephone number",
            {202: OpenApiResponse(_NUMBERS, "A code is on its way."), 400: WRONG, 401: AGAIN, 409: NOTHING_BEGUN},
            body=PhoneNumber,
        ),
    },
    "account.views.VerifyPhoneView": {
        "post": AccountOperation(
            "phone_verify",
            "Confirm a telephone number",
            {200: SIGNED_IN, 400: WRONG, 401: NEXT, 409: NOTHING_BEGUN},
            body=PlainCode,
        ),
    },
    "account.views.ResendPhoneVerificationCodeView": {
        "post": AccountOperation("phone_verify_resend", "Ask for a new code", {200: SENT, 409: NOTHING_BEGUN}),
    },
}
"""As :data:`keyturn.api.schema_account_operations.ACCOUNT_OPERATIONS`."""
