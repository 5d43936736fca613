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
    SENT,
    SIGNED_IN,
    WRONG,
    AccountOperation,
)

__all__ = ["FACTOR_OPERATIONS"]


class FactorCode(serializers.Serializer[Any]):
    """The code that an authenticator app shows, or a recovery code."""

    code = serializers.CharField()

    class Meta:
        ref_name = "KeyturnFactorCode"


class PlainCode(serializers.Serializer[Any]):
    """A code from a message."""

    code = serializers.CharField()

    class Meta:
        ref_name = "KeyturnPlainCode"


class PhoneNumber(serializers.Serializer[Any]):
    """A telephone number, in the form of ITU-T E.164."""

    phone = serializers.CharField()

    class Meta:
        ref_name = "KeyturnPhoneNumber"


class Trust(serializers.Serializer[Any]):
    """Whether this browser shall be asked for no second factor for a while."""

    trust = serializers.BooleanField(required=False)

    class Meta:
        ref_name = "KeyturnTrust"


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
    totp_url = serializers.CharField(help_text="For a QR code.")

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

FACTOR_OPERATIONS: Final[Mapping[str, Mapping[str, AccountOperation]]] = {
    "mfa.views.AuthenticateView": {
        "post": AccountOperation(
            "factor",
            "Sign in with the second factor",
            {200: SIGNED_IN, 400: WRONG, 401: NEXT},
            body=FactorCode,
        ),
    },
    "mfa.views.ReauthenticateView": {
        "post": AccountOperation(
            "factor_again",
            "Prove once more who one is, by the second factor",
            {200: SIGNED_IN, 400: WRONG, 401: NOBODY},
            body=FactorCode,
            signed_in=True,
        ),
    },
    "mfa.views.TrustView": {
        "post": AccountOperation(
            "factor_trust", "Trust this browser", {200: SIGNED_IN, 400: WRONG, 401: NEXT}, body=Trust
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
        ),
        "post": AccountOperation(
            "totp_add",
            "Add an authenticator app",
            {200: _FACTOR, 400: WRONG, 401: AGAIN, 409: _NOT_ALLOWED},
            body=PlainCode,
            signed_in=True,
        ),
        "delete": AccountOperation(
            "totp_remove",
            "Remove the authenticator app",
            {200: bodies.Done, 400: WRONG, 401: AGAIN},
            signed_in=True,
        ),
    },
    "mfa.views.ManageRecoveryCodesView": {
        "get": AccountOperation(
            "recovery_codes",
            "See the recovery codes",
            {200: _FACTOR, 401: AGAIN, 404: OpenApiResponse(frame.AccountError, "There are none.")},
            signed_in=True,
        ),
        "post": AccountOperation(
            "recovery_codes_new",
            "Make new recovery codes",
            {200: _FACTOR, 400: WRONG, 401: AGAIN},
            signed_in=True,
        ),
    },
    "account.views.ConfirmLoginCodeView": {
        "post": AccountOperation(
            "code_confirm",
            "Sign in with a code from a mail",
            {200: SIGNED_IN, 400: WRONG, 401: NEXT, 409: NOTHING_BEGUN},
            body=PlainCode,
        ),
    },
    "account.views.RequestLoginCodeView": {
        "post": AccountOperation(
            "code_request",
            "Ask for a code to sign in with",
            {400: WRONG, 401: NEXT},
            body=requests.OneAddress,
        ),
    },
    "account.views.ResendLoginCodeView": {
        "post": AccountOperation("code_resend", "Ask for a new code", {200: SENT, 409: NOTHING_BEGUN}),
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
