"""What the OpenAPI document calls the bodies of Keyturn's endpoints.

Requests and answers are told apart here, whatever ``COMPONENT_SPLIT_REQUEST`` says in the project, and every name
begins with ``Keyturn``, so that none meets a component of the project's own.
"""

from typing import Any, Final

from django.contrib.auth import get_user_model
from django.db import models
from drf_spectacular.extensions import OpenApiSerializerExtension, OpenApiSerializerFieldExtension
from rest_framework import serializers

from keyturn import conf
from keyturn.api import schema_codes
from keyturn.api.serializers import PasswordField
from keyturn.errors import Reason

__all__ = [
    "IN_COOKIE",
    "CodeField",
    "Credentials",
    "Error",
    "FactorSetupRequired",
    "InvalidInput",
    "LogoutRequest",
    "PresentedToken",
    "ReasonField",
    "RefreshRequest",
    "RefreshToken",
    "RefreshedPair",
    "Refusal",
    "SignInRefused",
    "SlidingToken",
    "TokenClassMessage",
    "TokenPair",
    "TokenTypeField",
    "Unauthenticated",
    "primary_key",
]


IN_COOKIE: Final = "Not for a web client: it gets it in a cookie that no script can read."


class ReasonField(serializers.CharField):
    """A word of :class:`keyturn.errors.Reason`."""


class ReasonFieldExtension(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]
    """Give the words a component of their own: drf-spectacular would name it after every field called ``reason``."""

    target_class = ReasonField

    def get_name(self) -> str:
        """The component's name."""
        return "KeyturnReason"

    def map_serializer_field(self, auto_schema: Any, direction: Any) -> dict[str, Any]:
        """All the words there are."""
        words = [reason.value for reason in Reason]
        why = "Why a token or a login was refused. The words never change their meaning."
        return {"type": "string", "enum": words, "description": f"{why}\n\n{schema_codes.reasons_as_text()}"}


class CodeField(serializers.CharField):
    """A word of :mod:`keyturn.api.schema_codes`, or that of a reason."""


class CodeFieldExtension(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]
    """Give the words a component of their own."""

    target_class = CodeField

    def get_name(self) -> str:
        """The component's name."""
        return "KeyturnCode"

    def map_serializer_field(self, auto_schema: Any, direction: Any) -> dict[str, Any]:
        """All the words there are."""
        what = "What went wrong, for programs. Besides the codes that reasons come with:"
        text = f"{what}\n\n{schema_codes.codes_as_text()}"
        return {"type": "string", "enum": schema_codes.codes(), "description": text}


def primary_key(**options: Any) -> Any:
    """Return a field of the kind of the user model's primary key, as JSON has it."""
    if isinstance(get_user_model()._meta.pk, models.IntegerField):
        return serializers.IntegerField(**options)
    return serializers.CharField(**options)


class Credentials(serializers.Serializer[Any]):
    """A login, under the user model's own name for the user name."""

    def get_fields(self) -> dict[str, Any]:
        """The user name and the password."""
        name = serializers.CharField(help_text="The user name, or the e-mail address.")
        return {get_user_model().USERNAME_FIELD: name, "password": PasswordField()}

    class Meta:
        ref_name = "KeyturnCredentials"


class RefreshToken(serializers.Serializer[Any]):
    """A refresh token. A web client has it in its cookie, and sends an empty object."""

    refresh = serializers.CharField(required=False, help_text="Needed, but for web clients, of whom it is not read.")

    class Meta:
        ref_name = "KeyturnRefreshToken"


class RefreshRequest(RefreshToken):
    """A refresh token. A web client has it in its cookie, and may ask whether there is one."""

    optional = serializers.BooleanField(
        required=False, help_text="Of a web client: without a cookie the answer is 204, and not 401 `refresh_missing`."
    )

    class Meta:
        ref_name = "KeyturnRefreshRequest"


class TokenTypeField(serializers.CharField):
    """How the access token is to be shown."""


class TokenTypeFieldExtension(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]
    """Give the word a component of its own."""

    target_class = TokenTypeField

    def get_name(self) -> str:
        """The component's name."""
        return "KeyturnTokenType"

    def map_serializer_field(self, auto_schema: Any, direction: Any) -> dict[str, Any]:
        """The one word there is."""
        text = "The access token is bound to a key and goes with a proof by it (RFC 9449). Absent: a bearer token."
        return {"type": "string", "enum": ["DPoP"], "description": text}


class PresentedToken(serializers.Serializer[Any]):
    """A token of any type."""

    token = serializers.CharField()

    class Meta:
        ref_name = "KeyturnPresentedToken"


class LogoutRequest(serializers.Serializer[Any]):
    """The refresh token whose session is to end."""

    refresh_token = serializers.CharField(
        required=False, help_text="Needed, but for web clients, of whom it is not read."
    )

    class Meta:
        ref_name = "KeyturnLogoutRequest"


class TokenPair(serializers.Serializer[Any]):
    """The first tokens of a session."""

    access = serializers.CharField()
    refresh = serializers.CharField(required=False, help_text=IN_COOKIE)
    token_type = TokenTypeField(required=False)

    class Meta:
        ref_name = "KeyturnTokenPair"


class RefreshedPair(serializers.Serializer[Any]):
    """A fresh access token and, where refresh tokens rotate, the refresh token to use from now on."""

    def get_fields(self) -> dict[str, Any]:
        """The access token alone where ``ROTATE_REFRESH_TOKENS`` is False."""
        refresh = serializers.CharField(required=False, help_text=IN_COOKIE)
        rotated = {"refresh": refresh} if conf.get().rotate_refresh_tokens else {}
        return {"access": serializers.CharField(), **rotated, "token_type": TokenTypeField(required=False)}

    class Meta:
        ref_name = "KeyturnRefreshedPair"


class SlidingToken(serializers.Serializer[Any]):
    """A sliding token."""

    token = serializers.CharField()

    class Meta:
        ref_name = "KeyturnSlidingToken"


class Error(serializers.Serializer[Any]):
    """What every error says."""

    detail = serializers.CharField(help_text="For people; may change.")
    code = CodeField()

    class Meta:
        ref_name = "KeyturnError"


class Refusal(Error):
    """Why a token or a login was refused."""

    reason = ReasonField()

    class Meta:
        ref_name = "KeyturnRefusal"


class SignInRefused(Refusal):
    """Why a login was refused; after the right password of a user with a second factor, how to go on."""

    mfa_token = serializers.CharField(required=False, help_text="For `/token/mfa/`; only with `mfa_required`.")
    methods = serializers.ListField(
        child=serializers.CharField(), required=False, help_text="Of `totp`, `recovery_codes`, `webauthn`."
    )
    expires_in = serializers.IntegerField(required=False, help_text="Seconds that the `mfa_token` is good for.")

    class Meta:
        ref_name = "KeyturnSignInRefused"


class FactorSetupRequired(Error):
    """The request is not from a page that may make it; or a second factor has to be set up first, and how."""

    reason = ReasonField(required=False)
    mfa_token = serializers.CharField(required=False, help_text="For `/token/mfa/setup/` and `/token/mfa/`.")
    expires_in = serializers.IntegerField(required=False, help_text="Seconds that the `mfa_token` is good for.")

    class Meta:
        ref_name = "KeyturnFactorSetupRequired"


class TokenClassMessage(serializers.Serializer[Any]):
    """What one of ``AUTH_TOKEN_CLASSES`` said."""

    token_class = serializers.CharField()
    token_type = serializers.CharField()
    message = serializers.CharField()

    class Meta:
        ref_name = "KeyturnTokenClassMessage"


class Unauthenticated(Error):
    """No access token was sent, or it was refused: only then is there a reason."""

    reason = ReasonField(required=False)
    messages = TokenClassMessage(many=True, required=False)

    class Meta:
        ref_name = "KeyturnUnauthenticated"


class InvalidInput(Error):
    """The body could not be read, or a field of it is wrong: then the field's name holds what is wrong with it."""

    reason = ReasonField(required=False)

    class Meta:
        ref_name = "KeyturnInvalidInput"


class InvalidInputExtension(OpenApiSerializerExtension):  # type: ignore[no-untyped-call]
    """Say that fields of the body appear by their names."""

    target_class = InvalidInput

    def map_serializer(self, auto_schema: Any, direction: Any) -> dict[str, Any]:
        """The known fields, and any other as a list of sentences."""
        known: dict[str, Any] = auto_schema._map_serializer(  # noqa: SLF001 - documented way to extend a mapping
            self.target, direction, bypass_extensions=True
        )
        return {**known, "additionalProperties": {"type": "array", "items": {"type": "string"}}}
