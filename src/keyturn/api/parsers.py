"""JSON as RFC 8259 has it: UTF-8, bounded, and whatever is wrong with it is a 400."""

import json
from collections.abc import Mapping
from typing import Any, Never

from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser

__all__ = ["StrictJSONParser"]


def _no_constant(name: str) -> Never:
    raise ValueError(f"{name} is not JSON")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """RFC 8259 section 4: what an object with a name twice means is anybody's guess, so two readers may differ."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name occurs twice")
    return found


class StrictJSONParser(BaseParser):
    """Parse a JSON body; charset parameters are ignored (RFC 8259 section 8.1 knows only UTF-8)."""

    media_type = "application/json"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Mapping[str, Any] | None = None) -> Any:
        """Return the parsed body.

        Raises:
            ParseError: it is no JSON.
        """
        try:
            return json.loads(stream.read().decode("utf-8"), parse_constant=_no_constant, object_pairs_hook=_object)
        except (ValueError, RecursionError):
            raise ParseError("JSON parse error - the body is not valid JSON in UTF-8") from None
