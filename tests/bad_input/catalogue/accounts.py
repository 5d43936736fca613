"""Malformed calls of the endpoints of accounts, ``/auth/`` and ``/me/``."""

from typing import Final

__all__ = ["BODIES", "ENDPOINTS", "HEADERS", "METHODS", "PAGES", "QUERIES", "TYPES"]

_PATHS: Final = [
    *(
        "config",
        "auth/session",
        "auth/sessions",
        "auth/reauthenticate",
        "auth/code/confirm",
        "auth/login",
        "auth/signup",
    ),
    *("auth/password/request", "auth/password/reset", "auth/email/verify", "auth/email/verify/resend"),
    *("account/password/change", "account/email"),
    *("account/providers", "auth/provider/signup"),
]

ENDPOINTS: Final = [
    *(f"/auth/{client}/v1/{path}" for client in ("app", "browser") for path in _PATHS),
    *(
        "/auth/app/v1/tokens/refresh",
        "/auth/app/v1/auth/provider/begin",
        "/auth/app/v1/auth/provider/token",
        "/auth/browser/v1/auth/provider/redirect",
        "/auth/browser/v1/auth/provider/finish",
        "/auth/app/v1/none/such",
        "/auth/none/v1/config",
        "/auth/",
        "/auth/app/v1/auth/login/",
    ),
    *("/me/", "/me/activity/", "/me/export/", "/me/none/"),
]

# Read by people as well, who are shown a page in HTML if they ask for one.
PAGES: Final = [
    "/auth/verify-email/",
    "/auth/reset-password/",
    "/auth/browser/v1/auth/provider/callback/oidc",
]

METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "PROPFIND")

_NAMES: Final = (
    "email",
    "username",
    "password",
    "new_password",
    "current_password",
    "key",
    "code",
    "state",
    "provider",
    "callback_url",
    "token",
    "refresh_token",
    "first_name",
)


def _filled(value: str) -> bytes:
    return ("{" + ", ".join(f'"{name}": {value}' for name in _NAMES) + "}").encode()


BODIES: Final[dict[str, bytes]] = {
    "nothing": b"",
    "no JSON": b"{nonsense",
    "an array": b'[{"email": "x@example.org"}]',
    "a number": b"17",
    "null": b"null",
    "a float out of range": b'{"email": 1e999}',
    "100,000 levels": b"[" * 30_000 + b"]" * 30_000,
    "bad UTF-8": b'{"email": "\xff\xfe@example.org"}',
    "a byte order mark": b'\xef\xbb\xbf{"email": "x@example.org"}',
    "UTF-16": '{"email": "x@example.org"}'.encode("utf-16"),
    "a name twice": b'{"email": "x@example.org", "email": "y@example.org"}',
    "too much": b'{"a": "' + b"x" * 70_000 + b'"}',
    "NULs": _filled('"a\\u0000b@example.org"'),
    "half a character": _filled('"\\ud800@example.org"'),
    "nulls": _filled("null"),
    "lists": _filled('["x@example.org"]'),
    "objects": _filled('{"a": {"b": []}}'),
    "numbers": _filled("-1.5e300"),
    "long numbers": _filled("9" * 4_000),
    "true": _filled("true"),
    "long text": _filled('"' + "x" * 6_000 + '"'),
    "long addresses": _filled('"' + "x" * 3_000 + "@" + "y." * 1_500 + 'org"'),
    "a line break and a header": _filled('"x@example.org\\r\\nBcc: y@example.org"'),
    "invisible letters": _filled('"a\\u202e\\u200b\\u2066@example.org"'),
    "letters that fold to ASCII": _filled('"\\u0131\\u212a\\u017f@example.org"'),
    "letters that grow": _filled('"' + "\\ufdfa" * 800 + '"'),
    "accents without end": _filled('"a' + "\\u0301" * 800 + '"'),
    "a template": _filled('"{{7*7}}${7*7}%(x)s{0.__class__}"'),
    "SQL": _filled('"\' OR 1=1; DROP TABLE auth_user; --"'),
}

TYPES: Final = [
    *("application/json", "application/json; charset=none", "text/plain", "application/x-www-form-urlencoded"),
    *("multipart/form-data", "multipart/form-data; boundary=" + "x" * 300, "nonsense", "", "application/json\tx"),
]

HEADERS: Final = {
    "a flow that is none": ["X-Session-Token: nonsense"],
    "a flow of bytes": ["X-Session-Token: \xff\xfe\xfd"],
    "a flow of 8,000 letters": ["X-Session-Token: " + "x" * 8_000],
    "two flows": ["X-Session-Token: a", "X-Session-Token: b"],
    "a bearer that is none": ["Authorization: Bearer a.b.c"],
    "a bearer of bytes": ["Authorization: Bearer \xff\xfe"],
    "another scheme": ["Authorization: Basic YTpi"],
    "no scheme": ["Authorization:"],
    "a cookie of bytes": ["Cookie: keyturn_flow=\xff; csrftoken=\xfe"],
    "cookies without end": ["Cookie: " + "; ".join(f"a{n}=b" for n in range(900))],
    "a link's key of bytes": ["X-Email-Verification-Key: \xff\xfe", "X-Password-Reset-Key: \xff\xfe"],
    "a link's key of 8,000 letters": [
        "X-Email-Verification-Key: " + "x" * 8_000,
        "X-Password-Reset-Key: " + "x" * 8_000,
    ],
    "another host before": [
        "X-Forwarded-Host: evil.example",
        "X-Forwarded-For: 1.2.3.4, nonsense",
        "Forwarded: for=_x",
    ],
    "languages without end": ["Accept-Language: " + ",".join(["xx-" + "y" * 8] * 600)],
    "a language that is none": ["Accept-Language: ../../etc/passwd;q=nan"],
    "an encoding that is none": ["Accept: application/json; charset*=none'x'%FF"],
    "another origin": ["Origin: https://evil.example"],
    "an origin that is none": ["Origin: http://[::1", "Referer: http://[::1"],
}

QUERIES: Final = [
    *("?", "?key=", "?key=%00", "?key=%ff%fe", "?key=" + "x" * 4_000, "?key=a&key=b", "?next=https://evil.example/"),
    *("?key=x&next=//evil.example", "?next=%5C%5Cevil.example", "?next=javascript:alert(1)", "?next=http://[::1"),
    *(
        "?key=x&next=%0d%0aSet-Cookie:%20a=b",
        "?cursor=x",
        "?cursor=%00",
        "?cursor=" + "9" * 3_000,
        "?limit=-1",
        "?limit=x",
    ),
    *("?cursor=cD0yMDI2", "?cursor=%ff", "?page=1&page=2", "?format=xml", "?" + "a=b&" * 1_500),
]
