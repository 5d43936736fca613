"""What the parts of a compact serialization are made of (RFC 7515 section 7.1): base64url and JSON, one spelling each.

These run for every token that is written or read, so they lean on C: no part is walked twice, no coder built twice.
"""

import json
from binascii import a2b_base64, b2a_base64
from typing import Any, Final

from keyturn.strict_json import parsed

__all__ = ["decoded", "encoded", "object_in", "written"]

_SEPARATORS: Final = (",", ":")
_ENCODER: Final = json.JSONEncoder(separators=_SEPARATORS)

_TO_URL: Final = bytes.maketrans(b"+/", b"-_")
# What base64url does not know must not pass for base64: a "?" is in neither.
_FROM_URL: Final = bytes.maketrans(b"-_+/=", b"+/???")
_PADDING: Final = (b"", b"", b"==", b"=")
# Of the letters that a last, incomplete group can end in, those that leave no bits over (RFC 4648 section 3.5).
_LAST: Final = (b"", b"", b"AQgw", b"AEIMQUYcgkosw048")


def encoded(data: bytes) -> bytes:
    """base64url without padding (RFC 7515 section 2)."""
    return b2a_base64(data, newline=False).translate(_TO_URL).rstrip(b"=")


def decoded(segment: str) -> bytes:
    """What base64url without padding stands for. Of several spellings of the same bytes one alone is taken.

    Raises:
        ValueError: it is none.
    """
    letters = segment.encode("ascii")
    rest = len(letters) % 4
    if rest and letters[-1] not in _LAST[rest]:
        raise ValueError("no base64url, or bits left over")
    return a2b_base64(letters.translate(_FROM_URL) + _PADDING[rest], strict_mode=True)


def written(values: dict[str, Any], *, encoder: type[json.JSONEncoder] | None = None, in_order: bool = False) -> bytes:
    """A JSON object without a needless space.

    Args:
        values: its members.
        encoder: for values that plain JSON cannot hold.
        in_order: by name, rather than as they come.
    """
    if encoder is None and not in_order:
        return _ENCODER.encode(values).encode()
    return json.dumps(values, separators=_SEPARATORS, cls=encoder, sort_keys=in_order).encode()


def object_in(text: bytes) -> dict[str, Any]:
    """A JSON object in UTF-8 (RFC 7519 section 7.2), in which no name stands twice.

    Raises:
        ValueError, RecursionError: it is none.
    """
    found = parsed(text)
    if not isinstance(found, dict):
        raise ValueError("no object")  # noqa: TRY004 - whoever calls asks for one error
    return found
