"""In which language a reader is written to."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.http import HttpRequest
from django.utils import translation

from keyturn.trail.calling import current_caller

__all__ = ["in_language_of_caller", "language_of_caller"]


def language_of_caller() -> str:
    """The first language that the caller's ``Accept-Language`` names and the project offers (RFC 9110 section 12.5.4).

    Without such a header: the language in force.
    """
    wanted = current_caller().accept_language
    if not wanted:
        return translation.get_language() or translation.get_supported_language_variant("en")
    request = HttpRequest()
    request.META["HTTP_ACCEPT_LANGUAGE"] = wanted
    return translation.get_language_from_request(request)


@contextmanager
def in_language_of_caller() -> Iterator[None]:
    """What is done meanwhile, or by a function so decorated, is said in :func:`language_of_caller`."""
    with translation.override(language_of_caller()):
        yield
