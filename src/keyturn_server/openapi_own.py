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


def _behind_a_link(name: str, shows: str, does: str, *fields: str) -> dict[str, Any]:
    """A page that a mail leads to: both of its methods."""
    key = "The key in the link of the mail."
    onward = "Where to go on; only to origins that the settings name."

    def answers(good: str, bad: str) -> dict[str, Any]:
        errors = {
            "400": bad,
            "413": "The form is too long.",
            "415": "The charset of the form is not read here.",
            "429": "Too many keys from this address.",
            "503": "Nothing was decided; try again.",
        }
        told = {"200": _answer(good, _TEXT, kind="text/html")}
        for status, why in errors.items():
            # HTML where `Accept` names it.
            told[status] = _answer(why, _ERROR, headers=_RETRY if status in {"429", "503"} else None)
            told[status]["content"]["text/html"] = {"schema": _TEXT}
        return told

    asked = [
        {"name": "key", "in": "query", "required": True, "schema": _TEXT, "description": key},
        {"name": "next", "in": "query", "schema": _TEXT, "description": onward},
    ]
    properties = {
        "key": {**_TEXT, "description": key},
        **{field: {**_TEXT, "format": "password"} for field in fields},
        "next": {**_TEXT, "description": onward},
    }
    form = {"type": "object", "properties": properties, "required": ["key", *fields]}
    body = {"required": True, "content": {"application/x-www-form-urlencoded": {"schema": form}}}
    refused = "The link is not valid, too old, used or outdated, or leads on to a place that it must not lead to."
    return {
        "get": {
            "operationId": f"{name}_page",
            "summary": shows,
            "tags": ["Pages behind links"],
            "parameters": asked,
            "responses": answers("A page. Nothing has changed.", refused),
        },
        "post": {
            "operationId": f"{name}_by_page",
            "summary": does,
            "tags": ["Pages behind links"],
            "requestBody": body,
            "responses": answers("It is done. Nobody is signed in.", refused + " Or a field is wrong."),
        },
    }


_TEXT: Final = {"type": "string"}
_STATUS: Final = {"type": "string", "enum": ["ok"]}
_ADDRESSES: Final = {"type": "object", "additionalProperties": {"type": "string", "format": "uri"}}
_FOUND: Final = {"type": "string", "enum": ["ok", "failed", "unknown"]}
_LAG: Final = {"type": "number", "nullable": True, "description": "Seconds behind the feed of revocations."}
_CHECKS: Final = {
    **dict.fromkeys(("database", "migrations", "keys", "feed", "serving"), _FOUND),
    "feed_lag_seconds": _LAG,
}
_READY: Final = {
    "200": _answer("They can.", _object(status=_STATUS, **_CHECKS)),
    "503": _answer(
        "They cannot: which check failed, or could not be made.",
        _object(detail=_TEXT, code=_TEXT, status={"type": "string", "enum": ["failed"]}, **_CHECKS),
        headers=_RETRY,
    ),
}
_LIVE: Final = {"200": _answer("It does.", _object(status=_STATUS))}


def _index() -> dict[str, Any]:
    answer = _answer("Their addresses.", _object(name=_TEXT, endpoints=_ADDRESSES))
    # Where `Accept` prefers it.
    answer["content"]["text/html"] = {"schema": _TEXT}
    return answer


_OWN: Final[dict[str, Any]] = {
    "/": _read(
        "index",
        "Name the endpoints; a browser gets the web app",
        {"200": _index()},
    ),
    "/auth/reset-password/": _behind_a_link(
        "reset_password", "Show a form for a new password", "Set the password of that form", "password", "repeated"
    ),
    "/auth/verify-email/": _behind_a_link(
        "verify_email", "Show which address would be confirmed", "Confirm that address"
    ),
    "/docs/": _read("docs", "Read this document as a page", {"200": _answer("A page.", _TEXT, kind="text/html")}),
    "/health/live/": _read("health_live", "The same as /livez", _LIVE, deprecated=True),
    "/health/ready/": _read("health_ready", "The same as /readyz", _READY, deprecated=True),
    "/livez": _read("livez", "Ask whether the process answers", _LIVE),
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
    "/readyz": _read("readyz", "Ask whether requests can be served", _READY),
    "/schema/": _read(
        "schema", "Read this document", {"200": _answer("OpenAPI 3.", {"type": "object", "additionalProperties": True})}
    ),
}


def describe(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Add the server's pages (drf-spectacular's ``POSTPROCESSING_HOOKS``)."""
    result["paths"] = dict(sorted({**result["paths"], **_OWN}.items()))
    return result
