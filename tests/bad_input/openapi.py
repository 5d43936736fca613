"""The OpenAPI document of Keyturn's endpoints in a project that has drf-spectacular."""

import functools
from typing import Any, Final

from django.conf import settings
from django.test import override_settings
from django.urls import include, path
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema

import keyturn.api.schema  # noqa: F401 - what the app loads where drf_spectacular is installed

__all__ = ["PATTERNS", "SLIDING", "document", "whole_document"]

PATTERNS = [path("", include("keyturn.urls"))]
SLIDING: Final = {"SLIDING_TOKENS": True}


def document(patterns: Any = None, **replaced: Any) -> dict[str, Any]:
    """Return the document, valid OpenAPI, of a project with these URL patterns and with some settings replaced."""
    made = _made(patterns, **replaced)
    validate_schema(made)
    return made


@functools.cache
def whole_document() -> dict[str, Any]:
    """Return the document with all that can be switched on, for modules that read it when they are imported.

    Every worker imports them all, so it is made once a process; validating it is a test's work.
    """
    return _made(KEYTURN=SLIDING)


def _made(patterns: Any = None, **replaced: Any) -> dict[str, Any]:
    rest = {**settings.REST_FRAMEWORK, "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema"}
    with override_settings(REST_FRAMEWORK=rest, **replaced):
        made: dict[str, Any] = SchemaGenerator(patterns=patterns or PATTERNS).get_schema(request=None, public=True)
        assert not GENERATOR_STATS, "drf-spectacular had warnings, which it has printed"
    return made
