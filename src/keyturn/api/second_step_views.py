"""``/token/mfa/`` and what belongs to it. Only imported where ``allauth.mfa`` is installed."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from django.utils.module_loading import import_string
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from keyturn import conf
from keyturn.accounts.second_step import Shown, finish, passkey_options, set_up
from keyturn.api.answer import Answer
from keyturn.api.second_step import PROVEN, proven_attrs
from keyturn.api.serializers import TokenObtainPairSerializer
from keyturn.api.token_door import TokenDoor
from keyturn.api.token_views import TOKEN_DOORS
from keyturn.clock import utc_now
from keyturn.sessions.client import current_client
from keyturn.tokens.proving import proven_by

__all__ = ["TokenMfaOptionsView", "TokenMfaSetupView", "TokenMfaView"]


class _OfMfaToken(serializers.Serializer[Any]):
    mfa_token = serializers.CharField(write_only=True)


class TokenMfaSerializer(_OfMfaToken):
    """The second step: a code, or a passkey's answer."""

    code = serializers.CharField(write_only=True, required=False)
    credential = serializers.DictField(write_only=True, required=False)
    trust_device = serializers.BooleanField(write_only=True, required=False, default=False)
    access = serializers.CharField(read_only=True)
    refresh = serializers.CharField(read_only=True)

    def to_internal_value(self, data: Any) -> Any:
        """Read the fields. What is wrong with ``code`` is not told under its name, which has a meaning in an error."""
        try:
            return super().to_internal_value(data)
        except serializers.ValidationError as error:
            if not isinstance(error.detail, dict) or "code" not in error.detail:
                raise
            others = {name: said for name, said in error.detail.items() if name != "code"}
            raise serializers.ValidationError({**others, "non_field_errors": error.detail["code"]}) from None

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """End the sign-in."""
        if ("code" in attrs) == ("credential" in attrs):
            raise serializers.ValidationError("Either a code or a credential is required.")
        done = finish(
            attrs["mfa_token"],
            shown=Shown(attrs.get("code"), attrs.get("credential")),
            trusts=attrs["trust_device"],
            client=current_client(),
            now=utc_now(),
            issue=self._issued,
        )
        return {**done.issued, "recovery_codes": list(done.recovery_codes)} if done.recovery_codes else done.issued

    def _issued(self, user: Any, amr: str, door: Mapping[str, Any]) -> dict[str, Any]:
        """What the first step would have answered, by the very serializer that was asked for it."""
        serializer = _serializer_of(door["serializer"])(context={**self.context, PROVEN: user})
        with proven_by(amr):
            found: dict[str, Any] = serializer.validate(proven_attrs(serializer, user, door))
        return found


def _serializer_of(path: str) -> Any:
    """The class of a serializer that a token was asked of; the project's, or ours, where it is not there any more.

    Args:
        path: dotted, or empty.
    """
    with suppress(ImportError):
        return import_string(path)
    named = conf.get().token_obtain_serializer
    return TokenObtainPairSerializer if named == conf.STOCK.OBTAIN else import_string(named)


class TokenMfaOptionsSerializer(_OfMfaToken):
    """A passkey is to be asked for."""

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Make a challenge."""
        return {"request_options": passkey_options(attrs["mfa_token"], client=current_client(), now=utc_now())}


class TokenMfaSetupSerializer(_OfMfaToken):
    """An authenticator app is to be set up."""

    secret = serializers.CharField(read_only=True)
    totp_url = serializers.CharField(read_only=True)
    totp_svg = serializers.CharField(read_only=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Make a secret, or tell once more the one that was made."""
        app = set_up(attrs["mfa_token"], client=current_client(), now=utc_now())
        return {"secret": app.secret, "totp_url": app.url, "totp_svg": app.svg}


class _StepView(TokenDoor):
    """POST a body, get what its serializer makes of it."""

    authentication_classes = ()
    permission_classes = ()
    told_otherwise = TOKEN_DOORS

    def post(self, request: Request) -> Response:
        """Validate the body; validating is the whole work."""
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        return Answer(serializer.validated_data)


class TokenMfaView(_StepView):
    """End a sign-in with a second factor; the answer is what the first step would have given without one."""

    serializer_class = TokenMfaSerializer


class TokenMfaOptionsView(_StepView):
    """Ask for what a passkey has to answer."""

    serializer_class = TokenMfaOptionsSerializer


class TokenMfaSetupView(_StepView):
    """Ask for what an authenticator app is to be told, where a second factor must be set up before the sign-in ends."""

    serializer_class = TokenMfaSetupSerializer
