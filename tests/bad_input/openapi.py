"""The OpenAPI document of Keyturn's endpoints in a project that has drf-spectacular."""

from typing import Any

from django.conf import settings
from django.test import override_settings
from django.urls import include, path
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema

import keyturn.api.schema  # noqa: F401 - what the app loads where drf_spectacular is installed

__all__ = ["PATTERNS", "document"]

PATTERNS = [path("", include("keyturn.urls"))]


def document(patterns: Any = None, **replaced: Any) -> dict[str, Any]:
    """Return the document, valid OpenAPI, of a project with these URL patterns and with some settings replaced."""
    rest = {**settings.REST_FRAMEWORK, "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema"}
    with override_settings(REST_FRAMEWORK=rest, **replaced):
        made: dict[str, Any] = SchemaGenerator(patterns=patterns or PATTERNS).get_schema(request=None, public=True)
        assert not GENERATOR_STATS, "drf-spectacular had warnings, which it has printed"
    validate_schema(made)
    return made
