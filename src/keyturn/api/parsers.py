"""JSON as RFC 8259 has it: UTF-8, bounded, and whatever is wrong with it is a 400."""

from collections.abc import Mapping
from typing import Any

from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser

from keyturn.strict_json import parsed

__all__ = ["StrictJSONParser"]


class StrictJSONParser(BaseParser):
    """Parse a JSON body; charset parameters are ignored (RFC 8259 section 8.1 knows only UTF-8)."""

    media_type = "application/json"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Mapping[str, Any] | None = None) -> Any:
        """Return the parsed body.

        Raises:
            ParseError: it is no JSON.
        """
        try:
            return parsed(stream.read())
        except (ValueError, RecursionError):
            raise ParseError("JSON parse error - the body is not valid JSON in UTF-8") from None
