"""What the OpenAPI document says of passkeys, where ``allauth.mfa`` is installed."""

from collections.abc import Mapping
from typing import Any, Final

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework import serializers

from keyturn.api import schema_account_bodies as bodies
from keyturn.api import schema_account_frame as frame
from keyturn.api.schema_account_answers import (
    AGAIN,
    NEXT,
    NOBODY,
    SIGNED_IN,
    SIGNED_IN_ALREADY,
    WRONG,
    AccountOperation,
)
from keyturn.api.schema_account_factors import Factor
from keyturn.api.schema_bodies import TokenTypeField

__all__ = ["PASSKEY_OPERATIONS"]

_GET: Final = "Hand `publicKey` to `PublicKeyCredential.parseRequestOptionsFromJSON()`."
_CREATE: Final = "Hand `publicKey` to `PublicKeyCredential.parseCreationOptionsFromJSON()`."


class PublicKey(serializers.Serializer[Any]):
    """Options of WebAuthn, in its JSON."""

    publicKey = serializers.DictField()  # noqa: N815 - WebAuthn's name

    class Meta:
        ref_name = "KeyturnPublicKeyOptions"


class RequestOptions(serializers.Serializer[Any]):
    """What to have a passkey answer."""

    request_options: Any = PublicKey(help_text=_GET)

    class Meta:
        ref_name = "KeyturnRequestOptions"


class CreationOptions(serializers.Serializer[Any]):
    """What to make a passkey of."""

    creation_options: Any = PublicKey(help_text=_CREATE)

    class Meta:
        ref_name = "KeyturnCreationOptions"


class AskedForAnswer(serializers.Serializer[Any]):
    """What to have a passkey answer. It is good for five minutes, and for one answer."""

    status = serializers.IntegerField()
    data: Any = RequestOptions()
    meta: Any = frame.AnswerMeta(required=False)

    class Meta:
        ref_name = "KeyturnAskedForAnswer"


class AskedForPasskey(serializers.Serializer[Any]):
    """What to make a passkey of. It is good for five minutes, and for one answer."""

    status = serializers.IntegerField()
    data: Any = CreationOptions()
    meta: Any = frame.AnswerMeta(required=False)

    class Meta:
        ref_name = "KeyturnAskedForPasskey"


class PasskeyAnswer(serializers.Serializer[Any]):
    """The answer of a passkey."""

    credential = serializers.DictField(help_text="What `PublicKeyCredential.toJSON()` returns.")

    class Meta:
        ref_name = "KeyturnPasskeyAnswer"


class PasskeyAsFactor(PasskeyAnswer):
    """The answer of a passkey, as the second factor."""

    trust_device = serializers.BooleanField(
        required=False, help_text="Ask for no second factor in this browser for a while."
    )

    class Meta:
        ref_name = "KeyturnPasskeyAsFactor"


class NewPasskey(PasskeyAnswer):
    """A passkey that was just made."""

    name = serializers.CharField(required=False, max_length=100, help_text="What its user calls it.")

    class Meta:
        ref_name = "KeyturnNewPasskey"


class PasskeyName(serializers.Serializer[Any]):
    """Another name for a passkey."""

    id = serializers.IntegerField()
    name = serializers.CharField(max_length=100)

    class Meta:
        ref_name = "KeyturnPasskeyName"


class SelectedPasskeys(serializers.Serializer[Any]):
    """Which passkeys to remove."""

    authenticators = serializers.ListField(child=serializers.IntegerField())

    class Meta:
        ref_name = "KeyturnSelectedPasskeys"


class AddedMeta(frame.AnswerMeta):
    """A token that knows of the new passkey, and what comes with the first factor."""

    access_token = serializers.CharField(required=False, help_text="In the place of the one that was sent.")
    token_type = TokenTypeField(required=False)
    recovery_codes_generated = serializers.BooleanField(required=False)
    recovery_codes = serializers.ListField(
        child=serializers.CharField(), required=False, help_text="Made with the first factor, and shown this once."
    )

    class Meta:
        ref_name = "KeyturnAddedPasskeyMeta"


class AddedPasskey(serializers.Serializer[Any]):
    """The new passkey."""

    status = serializers.IntegerField()
    data: Any = Factor()
    meta: Any = AddedMeta(required=False)

    class Meta:
        ref_name = "KeyturnAddedPasskey"


class OnePasskey(serializers.Serializer[Any]):
    """The passkey as it is now."""

    status = serializers.IntegerField()
    data: Any = Factor()
    meta: Any = frame.AnswerMeta(required=False)

    class Meta:
        ref_name = "KeyturnOnePasskey"


_WRONG: Final = OpenApiResponse(
    frame.AccountError, "The answer does not serve (`passkey_invalid`), or its count went back (`passkey_copied`)."
)
_NONE_HERE: Final = OpenApiResponse(frame.AccountError, "Passkeys are not set up here (`passkeys_unavailable`).")
_ASKED: Final = OpenApiResponse(AskedForAnswer, _GET)
_NOT_ALLOWED: Final = OpenApiResponse(
    frame.AccountError, "Not before the e-mail address is verified, or there are 20 already (`too_many_passkeys`)."
)
_MUST_STAY: Final = OpenApiResponse(frame.AccountError, "There would be no way left to sign in (`last_way_in`).")
_MUST_HAVE: Final = OpenApiResponse(
    frame.AccountError, "The account must have a second factor (`factor_setup_required`)."
)

PASSKEY_OPERATIONS: Final[Mapping[str, Mapping[str, AccountOperation]]] = {
    "mfa.views.LoginWebAuthnView": {
        "get": AccountOperation(
            "passkey_login_options",
            "Ask what a passkey has to answer to sign in",
            {200: _ASKED, 404: _NONE_HERE},
            description="For everybody the same, and nothing is stored: for a form's autofill, too.",
        ),
        "post": AccountOperation(
            "passkey_login",
            "Sign in with a passkey alone",
            {200: SIGNED_IN, 400: _WRONG, 401: NEXT, 409: SIGNED_IN_ALREADY, 404: _NONE_HERE},
            body=PasskeyAnswer,
        ),
    },
    "mfa.views.AuthenticateWebAuthnView": {
        "get": AccountOperation(
            "passkey_factor_options",
            "Ask what a passkey has to answer as the second factor",
            {200: _ASKED, 401: NEXT, 404: _NONE_HERE},
        ),
        "post": AccountOperation(
            "passkey_factor",
            "Sign in with a passkey as the second factor",
            {200: SIGNED_IN, 400: _WRONG, 401: NEXT, 404: _NONE_HERE},
            body=PasskeyAsFactor,
        ),
    },
    "mfa.views.ReauthenticateWebAuthnView": {
        "get": AccountOperation(
            "passkey_again_options",
            "Ask what a passkey has to answer to prove once more who one is",
            {200: _ASKED, 401: NOBODY, 404: _NONE_HERE},
            signed_in=True,
        ),
        "post": AccountOperation(
            "passkey_again",
            "Prove once more who one is, by a passkey",
            {200: SIGNED_IN, 400: _WRONG, 401: NOBODY, 404: _NONE_HERE},
            body=PasskeyAnswer,
            signed_in=True,
        ),
    },
    "mfa.views.ManageWebAuthnView": {
        "get": AccountOperation(
            "passkey_options",
            "Ask what to make a passkey of",
            {200: OpenApiResponse(AskedForPasskey, _CREATE), 401: AGAIN, 409: _NOT_ALLOWED, 404: _NONE_HERE},
            signed_in=True,
            parameters=(
                OpenApiParameter(
                    "passwordless",
                    OpenApiTypes.STR,
                    description="With any value but `false` and `0`, none included: it shall sign in alone, so that it"
                    " is found without a name, and verifies its user.",
                ),
            ),
        ),
        "post": AccountOperation(
            "passkey_add",
            "Add a passkey",
            {
                200: OpenApiResponse(AddedPasskey, "The new passkey."),
                400: _WRONG,
                401: AGAIN,
                409: _NOT_ALLOWED,
                404: _NONE_HERE,
            },
            body=NewPasskey,
            signed_in=True,
        ),
        "put": AccountOperation(
            "passkey_rename",
            "Give a passkey another name",
            {
                200: OpenApiResponse(OnePasskey, "The passkey."),
                400: WRONG,
                401: AGAIN,
                404: OpenApiResponse(frame.AccountError, "It was removed a moment ago."),
            },
            body=PasskeyName,
            signed_in=True,
        ),
        "delete": AccountOperation(
            "passkey_remove",
            "Remove passkeys, all of these or none",
            {200: bodies.Done, 400: WRONG, 401: AGAIN, 403: _MUST_HAVE, 409: _MUST_STAY},
            body=SelectedPasskeys,
            signed_in=True,
        ),
    },
}
"""As :data:`keyturn.api.schema_account_operations.ACCOUNT_OPERATIONS`."""
