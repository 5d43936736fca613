"""What the OpenAPI document says of proving once more who one is, and of sign-in by mail."""

from collections.abc import Mapping
from typing import Any, Final

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, PolymorphicProxySerializer
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
    SIGNED_IN_ALREADY,
    WRONG,
    AccountOperation,
)

__all__ = ["PROOF_OPERATIONS"]


class MailedCode(requests.OneCode):
    """A code that was sent by mail."""

    class Meta:
        ref_name = "KeyturnMailedCode"


class MailedCodeOrNone(serializers.Serializer[Any]):
    """A code that was sent by mail; none yet, to have one sent."""

    code = serializers.CharField(required=False)

    class Meta:
        ref_name = "KeyturnMailedCodeOrNone"


class MailedKey(serializers.Serializer[Any]):
    """The key of a mail's link."""

    key = serializers.CharField()

    class Meta:
        ref_name = "KeyturnMailedKey"


class Ways(serializers.Serializer[Any]):
    """What there is to show."""

    methods = serializers.ListField(
        child=serializers.CharField(),
        help_text="Of `password`, `totp`, `recovery_codes`, `webauthn` and `mail_code`; empty: only to sign in anew.",
    )

    class Meta:
        ref_name = "KeyturnWays"


class WaysToProve(serializers.Serializer[Any]):
    """By what the user can prove once more who they are."""

    status = serializers.IntegerField()
    data: Any = Ways()
    meta: Any = frame.AnswerMeta(required=False)

    class Meta:
        ref_name = "KeyturnWaysToProve"


_PROVED_OR_SENT: Final = OpenApiResponse(
    PolymorphicProxySerializer(
        "KeyturnProvedOrSent", [frame.Authenticated, bodies.Done], resource_type_field_name=None
    ),
    "Proved. Without `code` there is only `status`: one is on its way to the account's address.",
)
_OFF: Final = OpenApiResponse(frame.AccountError, "Nobody can sign in by mail here.")
_LINK: Final = OpenApiResponse(
    frame.AccountError, "The link is of no use (`link_invalid`, `link_expired`, `link_used`, `link_outdated`)."
)
_CODE: Final = OpenApiResponse(
    frame.AccountError,
    "The code is wrong (`incorrect_code`), its mail's link was used (`wrong_code`), or the account has changed since"
    " (`link_outdated`).",
)

PROOF_OPERATIONS: Final[Mapping[str, Mapping[str, AccountOperation]]] = {
    "account.views.ReauthenticateView": {
        "get": AccountOperation(
            "reauthenticate_how",
            "See by what one can prove once more who one is",
            {200: WaysToProve, 401: NOBODY},
            signed_in=True,
            parameters=(
                OpenApiParameter("acr_values", OpenApiTypes.STR, description="`2fa`, where that much is asked for."),
            ),
            description="For a client that another service has asked for a proof: only Keyturn knows what there is.",
        ),
        "post": AccountOperation(
            "reauthenticate",
            "Prove once more who one is, by the password",
            {200: PROVED, 400: WRONG, 401: AGAIN},
            body=requests.PasswordAgain,
            signed_in=True,
        ),
    },
    "keyturn.api.account_step_up_views.CodeReauthenticateView": {
        "post": AccountOperation(
            "code_again",
            "Prove once more who one is, by a mailed code",
            {
                200: _PROVED_OR_SENT,
                400: WRONG,
                401: AGAIN,
                409: NOTHING_BEGUN,
            },
            body=MailedCodeOrNone,
            signed_in=True,
            description="For those who have no password and no second factor. Called without `code` it sends one.",
        ),
    },
    "account.views.RequestLoginCodeView": {
        "post": AccountOperation(
            "code_request",
            "Ask for a mail to sign in with",
            {400: WRONG, 401: NEXT, 404: _OFF, 409: SIGNED_IN_ALREADY},
            body=requests.OneAddress,
            description="It has a code for this flow, and a link for any browser: one of the two works, once. The"
            " answer does not tell whether anybody has the address.",
        ),
    },
    "account.views.ResendLoginCodeView": {
        "post": AccountOperation("code_resend", "Ask for a new code", {200: SENT, 404: _OFF, 409: NOTHING_BEGUN}),
    },
    "account.views.ConfirmLoginCodeView": {
        "post": AccountOperation(
            "code_confirm",
            "Sign in with a code from a mail",
            {200: SIGNED_IN, 400: _CODE, 401: NEXT, 409: NOTHING_BEGUN},
            body=MailedCode,
        ),
    },
    "keyturn.api.account_mail_views.LoginLinkView": {
        "post": AccountOperation(
            "code_link",
            "Sign in with the link of a mail",
            {200: SIGNED_IN, 400: _LINK, 401: NEXT, 404: _OFF, 409: SIGNED_IN_ALREADY},
            body=MailedKey,
        ),
    },
}
"""As :data:`keyturn.api.schema_account_operations.ACCOUNT_OPERATIONS`."""
