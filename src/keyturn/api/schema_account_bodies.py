"""What the OpenAPI document calls the answers of the endpoints of accounts."""

from typing import Any, Final

from rest_framework import serializers

from keyturn.api.schema_account_frame import AccountUser, AnswerMeta, KnownProvider

__all__ = [
    "Addresses",
    "Config",
    "ConfirmedAddress",
    "Done",
    "LiveSessions",
    "RefreshedTokens",
    "UserOfKey",
    "VerifiedAddress",
]

_OF_SIGN_UP: Final = "told of a sign-up whose first address waits to be confirmed."


class Done(serializers.Serializer[Any]):
    """It is done."""

    status = serializers.IntegerField()
    meta: Any = AnswerMeta(required=False)

    class Meta:
        ref_name = "KeyturnDone"


class ConfigAccount(serializers.Serializer[Any]):
    """What accounts of this server can do."""

    login_methods = serializers.ListField(child=serializers.CharField(), help_text="`username`, `email`.")
    is_open_for_signup = serializers.BooleanField()
    email_verification_by_code_enabled = serializers.BooleanField()
    login_by_code_enabled = serializers.BooleanField()
    password_reset_by_code_enabled = serializers.BooleanField()
    authentication_method = serializers.CharField(required=False, help_text="Of old; read `login_methods`.")

    class Meta:
        ref_name = "KeyturnConfigAccount"


class ConfigFactors(serializers.Serializer[Any]):
    """Which second factors there are, where there are any."""

    supported_types = serializers.ListField(child=serializers.CharField(), help_text="`totp`, `recovery_codes`, …")
    passkey_login_enabled = serializers.BooleanField()

    class Meta:
        ref_name = "KeyturnConfigFactors"


class ConfigProviders(serializers.Serializer[Any]):
    """By which accounts elsewhere one signs in."""

    providers = KnownProvider(many=True)

    class Meta:
        ref_name = "KeyturnConfigProviders"


class ConfigData(serializers.Serializer[Any]):
    """What this server can do."""

    account = ConfigAccount()
    socialaccount = ConfigProviders(required=False, help_text="Where accounts elsewhere can be linked.")
    mfa = ConfigFactors(required=False)

    class Meta:
        ref_name = "KeyturnConfigData"


class Config(serializers.Serializer[Any]):
    """What this server can do."""

    status = serializers.IntegerField()
    data: Any = ConfigData()
    meta: Any = AnswerMeta(required=False)

    class Meta:
        ref_name = "KeyturnConfig"


class Address(serializers.Serializer[Any]):
    """One e-mail address of the account."""

    email = serializers.EmailField()
    verified = serializers.BooleanField()
    primary = serializers.BooleanField()

    class Meta:
        ref_name = "KeyturnAddress"


class Addresses(serializers.Serializer[Any]):
    """The account's e-mail addresses, one that waits for its code included."""

    status = serializers.IntegerField()
    data: Any = Address(many=True)
    meta: Any = AnswerMeta(required=False)

    class Meta:
        ref_name = "KeyturnAddresses"


class ConfirmedAddressData(serializers.Serializer[Any]):
    """Which address a code or key would confirm."""

    email = serializers.EmailField()
    user = AccountUser()

    class Meta:
        ref_name = "KeyturnConfirmedAddressData"


class ConfirmedAddressMeta(AnswerMeta):
    """Whether the code belongs to a sign-in."""

    is_authenticating = serializers.BooleanField()

    class Meta:
        ref_name = "KeyturnConfirmedAddressMeta"


class ConfirmedAddress(serializers.Serializer[Any]):
    """What a code or key is good for. Nothing is changed."""

    status = serializers.IntegerField()
    data: Any = ConfirmedAddressData()
    meta: Any = ConfirmedAddressMeta(required=False)

    class Meta:
        ref_name = "KeyturnConfirmedAddress"


class VerifiedAddressData(serializers.Serializer[Any]):
    """Which address a link's key is for, and whether it is confirmed now."""

    email = serializers.EmailField()
    verified = serializers.BooleanField()
    has_password = serializers.BooleanField(required=False, help_text=f"Whether the account has one; {_OF_SIGN_UP}")
    providers = serializers.ListField(
        child=serializers.CharField(),
        required=False,
        help_text=f"Names of the providers by whose accounts it signs in; {_OF_SIGN_UP}",
    )

    class Meta:
        ref_name = "KeyturnVerifiedAddressData"


class VerifiedAddressMeta(AnswerMeta):
    """Whether somebody is signed in at this client."""

    is_authenticated = serializers.BooleanField()

    class Meta:
        ref_name = "KeyturnVerifiedAddressMeta"


class VerifiedAddress(serializers.Serializer[Any]):
    """What became of a link's key, at a client that waits for none."""

    status = serializers.IntegerField()
    data: Any = VerifiedAddressData()
    meta: Any = VerifiedAddressMeta()

    class Meta:
        ref_name = "KeyturnVerifiedAddress"


class UserOfKeyData(serializers.Serializer[Any]):
    """Whose password a code or key can set."""

    user = AccountUser()

    class Meta:
        ref_name = "KeyturnUserOfKeyData"


class UserOfKey(serializers.Serializer[Any]):
    """What a code or key is good for. Nothing is changed."""

    status = serializers.IntegerField()
    data: Any = UserOfKeyData()
    meta: Any = AnswerMeta(required=False)

    class Meta:
        ref_name = "KeyturnUserOfKey"


class LiveSession(serializers.Serializer[Any]):
    """One live session."""

    id = serializers.UUIDField()
    ip = serializers.CharField(allow_null=True)
    user_agent = serializers.CharField()
    created_at = serializers.FloatField(help_text="Seconds since the epoch.")
    last_seen_at = serializers.FloatField(required=False, help_text="Seconds since the epoch.")
    is_current = serializers.BooleanField()

    class Meta:
        ref_name = "KeyturnLiveSession"


class LiveSessions(serializers.Serializer[Any]):
    """Where the user is signed in."""

    status = serializers.IntegerField()
    data: Any = LiveSession(many=True)
    meta: Any = AnswerMeta(required=False)

    class Meta:
        ref_name = "KeyturnLiveSessions"


class RefreshedTokensData(serializers.Serializer[Any]):
    """A fresh access token and, where refresh tokens rotate, the refresh token to use from now on."""

    access_token = serializers.CharField()
    refresh_token = serializers.CharField(required=False)

    class Meta:
        ref_name = "KeyturnRefreshedTokensData"


class RefreshedTokens(serializers.Serializer[Any]):
    """A refreshed session."""

    status = serializers.IntegerField()
    data: Any = RefreshedTokensData()

    class Meta:
        ref_name = "KeyturnRefreshedTokens"
