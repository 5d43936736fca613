"""The last line of defence of the log: what looks like a secret is not written, whoever put it into a message.

No code of ours logs a body, a header, a query string or a parameter of a statement. An exception's text may quote what
a client sent all the same, and a path may hold what a client should have put elsewhere.
"""

import re
from typing import Final

__all__ = ["redacted"]

_HIDDEN: Final = "[hidden]"
_LONGEST: Final = 20_000
"""Characters. What is longer is somebody's to fill the log with, and takes a while to look through."""

_SECRETS: Final = (
    # A JWT (RFC 7519), whole or cut off: its header is JSON, which begins with {" and so with eyJ.
    re.compile(r"\beyJ[\w-]{6,}(?:\.[\w-]*)*", re.ASCII),
    # Credentials of a URL (RFC 3986 section 3.2.1), and of a header (RFC 9110 section 11.4).
    re.compile(r"(?<=://)[^/\s@'\":]*:[^/\s'\"]*(?=@)"),
    re.compile(r"(?i)\b(?<=basic )[\w+/=-]{8,}|(?<=bearer )\S{8,}|(?<=dpop )\S{8,}", re.ASCII),
    # Values of cookies, and of what stands in a query string or a fragment under a name that tells.
    re.compile(r"(?i)(?<=cookie: ).+"),
    re.compile(r"(?i)(?<=[?&#])((?:key|code|token|access|refresh|state|secret|password|session)[\w-]*=)[^&#\s'\"]+"),
    # A secret for webhooks (Standard Webhooks), and a private key.
    re.compile(r"\bwhsec_[\w+/=-]+", re.ASCII),
    re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)"),
)


def redacted(text: str) -> str:
    """Return ``text`` with ``[hidden]`` in the place of whatever looks like a secret, cut where it is very long."""
    if len(text) > _LONGEST:
        text = f"{text[:_LONGEST]}…"
    for secret in _SECRETS:
        text = secret.sub(lambda found: (found[1] if found.re.groups else "") + _HIDDEN, text)
    return text
