"""Real answers held against the OpenAPI document, to the letter: no status and no field that it does not tell."""

import re
from typing import Any

from jsonschema_rs import Draft4Validator

__all__ = ["Documented"]


class Documented:
    """A document to hold answers of Django's test client against.

    Args:
        document: valid OpenAPI 3.0.
    """

    def __init__(self, document: dict[str, Any]) -> None:
        self._paths = [(self._pattern(path), methods) for path, methods in document["paths"].items()]
        self._components = _strict(document["components"])
        self.seen: set[tuple[str, int]] = set()
        """Operations, by their ids, and statuses of them that were looked at."""

    @staticmethod
    def _pattern(path: str) -> re.Pattern[str]:
        return re.compile("[^/]+".join(re.escape(part) for part in re.split(r"\{\w+\}", path)))

    def operation(self, method: str, path: str) -> dict[str, Any]:
        """Return what the document says of a method of an address.

        Raises:
            AssertionError: nothing.
        """
        for pattern, methods in self._paths:
            if pattern.fullmatch(path) and method.lower() in methods:
                told: dict[str, Any] = methods[method.lower()]
                return told
        raise AssertionError(f"the document has no {method} {path}")

    def check(self, answer: Any) -> None:
        """Hold an answer against the document.

        Raises:
            AssertionError: it has a status, body or header that the document does not tell.
        """
        asked = answer.request
        operation = self.operation(asked["REQUEST_METHOD"], asked["PATH_INFO"])
        where = f"{operation['operationId']} {answer.status_code}"
        told = operation["responses"].get(str(answer.status_code))
        assert told is not None, f"{where} is not told: {answer.content!r}"
        for name, header in told.get("headers", {}).items():
            assert not header.get("required") or name in answer.headers, f"{where} has no {name}"
        self.seen.add((operation["operationId"], answer.status_code))
        content = told.get("content", {}).get("application/json")
        if content is None:
            assert not answer.content, where
            return
        schema = {**_strict(content["schema"]), "components": self._components}
        wrong = [error.message for error in Draft4Validator(schema).iter_errors(answer.json())]
        assert not wrong, f"{where}: {wrong} in {answer.json()}"


def _strict(schema: Any) -> Any:
    """Return JSON Schema for a schema of OpenAPI 3.0: null where it may be null, and no field that is not told."""
    if isinstance(schema, list):
        return [_strict(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    strict = {name: _strict(value) for name, value in schema.items()}
    if isinstance(strict.get("properties"), dict) and strict.get("type") == "object":
        strict.setdefault("additionalProperties", False)
    if strict.pop("nullable", False) is True:
        return {"anyOf": [strict, {"type": "null"}]}
    return strict
