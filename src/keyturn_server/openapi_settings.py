"""What the server's OpenAPI document says of itself, and how drf-spectacular makes it."""

from typing import Any, Final

from keyturn.api import schema_codes

__all__ = ["SPECTACULAR_SETTINGS"]

_DESCRIPTION: Final = f"""\
Sign up, sign in, refresh, recover, look at sessions, leave.

A signed-in client holds two tokens: it sends the access token as `Authorization: Bearer …`, and trades the refresh
token at `/token/refresh/` for a new pair. `/token/` is the plain door: a name, a password, a pair. Under `/auth/` are
the flows of accounts, for two kinds of clients: `app` names its half-done flow in the header `X-Session-Token`,
`browser` in a cookie.

## Errors

Every error is JSON with `detail`, a sentence for people that may change, and `code`, a word for programs that does not.
Where a token, a login or a link was refused, `reason` says why. 401 carries `WWW-Authenticate`, 429 and 503 carry
`Retry-After`.

Under `/auth/`, `errors` is a list of what is wrong with the body, each entry with `message`, `code` and `param`.

<details><summary>All reasons</summary>

{schema_codes.reasons_as_text()}

</details>

<details><summary>All other codes</summary>

{schema_codes.codes_as_text()}

</details>

<details><summary>All codes of a field</summary>

{schema_codes.field_codes_as_text()}

</details>
"""

SPECTACULAR_SETTINGS: Final[dict[str, Any]] = {
    "TITLE": "Keyturn",
    "DESCRIPTION": _DESCRIPTION,
    "VERSION": "1",
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "keyturn_server.openapi_own.describe",
    ],
    "TAGS": [
        {"name": "Tokens", "description": "Sign in, refresh, ask, log out with a token."},
        {"name": "Sessions", "description": "Where somebody is signed in."},
        {"name": "Me", "description": "The account of whoever asks."},
        {"name": "Accounts, app client", "description": "Flows of a mobile or any other client without cookies."},
        {"name": "Accounts, browser client", "description": "The same flows for a page in a browser."},
        {"name": "Pages behind links", "description": "What mails lead to, where no front end is named."},
        {"name": "For services", "description": "For other services, with client credentials."},
        {"name": "For everybody", "description": "Documents that anybody may read and keep."},
        {"name": "The server", "description": "Of the ready-made server only."},
    ],
}
