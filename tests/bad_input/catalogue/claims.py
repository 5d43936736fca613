"""What a token may say that a leaked key has signed."""

import json
from collections.abc import Mapping
from typing import Any, Final

__all__ = ["CLAIMS", "GENERATIONS", "LATER", "PAYLOADS", "STRANGERS", "Absent", "Raw", "payload_with"]

LATER: Final = 4_000_000_000
"""In 2096. Fixed, so that every process of a test run collects the same names."""


class Raw:
    """Written into the payload as it stands, since Python's ``json`` would not write it."""

    def __init__(self, text: str) -> None:
        self.text = text


class Absent:
    """The claim is left out."""


def payload_with(claims: Mapping[str, Any], name: str, value: Any) -> bytes:
    """The payload of these claims with one of them replaced: by a value, :class:`Raw` text, or :class:`Absent`."""
    claims = {key: kept for key, kept in claims.items() if key != name}
    if value is Absent:
        return json.dumps(claims).encode()
    written = value.text if isinstance(value, Raw) else json.dumps(value)
    return f"{json.dumps(claims)[:-1]}, {json.dumps(name)}: {written}}}".encode()


_NO_NUMBERS: Final[Mapping[str, tuple[Any, str]]] = {
    "text": ("9999999999", "invalid_claim"),
    "true": (True, "invalid_claim"),
    "null": (None, "invalid_claim"),
    "an array": ([9999999999], "invalid_claim"),
    "an object": ({"exp": 9999999999}, "invalid_claim"),
    "NaN": (Raw("NaN"), "malformed"),
    "Infinity": (Raw("Infinity"), "malformed"),
    "-Infinity": (Raw("-Infinity"), "malformed"),
    "1e400": (Raw("1e400"), "invalid_claim"),
    "-1e400": (Raw("-1e400"), "invalid_claim"),
    "1e308": (Raw("1e308"), "invalid_claim"),
    "4,000 digits": (Raw("9" * 4_000), "invalid_claim"),
    "5,000 digits": (Raw("9" * 5_000), "malformed"),
    "the year 10000": (253_402_300_800, "invalid_claim"),
    "2**63": (2**63, "invalid_claim"),
    "-2**63": (-(2**63), "invalid_claim"),
}

CLAIMS: Final[list[tuple[str, Any, str, str]]] = [
    *(("exp", value, reason, f"exp {name}") for name, (value, reason) in _NO_NUMBERS.items()),
    *(("iat", value, reason, f"iat {name}") for name, (value, reason) in _NO_NUMBERS.items()),
    *(("nbf", value, reason, f"nbf {name}") for name, (value, reason) in _NO_NUMBERS.items()),
    ("exp", Absent, "missing_claim", "no exp"),
    ("exp", 0, "expired", "exp zero"),
    ("exp", -1, "expired", "exp negative"),
    ("exp", 0.5, "expired", "exp a fraction"),
    ("nbf", LATER, "not_yet_valid", "nbf in the future"),
    ("nbf", 253_402_300_799, "not_yet_valid", "nbf in the year 9999"),
    ("jti", Absent, "missing_claim", "no jti"),
    ("jti", None, "missing_claim", "jti null"),
    ("jti", 17, "missing_claim", "jti a number"),
    ("jti", ["a"], "missing_claim", "jti an array"),
    ("jti", {}, "missing_claim", "jti an object"),
    ("token_type", Absent, "wrong_type", "no type"),
    ("token_type", None, "wrong_type", "type null"),
    ("token_type", 1, "wrong_type", "type a number"),
    ("token_type", [], "wrong_type", "type an array"),
    ("token_type", "", "wrong_type", "type empty"),
    ("token_type", "Refresh", "wrong_type", "type in capitals"),
    ("token_type", "\ud800", "wrong_type", "type a surrogate"),
    ("sid", "not a uuid", "invalid_claim", "sid no UUID"),
    ("sid", "", "invalid_claim", "sid empty"),
    ("sid", "g" * 32, "invalid_claim", "sid no hexadecimal"),
    ("sid", "\x00" * 32, "invalid_claim", "sid NULs"),
    ("sid", "\ud800" * 32, "invalid_claim", "sid surrogates"),
    ("sid", "0" * 9_000, "invalid_claim", "sid long"),
    ("sid", 17, "invalid_claim", "sid a number"),
    ("sid", True, "invalid_claim", "sid true"),
    ("sid", [], "invalid_claim", "sid an array"),
    ("sid", {}, "invalid_claim", "sid an object"),
    ("user_id", Absent, "missing_claim", "no user_id"),
    ("user_id", None, "missing_claim", "user_id null"),
    ("user_id", True, "invalid_claim", "user_id true"),
    ("user_id", 1.0, "invalid_claim", "user_id a float"),
    ("user_id", Raw("1e400"), "invalid_claim", "user_id 1e400"),
    ("user_id", [1], "invalid_claim", "user_id an array"),
    ("user_id", {"id": 1}, "invalid_claim", "user_id an object"),
    ("user_id", "\ud800", "invalid_claim", "user_id a surrogate"),
    ("user_id", Raw("9" * 5_000), "malformed", "user_id of 5,000 digits"),
]

GENERATIONS: Final[list[tuple[str, Any, str, str]]] = [
    ("gen", Absent, "wrong_type", "no gen"),
    ("gen", None, "wrong_type", "gen null"),
    ("gen", -1, "invalid_claim", "gen negative"),
    ("gen", 0.0, "invalid_claim", "gen a float"),
    ("gen", 1.5, "invalid_claim", "gen a fraction"),
    ("gen", "0", "invalid_claim", "gen text"),
    ("gen", True, "invalid_claim", "gen true"),
    ("gen", False, "invalid_claim", "gen false"),
    ("gen", [], "invalid_claim", "gen an array"),
    ("gen", {}, "invalid_claim", "gen an object"),
    ("gen", 2**53, "invalid_claim", "gen 2**53"),
    ("gen", 2**63, "invalid_claim", "gen 2**63"),
    ("gen", 2**64, "invalid_claim", "gen 2**64"),
    ("gen", Raw("9" * 4_000), "invalid_claim", "gen of 4,000 digits"),
    ("gen", Raw("1e400"), "invalid_claim", "gen 1e400"),
    ("gen", Raw("NaN"), "malformed", "gen NaN"),
    ("sid", Absent, "missing_claim", "gen without sid"),
    ("sid", None, "missing_claim", "gen with sid null"),
]

STRANGERS: Final = [
    "\x00",
    "0",
    "-1",
    "abc",
    "1.5",
    "1; DROP TABLE auth_user",
    "' OR '1'='1",
    "%s",
    str(2**63),
    "9" * 4_000,
    "9" * 6_000,
    "",
    " ",
    "x" * 9_000,
]

PAYLOADS: Final = {
    "an array": b"[]",
    "text": b'"claims"',
    "a number": b"17",
    "null": b"null",
    "nothing": b"",
    "no JSON": b"{exp: 1}",
    "cut off": b'{"exp": 1',
    "bytes": b"\xff\xfe",
    "deep": b"[" * 9_000,
    "deep objects": b'{"a":' * 2_000,
}
