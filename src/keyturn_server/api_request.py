"""Django's request, for the API's paths as our own transport brings them."""

from typing import Any, Final

from django.core.handlers.wsgi import LimitedStream, WSGIRequest

__all__ = ["ApiRequest"]

_JSON: Final = "application/json"
_MOST_DIGITS: Final = 19


class ApiRequest(WSGIRequest):
    """A request as any other, to those who look at it.

    Django's finds out three times whether anything is mounted in front of it, and which bytes a path is made of that
    is ASCII throughout.

    Args:
        environ: of a request to the root (PEP 3333).
    """

    def __init__(self, environ: dict[str, Any]) -> None:
        path, length = environ["PATH_INFO"], environ.get("CONTENT_LENGTH") or "0"
        if not path.isascii() or path[:1] != "/" or environ["SCRIPT_NAME"] or not _is_plain(length):
            super().__init__(environ)
            return
        self.environ = self.META = environ
        self.path = self.path_info = path
        self.method = environ["REQUEST_METHOD"].upper()
        if environ.get("CONTENT_TYPE") == _JSON:
            self.content_type, self.content_params = _JSON, {}
        else:
            self._set_content_type_params(environ)  # type: ignore[attr-defined] # django-stubs leaves it out
        self._stream = LimitedStream(environ["wsgi.input"], int(length))  # type: ignore[assignment] # as Django's own
        self._read_started = False
        self.resolver_match = None


def _is_plain(number: str) -> bool:
    """Whether it is written in a few digits and nothing else."""
    return len(number) < _MOST_DIGITS and number.isascii() and number.isdigit()
