"""What the OpenAPI document calls what is sent to the endpoints of accounts."""

from typing import Any

from rest_framework import serializers

from keyturn.api.serializers import PasswordField

__all__ = [
    "AddressToBePrimary",
    "CodeOrKey",
    "Login",
    "NewPassword",
    "OneAddress",
    "OneCode",
    "PasswordAgain",
    "PasswordChange",
    "PresentedRefreshToken",
    "SelectedSessions",
    "SignUp",
]


def _as_told(form: Any) -> dict[str, Any]:
    """Return the fields of a form of django-allauth's."""
    kinds: dict[str, Any] = {"email": serializers.EmailField, "password": PasswordField}
    return {
        name: kinds.get(name, serializers.CharField)(required=field.required) for name, field in form.fields.items()
    }


class OneCode(serializers.Serializer[Any]):
    """A code; what kind of code says whoever inherits from this."""

    code = serializers.CharField()


class Login(serializers.Serializer[Any]):
    """The password and one name, of the kinds that ``ACCOUNT_LOGIN_METHODS`` has."""

    def get_fields(self) -> dict[str, Any]:
        """As django-allauth has them."""
        from allauth.headless.account.inputs import LoginInput  # noqa: PLC0415 - a project need not have allauth

        return _as_told(LoginInput())

    class Meta:
        ref_name = "KeyturnLogin"


class SignUp(serializers.Serializer[Any]):
    """A new account. A project's own form may ask for more."""

    def get_fields(self) -> dict[str, Any]:
        """As ``ACCOUNT_SIGNUP_FIELDS`` has it."""
        from allauth.headless.account.inputs import SignupInput  # noqa: PLC0415 - the same

        return _as_told(SignupInput())

    class Meta:
        ref_name = "KeyturnSignUp"


class CodeOrKey(serializers.Serializer[Any]):
    """The code from the mail, or the key of its link."""

    key = serializers.CharField()

    class Meta:
        ref_name = "KeyturnCodeOrKey"


class OneAddress(serializers.Serializer[Any]):
    """An e-mail address."""

    email = serializers.EmailField()

    class Meta:
        ref_name = "KeyturnOneAddress"


class AddressToBePrimary(OneAddress):
    """The address that shall be the main one."""

    primary = serializers.BooleanField(help_text="True.")

    class Meta:
        ref_name = "KeyturnAddressToBePrimary"


class NewPassword(CodeOrKey):
    """The code from the mail, or the key of its link, and the new password."""

    password = PasswordField()

    class Meta:
        ref_name = "KeyturnNewPassword"


class PasswordChange(serializers.Serializer[Any]):
    """The old password, which an account that has none leaves out, and the new one."""

    current_password = PasswordField(required=False)
    new_password = PasswordField()

    class Meta:
        ref_name = "KeyturnPasswordChange"


class PasswordAgain(serializers.Serializer[Any]):
    """The password of whoever is signed in."""

    password = PasswordField()

    class Meta:
        ref_name = "KeyturnPasswordAgain"


class PresentedRefreshToken(serializers.Serializer[Any]):
    """A refresh token."""

    refresh_token = serializers.CharField()

    class Meta:
        ref_name = "KeyturnPresentedRefreshToken"


class SelectedSessions(serializers.Serializer[Any]):
    """The sessions to end."""

    sessions = serializers.ListField(child=serializers.UUIDField())

    class Meta:
        ref_name = "KeyturnSelectedSessions"
