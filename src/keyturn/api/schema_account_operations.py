"""What the OpenAPI document says of the endpoints of accounts: the table for :mod:`keyturn.api.schema_accounts`."""

from collections.abc import Mapping
from typing import Final

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, PolymorphicProxySerializer

from keyturn.api import schema_account_bodies as bodies
from keyturn.api import schema_account_frame as frame
from keyturn.api import schema_account_requests as requests
from keyturn.api.schema_account_answers import (
    ADDRESSES,
    AGAIN,
    NEXT,
    NOBODY,
    NOTHING_BEGUN,
    SENT,
    SIGNED_IN,
    SIGNED_IN_ALREADY,
    WRONG,
    AccountOperation,
)
from keyturn.api.schema_account_factors import FACTOR_OPERATIONS
from keyturn.api.schema_account_passkeys import PASSKEY_OPERATIONS
from keyturn.api.schema_account_proofs import PROOF_OPERATIONS
from keyturn.api.schema_account_social import SOCIAL_OPERATIONS

__all__ = ["ACCOUNT_OPERATIONS"]

_LOOKED_AT: Final = OpenApiResponse(
    PolymorphicProxySerializer(
        "KeyturnLookedAtAddress", [bodies.ConfirmedAddress, bodies.VerifiedAddress], resource_type_field_name=None
    ),
    "What the code, or the key of a link, is good for.",
)
_CONFIRMED: Final = OpenApiResponse(
    PolymorphicProxySerializer(
        "KeyturnConfirmedOrSignedIn", [frame.Authenticated, bodies.VerifiedAddress], resource_type_field_name=None
    ),
    "Confirmed. Signed in too, where this client signs up; its pair is in `meta`.",
)

_LINK: Final = "`link_invalid`, `link_expired`, `link_used`, `link_outdated`"
_WRONG_KEY: Final = OpenApiResponse(
    frame.AccountError, f"The code is wrong (`incorrect_code`), or the link ({_LINK}, `email_taken`)."
)
_WRONG_LOGIN: Final = OpenApiResponse(
    frame.AccountError, "A field is wrong, or no active account has these credentials (`bad_credentials`)."
)
_WRONG_RESET: Final = OpenApiResponse(
    frame.AccountError,
    f"The code is wrong (`incorrect_code`), or the link ({_LINK}), or the password is not good enough.",
)


def _key(name: str, what: str) -> OpenApiParameter:
    return OpenApiParameter(name, OpenApiTypes.STR, OpenApiParameter.HEADER, description=what)


_ACCOUNT: Final[Mapping[str, Mapping[str, AccountOperation]]] = {
    "base.views.ConfigView": {
        "get": AccountOperation("config", "Ask what accounts of this server can do", {200: bodies.Config}),
    },
    "account.views.LoginView": {
        "post": AccountOperation(
            "login",
            "Sign in",
            {200: SIGNED_IN, 400: _WRONG_LOGIN, 401: NEXT, 409: SIGNED_IN_ALREADY},
            body=requests.Login,
        ),
    },
    "account.views.SignupView": {
        "post": AccountOperation(
            "signup",
            "Sign up",
            {
                200: SIGNED_IN,
                400: WRONG,
                401: OpenApiResponse(
                    frame.Anonymous,
                    "A code is on its way: `data.flows` has `verify_email`. The same for an address that has an "
                    "account; its owner is told.",
                ),
                403: OpenApiResponse(frame.AccountError, "Sign-up is closed."),
                409: SIGNED_IN_ALREADY,
            },
            body=requests.SignUp,
        ),
    },
    "account.views.SessionView": {
        "get": AccountOperation("session", "See who is signed in", {200: SIGNED_IN, 401: NEXT}),
        "delete": AccountOperation(
            "logout", "Log out", {401: OpenApiResponse(frame.Anonymous, "Nobody is signed in now.")}
        ),
    },
    "account.views.VerifyEmailView": {
        "get": AccountOperation(
            "verify_email_look",
            "See what a code or key would confirm",
            {200: _LOOKED_AT, 400: _WRONG_KEY, 409: NOTHING_BEGUN},
            parameters=(_key("X-Email-Verification-Key", "The code from the mail, or the key of its link."),),
        ),
        "post": AccountOperation(
            "verify_email",
            "Confirm an e-mail address",
            {200: _CONFIRMED, 400: _WRONG_KEY, 401: NEXT, 409: NOTHING_BEGUN},
            body=requests.CodeOrKey,
        ),
    },
    "account.views.ResendEmailVerificationCodeView": {
        "post": AccountOperation("verify_email_resend", "Ask for a new code", {200: SENT, 409: NOTHING_BEGUN}),
    },
    "account.views.RequestPasswordResetView": {
        "post": AccountOperation(
            "password_request",
            "Ask for a mail to set a new password",
            {
                200: bodies.Done,
                400: WRONG,
                401: OpenApiResponse(
                    frame.Anonymous,
                    "A code is on its way: `data.flows` has `password_reset_by_code`. The same for an unknown address.",
                ),
            },
            body=requests.OneAddress,
        ),
    },
    "account.views.ResetPasswordView": {
        "get": AccountOperation(
            "password_reset_look",
            "See whose password a code or key can set",
            {200: bodies.UserOfKey, 400: _WRONG_RESET, 409: NOTHING_BEGUN},
            parameters=(_key("X-Password-Reset-Key", "The code from the mail, or the key of its link."),),
        ),
        "post": AccountOperation(
            "password_reset",
            "Set a new password with a code or key",
            {200: SIGNED_IN, 400: _WRONG_RESET, 401: NEXT, 409: NOTHING_BEGUN},
            body=requests.NewPassword,
            description="All sessions of the user end; this client gets a new one.",
        ),
    },
    "account.views.ChangePasswordView": {
        "post": AccountOperation(
            "password_change",
            "Change the password",
            {200: SIGNED_IN, 400: WRONG, 401: AGAIN},
            body=requests.PasswordChange,
            signed_in=True,
            description="All sessions of the user end; this client gets a new one.",
        ),
    },
    "account.views.ManageEmailView": {
        "get": AccountOperation(
            "email_list", "List the e-mail addresses", {200: ADDRESSES, 401: NOBODY}, signed_in=True
        ),
        "post": AccountOperation(
            "email_add",
            "Change to an e-mail address",
            {200: ADDRESSES, 400: WRONG, 401: AGAIN, 409: NOTHING_BEGUN},
            body=requests.OneAddress,
            description="It counts once it is confirmed; until then the old one stays.",
        ),
        "put": AccountOperation(
            "email_resend",
            "Ask for the mail of an address once more",
            {
                200: bodies.Done,
                400: WRONG,
                401: NOBODY,
                403: OpenApiResponse(frame.AccountError, "Not sent: the address is confirmed, or no more are sent."),
            },
            body=requests.OneAddress,
            signed_in=True,
        ),
        "patch": AccountOperation(
            "email_primary",
            "Make an address the main one",
            {200: ADDRESSES, 400: WRONG, 401: AGAIN},
            body=requests.AddressToBePrimary,
            signed_in=True,
        ),
        "delete": AccountOperation(
            "email_remove",
            "Remove an address",
            {200: ADDRESSES, 400: WRONG, 401: AGAIN},
            body=requests.OneAddress,
            signed_in=True,
        ),
    },
    "tokens.views.RefreshTokenView": {
        "post": AccountOperation(
            "tokens_refresh",
            "Refresh a session",
            {
                200: bodies.RefreshedTokens,
                400: WRONG,
                401: OpenApiResponse(frame.AccountError, "The token was refused."),
            },
            body=requests.PresentedRefreshToken,
            clients=frozenset({"app"}),
            description="The same as `/token/refresh/`, in this frame.",
        ),
    },
    "keyturn.api.account_flow_views.SessionsView": {
        "get": AccountOperation(
            "sessions", "See where you are signed in", {200: bodies.LiveSessions, 401: NOBODY}, signed_in=True
        ),
        "delete": AccountOperation(
            "sessions_end",
            "End some sessions",
            {200: bodies.LiveSessions, 400: WRONG, 401: NOBODY},
            body=requests.SelectedSessions,
            signed_in=True,
        ),
    },
}

ACCOUNT_OPERATIONS: Final[Mapping[str, Mapping[str, AccountOperation]]] = {
    **_ACCOUNT,
    **FACTOR_OPERATIONS,
    **PASSKEY_OPERATIONS,
    **PROOF_OPERATIONS,
    **SOCIAL_OPERATIONS,
}
"""Each view with its methods."""
