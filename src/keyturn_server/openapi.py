"""The OpenAPI document, made once a process: making it takes far longer than any request, and anyone may ask."""

from functools import cache

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer

__all__ = ["schema"]


@cache
def _document() -> bytes:
    document = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    rendered: bytes = OpenApiJsonRenderer().render(document)
    return rendered


@csrf_exempt
@require_safe
def schema(request: HttpRequest) -> HttpResponse:
    """Answer the OpenAPI 3 document of the API, as JSON."""
    return HttpResponse(_document(), content_type="application/json")
