"""JSON that every reader reads alike (RFC 8259): UTF-8, no name twice in an object, no word that is not JSON's."""

import json
from typing import Any, Final, Never

__all__ = ["parsed"]


def parsed(text: bytes) -> Any:
    """Read a JSON text.

    Args:
        text: in UTF-8 (section 8.1), without a byte-order mark.

    Raises:
        ValueError, RecursionError: it is none.
    """
    return _DECODER.decode(text.decode())


def _no_constant(name: str) -> Never:
    raise ValueError(f"{name} is not JSON")


def _no_repetition(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Section 4, RFC 7519 section 4: what an object with a name twice means, each reader may decide otherwise."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice")
    return found


# json.loads would make one each time.
_DECODER: Final = json.JSONDecoder(parse_constant=_no_constant, object_pairs_hook=_no_repetition)
