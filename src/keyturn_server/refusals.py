"""The JSON body of a refusal made by the server itself, in the shape the API's refusals have."""

from collections.abc import Mapping
from typing import Final

from django.http import JsonResponse

__all__ = ["CODES", "RETRY_AFTER", "refusal"]

# Seconds (RFC 9110 section 10.2.3): about what a database needs to come back from a restart.
RETRY_AFTER: Final = "5"

# Where DRF or the API has a word for a status, this is the same word.
CODES: Final[Mapping[int, tuple[str, str]]] = {
    400: ("bad_request", "The request could not be understood."),
    401: ("not_authenticated", "Authentication credentials were not provided."),
    403: ("permission_denied", "You do not have permission to perform this action."),
    404: ("not_found", "Not found."),
    405: ("method_not_allowed", "This method is not allowed here."),
    406: ("not_acceptable", "No form of answer that the request accepts."),
    408: ("request_timeout", "The request did not arrive in time."),
    413: ("payload_too_large", "Request body is too large."),
    415: ("unsupported_media_type", "The media type of the request is not supported."),
    500: ("error", "The server met an error; it is in the log."),
    503: ("unavailable", "The server cannot answer now; try again soon."),
}


def refusal(status: int, *, code: str = "", detail: str = "") -> JsonResponse:
    """Return ``{"detail", "code"}`` with ``status``; the words for it where none are given."""
    word, sentence = CODES.get(status, ("error", "The request was refused."))
    response = JsonResponse({"detail": detail or sentence, "code": code or word}, status=status)
    # The middleware that measures other answers stands further in.
    response["Content-Length"] = str(len(response.content))
    if status == 503:
        response["Retry-After"] = RETRY_AFTER
    return response
