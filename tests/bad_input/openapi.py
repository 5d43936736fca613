"""The OpenAPI document of Keyturn's endpoints in a project that has drf-spectacular."""

from typing import Any

from django.conf import settings
from django.test import override_settings
from django.urls import include, path
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema

import keyturn.api.schema

__all__ = ["PATTERNS", "document"]

# What the app loads where drf_spectacular is installed; the tests' project does without it.
assert keyturn.api.schema.KeyturnViewExtension

PATTERNS = [path("", include("keyturn.urls"))]


def document(patterns: Any = None, **replaced: Any) -> dict[str, Any]:
    """Return the document, valid OpenAPI, of a project with these URL patterns and with some settings replaced."""
    rest = {**settings.REST_FRAMEWORK, "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema"}
    with override_settings(REST_FRAMEWORK=rest, **replaced):
        made: dict[str, Any] = SchemaGenerator(patterns=patterns or PATTERNS).get_schema(request=None, public=True)
    validate_schema(made)
    return made
