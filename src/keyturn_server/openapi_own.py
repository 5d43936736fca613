"""The server's own pages in the OpenAPI document: plain functions, which drf-spectacular cannot see."""

from typing import Any, Final

__all__ = ["describe"]

_ERROR: Final = {"$ref": "#/components/schemas/KeyturnError"}
_SERVICE_ERROR: Final = {"$ref": "#/components/schemas/KeyturnServiceError"}
_RETRY: Final = {"Retry-After": {"schema": {"type": "integer"}, "required": True, "description": "Seconds."}}
_CHALLENGE: Final = {"WWW-Authenticate": {"schema": {"type": "string"}, "required": True}}


def _answer(description: str, schema: Any, *, kind: str = "application/json", headers: Any = None) -> dict[str, Any]:
    answer: dict[str, Any] = {"description": description, "content": {kind: {"schema": schema}}}
    return {**answer, "headers": headers} if headers else answer


def _object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties)}


def _read(name: str, summary: str, answers: dict[str, Any], **more: Any) -> dict[str, Any]:
    told = {"operationId": name, "summary": summary, "tags": ["The server"], **more}
    common = {"400": _answer("The request could not be read.", _ERROR)}
    return {"get": {**told, "responses": dict(sorted({**common, **answers}.items()))}}


_STATUS: Final = {"type": "string", "enum": ["ok"]}
_ADDRESSES: Final = {"type": "object", "additionalProperties": {"type": "string", "format": "uri"}}
_NOT_READY: Final = _answer("The database does not answer.", _ERROR, headers=_RETRY)
_TEXT: Final = {"type": "string"}

_OWN: Final[dict[str, Any]] = {
    "/": _read(
        "index",
        "Name the endpoints",
        {"200": _answer("Their addresses.", _object(name=_TEXT, endpoints=_ADDRESSES))},
    ),
    "/docs/": _read("docs", "Read this document as a page", {"200": _answer("A page.", _TEXT, kind="text/html")}),
    "/health/live/": _read(
        "health_live", "Ask whether the process answers", {"200": _answer("It does.", _object(status=_STATUS))}
    ),
    "/health/ready/": _read(
        "health_ready",
        "Ask whether requests can be served",
        {"200": _answer("They can.", _object(status=_STATUS, database=_STATUS)), "503": _NOT_READY},
    ),
    "/metrics": _read(
        "metrics",
        "Read, as a service, how the server does",
        {
            "200": _answer("Prometheus's text format.", _TEXT, kind="text/plain"),
            "401": _answer("No client credentials, or wrong ones.", _SERVICE_ERROR, headers=_CHALLENGE),
            "403": _answer("The client lacks the scope.", _SERVICE_ERROR),
            "503": _answer("Nothing was decided; try again.", _SERVICE_ERROR, headers=_RETRY),
        },
        security=[{"keyturnClient": []}],
    ),
    "/schema/": _read(
        "schema", "Read this document", {"200": _answer("OpenAPI 3.", {"type": "object", "additionalProperties": True})}
    ),
}


def describe(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Add the server's pages (drf-spectacular's ``POSTPROCESSING_HOOKS``)."""
    result["paths"] = dict(sorted({**result["paths"], **_OWN}.items()))
    return result
