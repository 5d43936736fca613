"""The frame of the answers of the endpoints of accounts, as the OpenAPI document has it.

It is django-allauth's (``status``, ``data``, ``meta``, ``errors``); errors have Keyturn's words too.
"""

from typing import Any, Final

from drf_spectacular.extensions import OpenApiSerializerFieldExtension
from rest_framework import serializers

from keyturn.api import schema_codes
from keyturn.api.schema_bodies import IN_COOKIE, CodeField, TokenClassMessage, TokenTypeField, primary_key

__all__ = [
    "AccountError",
    "AccountUser",
    "Anonymous",
    "AnswerMeta",
    "Authenticated",
    "KnownProvider",
]

_FLOWS: Final = (
    "code_reauthenticate",
    "login",
    "login_by_code",
    "mfa_authenticate",
    "mfa_login_webauthn",
    "mfa_reauthenticate",
    "mfa_setup",
    "mfa_signup_webauthn",
    "mfa_trust",
    "password_reset_by_code",
    "provider_redirect",
    "provider_signup",
    "provider_token",
    "reauthenticate",
    "signup",
    "verify_email",
    "verify_phone",
)
_CSRF: Final = "The browser client sends it as `X-CSRFToken` with everything but GET, unless it sends an access token."
_TOKENS: Final = "Of a session that has just begun; not given a second time."
_ACCESS: Final = f"{_TOKENS} Or a fresh one, which says that its user has just proved once more who they are."


class FieldCodeField(serializers.CharField):
    """A word of :data:`keyturn.api.schema_codes.FIELD_CODES`, or of a validator of the project's own."""


class FieldCodeFieldExtension(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]
    """Give the words a component of their own."""

    target_class = FieldCodeField

    def get_name(self) -> str:
        """The component's name."""
        return "KeyturnFieldCode"

    def map_serializer_field(self, auto_schema: Any, direction: Any) -> dict[str, Any]:
        """The words there are. No enumeration: a project's own validators have words of their own."""
        text = f"What is wrong with a field, for programs.\n\n{schema_codes.field_codes_as_text()}"
        return {"type": "string", "description": text, "x-extensible-enum": list(schema_codes.FIELD_CODES)}


class AccountReasonField(serializers.CharField):
    """A word of :class:`keyturn.errors.Reason` or, where a field is wrong, the first field's code."""


class AccountReasonFieldExtension(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]
    """Say that it is one of either kind."""

    target_class = AccountReasonField

    def map_serializer_field(self, auto_schema: Any, direction: Any) -> dict[str, Any]:
        """Both lists of words."""
        kinds = ("KeyturnReason", "KeyturnFieldCode")
        return {"anyOf": [{"$ref": f"#/components/schemas/{kind}"} for kind in kinds]}


class AccountUser(serializers.Serializer[Any]):
    """Whose account it is."""

    def get_fields(self) -> dict[str, Any]:
        """The id is of the user model's kind; what is empty is left out."""
        return {
            "id": primary_key(),
            "display": serializers.CharField(required=False, help_text="A name to show."),
            "email": serializers.EmailField(required=False, help_text="The main address."),
            "username": serializers.CharField(required=False),
            "has_usable_password": serializers.BooleanField(),
        }

    class Meta:
        ref_name = "KeyturnAccountUser"


class AnswerMeta(serializers.Serializer[Any]):
    """What helps with the next request."""

    csrf_token = serializers.CharField(required=False, help_text=_CSRF)

    class Meta:
        ref_name = "KeyturnAnswerMeta"


class Method(serializers.Serializer[Any]):
    """How the user proved who they are."""

    method = serializers.CharField(help_text="`password`, `password_reset`, `code`, `mfa`, `socialaccount`, …")
    at = serializers.FloatField(help_text="Seconds since the epoch.")
    reauthenticated = serializers.BooleanField(required=False)
    email = serializers.CharField(required=False)
    username = serializers.CharField(required=False)
    type = serializers.CharField(required=False, help_text="Of the second factor.")
    id = serializers.IntegerField(required=False, help_text="Of the second factor.")
    provider = serializers.CharField(required=False, help_text="By whose account it was.")
    uid = serializers.CharField(required=False, help_text="The provider's name for that account.")
    passwordless = serializers.BooleanField(required=False, help_text="Of a passkey: it signed in alone.")
    user_verified = serializers.BooleanField(required=False, help_text="Of a passkey: it made sure of its user.")
    backup_eligible = serializers.BooleanField(required=False, help_text="Of a passkey: copies of it may exist.")

    class Meta:
        ref_name = "KeyturnAuthenticationMethod"


class KnownProvider(serializers.Serializer[Any]):
    """A provider."""

    id = serializers.CharField()
    name = serializers.CharField()
    flows = serializers.ListField(
        child=serializers.CharField(), help_text="`provider_redirect`, `provider_token`; empty: configured no longer."
    )

    class Meta:
        ref_name = "KeyturnKnownProvider"


class Flow(serializers.Serializer[Any]):
    """What the client can do next."""

    id = serializers.CharField(help_text=f"One of {', '.join(f'`{flow}`' for flow in _FLOWS)}.")
    is_pending = serializers.BooleanField(required=False, help_text="Whether it has begun and waits for this client.")
    types = serializers.ListField(child=serializers.CharField(), required=False, help_text="Of second factors.")
    providers = serializers.ListField(child=serializers.CharField(), required=False, help_text="Their ids.")
    provider = KnownProvider(required=False, help_text="Whose account a sign-up that waits is of.")

    class Meta:
        ref_name = "KeyturnAccountFlow"


class AuthenticatedData(serializers.Serializer[Any]):
    """Who is signed in, and how."""

    user = AccountUser()
    methods = Method(many=True)

    class Meta:
        ref_name = "KeyturnAuthenticatedData"


class AuthenticatedMeta(AnswerMeta):
    """A session that has just begun: its pair of tokens. Otherwise the client has its tokens already."""

    is_authenticated = serializers.BooleanField()
    access_token = serializers.CharField(required=False, help_text=_ACCESS)
    refresh_token = serializers.CharField(required=False, help_text=f"{_TOKENS} {IN_COOKIE}")
    token_type = TokenTypeField(required=False)

    class Meta:
        ref_name = "KeyturnAuthenticatedMeta"


class Authenticated(serializers.Serializer[Any]):
    """Somebody is signed in."""

    status = serializers.IntegerField()
    data: Any = AuthenticatedData()
    meta: Any = AuthenticatedMeta()

    class Meta:
        ref_name = "KeyturnAuthenticated"


class FieldError(serializers.Serializer[Any]):
    """What is wrong with one field."""

    message = serializers.CharField(help_text="For people; may change.")
    code = FieldCodeField()
    param = serializers.CharField(required=False, help_text="The field; none where it is the body as a whole.")

    class Meta:
        ref_name = "KeyturnFieldError"


class AccountError(serializers.Serializer[Any]):
    """What every error of these endpoints says."""

    status = serializers.IntegerField(required=False)
    detail = serializers.CharField(help_text="For people; may change.")
    code = CodeField()
    reason = AccountReasonField(required=False)
    errors: Any = FieldError(many=True, required=False)
    meta: Any = AnswerMeta(required=False)
    messages = TokenClassMessage(many=True, required=False, help_text="Where an access token was refused.")

    class Meta:
        ref_name = "KeyturnAccountError"


class AnonymousData(serializers.Serializer[Any]):
    """What the client can do next; whose session it is where the user must only prove themselves again."""

    flows = Flow(many=True)
    user = AccountUser(required=False)
    methods = Method(many=True, required=False)

    class Meta:
        ref_name = "KeyturnAnonymousData"


class AnonymousMeta(AnswerMeta):
    """How the flow goes on."""

    is_authenticated = serializers.BooleanField(help_text="True where the user must only prove themselves again.")
    session_token = serializers.CharField(
        required=False, help_text="The app client sends it as `X-Session-Token` from now on, until it is signed in."
    )

    class Meta:
        ref_name = "KeyturnAnonymousMeta"


class Anonymous(AccountError):
    """Nobody is signed in, or not as lately as this needs. Not always an error: ``data.flows`` says what to do next."""

    data: Any = AnonymousData(required=False)
    meta: Any = AnonymousMeta(required=False)
    max_age = serializers.IntegerField(
        required=False, help_text="Seconds: how old the proof may be that is asked for (RFC 9470)."
    )
    acr_values = serializers.CharField(required=False, help_text="How strong it must be: `2fa`.")
    methods = serializers.ListField(
        child=serializers.CharField(),
        required=False,
        help_text="By what it can be given: of `password`, `totp`, `recovery_codes`, `webauthn` and `mail_code`.",
    )

    class Meta:
        ref_name = "KeyturnAnonymous"
