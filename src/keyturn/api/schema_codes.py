"""Every word that an error can carry, for the OpenAPI document. ``docs/reference/errors.md`` has the same words.

Needs neither drf-spectacular nor settings.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from keyturn.errors import REFUSALS

__all__ = ["CODES", "FIELD_CODES", "Code", "codes", "codes_as_text", "field_codes_as_text", "reasons_as_text"]


@dataclass(frozen=True, slots=True)
class Code:
    """A word of the field ``code``, besides those that come with a reason.

    Args:
        statuses: the HTTP statuses that it comes with.
        when: for people, in Markdown.
        server: whether the ready-made server alone has it.
    """

    statuses: tuple[int, ...]
    when: str
    server: bool = False


CODES: Final[Mapping[str, Code]] = {
    "invalid": Code((400,), "a field is missing or wrong; the fields say what"),
    "parse_error": Code(
        (400,), "the body is not JSON in UTF-8, names something twice, or is a form that cannot be read"
    ),
    "not_authenticated": Code((401,), "no access token was sent"),
    "bad_authorization_header": Code((401,), "`Authorization` has the right scheme, and not exactly one token"),
    "invalid_client": Code((401,), "a service's credentials are missing or wrong"),
    "invalid_request": Code((400,), "a service sent its credentials in two places, or a parameter twice"),
    "insufficient_scope": Code((403,), "the service's client lacks the scope"),
    "unsupported_token_type": Code((400,), "an access token of stock simplejwt, which has no session"),
    "cursor_malformed": Code((400,), "`after` is no cursor"),
    "conflict": Code((409,), "there is nothing to go on with here, or somebody is signed in already"),
    "flow_ended": Code((410,), "the flow of `X-Session-Token` has ended; begin without it"),
    "cursor_too_old": Code((410,), "begin again without `after`"),
    "permission_denied": Code((403,), "a permission class of the project refused"),
    "bad_next": Code((400,), "`next` leads where it must not"),
    "account_in_use": Code((409,), "something belongs to the account that must not lose its user"),
    "impersonated": Code((403,), "an administrator who acts as the user may not do this"),
    "not_found": Code((404,), "no such path, or nothing of this user's under it"),
    "method_not_allowed": Code((405,), "see the header `Allow`"),
    "not_acceptable": Code((406,), "`Accept` names nothing that can be answered"),
    "payload_too_large": Code((413,), "the body is longer than `MAX_BODY_BYTES`"),
    "unsupported_media_type": Code((415,), "the body is neither JSON nor a form, or its `charset` is not read here"),
    "throttled": Code((429,), "a throttle of the project refused; see `Retry-After`"),
    "unavailable": Code(
        (503,), "the database, or a `JWK_URL`, does not answer, or the server has too much to do; nothing was decided"
    ),
    "mail_unavailable": Code((503,), "the server sends no mail, and this needs one"),
    "error": Code((500,), "see the server's log"),
    "origin_refused": Code((403,), "the request does not come from a page that may make it"),
    "unknown_client": Code((400,), "`X-Keyturn-Client` is neither `web` nor `bearer`"),
    "invalid_dpop_proof": Code((400, 401), "what came in the header `DPoP` proves nothing (RFC 9449)"),
    "use_dpop_nonce": Code(
        (400, 401), "the proof has to be made again, with the nonce of this answer's header `DPoP-Nonce` (RFC 9449)"
    ),
    "bad_request": Code((400,), "a header cannot be read", server=True),
    "request_timeout": Code((408,), "the body did not arrive in time", server=True),
    "bad_host": Code((400,), "`Host` is none of `KEYTURN_ALLOWED_HOSTS`", server=True),
    "nul_byte": Code((400,), "the URL holds a NUL byte", server=True),
    "csrf_failed": Code((403,), "a cookie came without its CSRF token", server=True),
}
"""The codes that no reason has."""

FIELD_CODES: Final[Mapping[str, str]] = {
    "required": "the field is missing or empty",
    "invalid": "the value is of the wrong kind",
    "null": "the value is null",
    "blank": "the value is empty",
    "max_length": "the value is too long",
    "min_length": "the value is too short",
    "invalid_choice": "no such value",
    "null_characters_not_allowed": "the value holds a NUL byte",
    "incorrect_code": "the code is wrong, or not the newest one",
    "incorrect_password": "the password is wrong",
    "enter_current_password": "the current password is wrong",
    "invalid_login": "not exactly one of the names that one signs in with",
    "username_password_mismatch": "no active account has this name and password",
    "email_password_mismatch": "no active account has this address and password",
    "invalid_or_expired_key": "the link's key is wrong, used or too old",
    "invalid_password_reset": "the link's key is wrong, used or too old",
    "username_taken": "the name is somebody's",
    "username_blacklisted": "the name is not given out",
    "email_taken": "the address is somebody's",
    "duplicate_email": "the address is this account's already",
    "same_as_current": "the new value is the current one",
    "max_email_addresses": "the account has as many addresses as it may have",
    "unknown_email": "the address is none of this account's",
    "cannot_remove_primary_email": "the account's main address stays; make another the main one first",
    "unverified_primary_email": "the account's main address must be verified",
    "sign_up_closed": "nobody can sign up here",
    "unknown_provider": "there is no such provider, or none that this client can use",
    "bad_next": "the address leads where it must not",
    "invalid_token": "neither an ID token, nor a code with its state",
    "account_not_found": "no such account is linked",
    "no_verified_email": "no address of the account is verified",
    "username_invalid": "the name breaks the rules for names",
    "password_incorrect": "the password is wrong, in a form of the admin",
    "unverified_email": "no address of the account is confirmed yet",
    "add_email_blocked": "an account with a second factor takes no unconfirmed address",
    "cannot_delete_authenticator": "this factor must stay",
    "too_many_passkeys": "the account has as many passkeys as it may have",
    "cannot_generate_recovery_codes": "there is no other second factor",
    "password_too_short": "the password is too short",
    "password_too_long": "the password is longer than 4,096 bytes",
    "password_characters": "the password holds a character that cannot be typed",
    "password_too_similar": "the password is too much like the name or the address",
    "password_too_common": "the password is one of those that everybody tries",
    "password_entirely_numeric": "the password is all digits",
}
"""The codes of what is wrong with one field, at the endpoints of accounts (``errors[].code``)."""


def codes() -> list[str]:
    """Return every value that ``code`` can have, each once, those of the reasons first."""
    return list(dict.fromkeys([*(refusal.code for refusal in REFUSALS.values()), *CODES]))


def reasons_as_text() -> str:
    """Return the table of reasons, in Markdown."""
    rows = [f"| `{reason.value}` | {one.status} | `{one.code}` | {one.detail} |" for reason, one in REFUSALS.items()]
    return "\n".join(["| reason | status | code | detail |", "| --- | --- | --- | --- |", *rows])


def codes_as_text() -> str:
    """Return the table of the codes that no reason has, in Markdown."""
    rows = [f"| `{word}` | {', '.join(map(str, one.statuses))} | {one.when} |" for word, one in CODES.items()]
    return "\n".join(["| code | status | when |", "| --- | --- | --- |", *rows])


def field_codes_as_text() -> str:
    """Return the table of what can be wrong with a field, in Markdown."""
    rows = [f"| `{word}` | {when} |" for word, when in FIELD_CODES.items()]
    return "\n".join(["| code of a field | when |", "| --- | --- |", *rows])
