"""JSON bodies that are no JSON, no object, or hold the wrong things."""

import json
from collections.abc import Callable, Mapping
from typing import Final

__all__ = ["NO_OBJECT", "TOO_LARGE", "UNREADABLE", "WRONG_VALUES"]

UNREADABLE: Final = {
    "cut off": b'{"a": "b"',
    "single quotes": b"{'a': 'b'}",
    "trailing comma": b'{"a": "b",}',
    "two documents": b'{"a": "b"} {"a": "b"}',
    "spaces only": b"   ",
    "NaN": b'{"a": NaN}',
    "Infinity": b'{"a": -Infinity}',
    "a comment": b'{"a": "b"} // c',
    "a control character": b'{"a": "\x01"}',
    "a NUL byte": b'{"a": "\x00"}',
    "only NUL bytes": b"\x00" * 10,
    "invalid UTF-8": b'{"a": "\xff"}',
    "a surrogate in UTF-8": b'{"a": "\xed\xa0\x80"}',
    "overlong UTF-8": b'{"a": "\xc0\x80"}',
    "a byte order mark": b'\xef\xbb\xbf{"a": "b"}',
    "UTF-16": '{"a": "b"}'.encode("utf-16"),
    "UTF-32": '{"a": "b"}'.encode("utf-32-be"),
    "gzip": b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xab\x56\x4a\x54\xb2\x52\x4a\x52\xaa\x05\x00",
    "deep arrays": b"[" * 30_000 + b"]" * 30_000,
    "deep objects": b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
    "arrays without end": b"[" * 60_000,
    "an integer of 5,000 digits": b'{"a": ' + b"9" * 5_000 + b"}",
    "a name twice": b'{"a": "b", "a": "c"}',
    "a name twice, deeper": b'{"b": [{"a": 1, "a": 1}]}',
    "XML": b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
}

TOO_LARGE: Final[Mapping[str, Callable[[], bytes]]] = {
    "a password of 1 MB": lambda: json.dumps({"username": "ada", "password": "x" * 1_000_000}).encode(),
    "10 MB": lambda: json.dumps({"refresh": "x" * 10_000_000}).encode(),
    "10 MB of nothing": lambda: b" " * 10_000_000,
    "100,000 levels": lambda: b"[" * 100_000 + b"]" * 100_000,
    "one byte more than allowed": lambda: b'{"a":"' + b"x" * (65_536 - 7) + b'"}',
}

NO_OBJECT: Final = {
    "an empty body": b"",
    "an empty object": b"{}",
    "null": b"null",
    "true": b"true",
    "a number": b"0",
    "a float": b"-1.5e300",
    "a float out of range": b"1e400",
    "text": b'"refresh"',
    "an empty array": b"[]",
    "an array of objects": b'[{"refresh": "x", "token": "x", "username": "x", "password": "x"}]',
    "other names": b'{"Refresh": "x", "tokens": "x", "user": "x", "__proto__": {"refresh": "x"}, "": "x"}',
}

WRONG_VALUES: Final = {
    "null": "null",
    "true": "true",
    "an empty array": "[]",
    "an empty object": "{}",
    "the good value in an array": "[%s]",
    "the good value in an object": '{"a": %s}',
    "zero": "0",
    "a negative number": "-17",
    "a float": "1.5",
    "a float out of range": "1e400",
    "an integer of 4,300 digits": "9" * 4_300,
    "nothing": '""',
    "a space": '" "',
    "a NUL": '"\\u0000"',
    "a lone surrogate": '"\\ud800"',
    "two surrogates in the wrong order": '"\\udc00\\ud800"',
    "60,000 characters": '"' + "x" * 60_000 + '"',
    "60,000 dots": '"' + "." * 60_000 + '"',
    "letters beyond ASCII": '"żółw.żółw.żółw"',
    "letters beyond 16 bits": '"😀.😀.😀"',
    "two dots": '".."',
    "the word null": '"null"',
    "a template": '"{{7*7}}${7*7}%(refresh)s{0.__class__}"',
    "SQL": '"\' OR 1=1; DROP TABLE keyturn_session; --"',
}
