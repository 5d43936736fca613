"""What the OpenAPI document says of accounts elsewhere: signing in and up by them, and linking them."""

from collections.abc import Mapping
from typing import Any, Final

from drf_spectacular.utils import OpenApiResponse
from rest_framework import serializers

from keyturn.api import schema_account_frame as frame
from keyturn.api.schema_account_answers import (
    AGAIN,
    NEXT,
    NOBODY,
    NOTHING_BEGUN,
    SIGNED_IN,
    SIGNED_IN_ALREADY,
    WRONG,
    AccountOperation,
)

__all__ = ["SOCIAL_OPERATIONS"]

_APP: Final = frozenset({"app"})
_BROWSER: Final = frozenset({"browser"})


class _Wanted(serializers.Serializer[Any]):
    provider = serializers.CharField(help_text="Its id, as the configuration lists it.")
    process = serializers.CharField(
        required=False, help_text="`login` to sign in or up; `connect` to link it to one's account."
    )


class WayToProvider(_Wanted):
    """Which provider, what for, and where to go afterwards."""

    callback_url = serializers.CharField(help_text="A path, or an address at an origin that the settings name.")

    class Meta:
        ref_name = "KeyturnWayToProvider"


class BeginningOfApp(_Wanted):
    """Which provider, and what for."""

    redirect_uri = serializers.CharField(
        required=False, help_text="Of the app, one of `APP_REDIRECT_URIS`, where it has a browser opened."
    )

    class Meta:
        ref_name = "KeyturnBeginningOfApp"


class ProviderToken(serializers.Serializer[Any]):
    """An ID token; or a code, its state and, where it came along, the issuer's name."""

    id_token = serializers.CharField(required=False)
    code = serializers.CharField(required=False)
    state = serializers.CharField(required=False)
    iss = serializers.CharField(required=False)

    class Meta:
        ref_name = "KeyturnProviderToken"


class BroughtByApp(_Wanted):
    """What an app was given by a provider."""

    token = ProviderToken()

    class Meta:
        ref_name = "KeyturnBroughtByApp"


class RestOfSignUp(serializers.Serializer[Any]):
    """What the provider did not say. A project's own form may ask for more."""

    username = serializers.CharField(required=False)
    email = serializers.EmailField(required=False)

    class Meta:
        ref_name = "KeyturnRestOfSignUp"


class LinkToRemove(serializers.Serializer[Any]):
    """One linked account."""

    provider = serializers.CharField()
    account = serializers.CharField(help_text="Its `uid`.")

    class Meta:
        ref_name = "KeyturnLinkToRemove"


class Location(serializers.Serializer[Any]):
    """An address at the provider."""

    location = serializers.CharField()

    class Meta:
        ref_name = "KeyturnLocation"


class Nonce(serializers.Serializer[Any]):
    """What the ID token has to have."""

    nonce = serializers.CharField()
    location = serializers.CharField(required=False, help_text="What to open, where `redirect_uri` was given.")

    class Meta:
        ref_name = "KeyturnProviderNonce"


class LinkedAccount(serializers.Serializer[Any]):
    """An account elsewhere that signs in here."""

    uid = serializers.CharField(help_text="The provider's name for it.")
    provider = frame.KnownProvider()
    display = serializers.CharField(help_text="What its owner knows it by.")

    class Meta:
        ref_name = "KeyturnLinkedAccount"


class ProposedAddress(serializers.Serializer[Any]):
    """An address that the provider named."""

    email = serializers.CharField()
    verified = serializers.BooleanField()
    primary = serializers.BooleanField()

    class Meta:
        ref_name = "KeyturnProposedAddress"


class Proposed(serializers.Serializer[Any]):
    """What a sign-up begins with."""

    user = serializers.DictField()
    account = LinkedAccount()
    email = ProposedAddress(many=True)

    class Meta:
        ref_name = "KeyturnProposedSignUp"


class FlowMeta(frame.AnswerMeta):
    """What names the flow that has begun."""

    session_token = serializers.CharField(required=False, help_text="The app client sends it as `X-Session-Token`.")

    class Meta:
        ref_name = "KeyturnFlowMeta"


def _answer(name: str, data: Any) -> Any:
    fields = {"status": serializers.IntegerField(), "data": data, "meta": FlowMeta(required=False)}
    return type(f"{name}Answer", (serializers.Serializer,), {**fields, "Meta": type("Meta", (), {"ref_name": name})})


_LINKED: Final = OpenApiResponse(_answer("KeyturnLinkedAccounts", LinkedAccount(many=True)), "The linked accounts now.")
_NOT_TOLD: Final = OpenApiResponse(frame.AccountError, "The provider does not answer (`provider_unavailable`).")
_OUTCOMES: Final[Mapping[int, Any]] = {
    200: SIGNED_IN,
    400: OpenApiResponse(
        frame.AccountError,
        "`email_taken`: the address has an account, to sign in to first; `provider_email_unverified`,"
        " `no_verified_email`: only verified addresses link; `provider_refused`.",
    ),
    401: NEXT,
    403: OpenApiResponse(frame.AccountError, "Sign-up is closed."),
    409: OpenApiResponse(
        frame.AccountError, "Nothing is to be finished here; or it is somebody else's (`provider_account_taken`)."
    ),
}

SOCIAL_OPERATIONS: Final[Mapping[str, Mapping[str, AccountOperation]]] = {
    "keyturn.api.account_social_views.RedirectView": {
        "post": AccountOperation(
            "provider_redirect",
            "Ask where at a provider to send the browser",
            {
                200: OpenApiResponse(_answer("KeyturnWayAnswer", Location()), "Where to send it."),
                400: OpenApiResponse(
                    frame.AccountError, "`unknown_provider`; `bad_next`: `callback_url` is none of ours."
                ),
                401: AGAIN,
                409: SIGNED_IN_ALREADY,
                503: _NOT_TOLD,
            },
            body=WayToProvider,
            clients=_BROWSER,
        ),
    },
    "keyturn.api.account_social_views.FinishView": {
        "post": AccountOperation(
            "provider_finish",
            "Sign in, sign up or link, once the provider has led the browser back",
            _OUTCOMES,
            clients=_BROWSER,
        ),
    },
    "keyturn.api.account_social_views.BeginView": {
        "post": AccountOperation(
            "provider_begin",
            "Begin at a provider in a mobile app",
            {
                200: OpenApiResponse(_answer("KeyturnNonceAnswer", Nonce()), "What the app hands to the provider."),
                400: OpenApiResponse(frame.AccountError, "`unknown_provider`; `bad_next`: no address of this app."),
                401: AGAIN,
                409: SIGNED_IN_ALREADY,
                503: _NOT_TOLD,
            },
            body=BeginningOfApp,
            clients=_APP,
        ),
    },
    "keyturn.api.account_social_views.ProviderTokenView": {
        "post": AccountOperation(
            "provider_token",
            "Sign in, sign up or link by what a provider gave a mobile app",
            {**_OUTCOMES, 503: _NOT_TOLD},
            body=BroughtByApp,
            clients=_APP,
        ),
    },
    "socialaccount.views.ProviderSignupView": {
        "get": AccountOperation(
            "provider_signup_look",
            "See what a sign-up begins with",
            {
                200: OpenApiResponse(_answer("KeyturnProposedAnswer", Proposed()), "What the provider said."),
                403: OpenApiResponse(frame.AccountError, "Sign-up is closed."),
                409: NOTHING_BEGUN,
            },
        ),
        "post": AccountOperation(
            "provider_signup",
            "Sign up with the rest",
            {
                200: SIGNED_IN,
                400: WRONG,
                401: NEXT,
                403: OpenApiResponse(frame.AccountError, "Sign-up is closed."),
                409: NOTHING_BEGUN,
            },
            body=RestOfSignUp,
        ),
    },
    "socialaccount.views.ManageProvidersView": {
        "get": AccountOperation("providers", "List the linked accounts", {200: _LINKED, 401: NOBODY}, signed_in=True),
        "delete": AccountOperation(
            "provider_remove",
            "Take a linked account away",
            {
                200: _LINKED,
                400: WRONG,
                401: AGAIN,
                409: OpenApiResponse(frame.AccountError, "Nobody could sign in without it (`last_way_in`)."),
            },
            body=LinkToRemove,
            signed_in=True,
        ),
    },
}
"""As :data:`keyturn.api.schema_account_operations.ACCOUNT_OPERATIONS`."""
