"""The OpenAPI document, made once a process, and a page that shows it without any other server's help.

Making the document takes far longer than any request, and anyone may ask. The page is Swagger UI as
``drf-spectacular-sidecar`` packs it: every file comes from this server, and the page's policy lets it ask no other.
"""

import base64
import hashlib
import json
from functools import cache
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import mark_safe
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer

__all__ = ["docs", "schema"]

_SWAGGER: Final = "drf_spectacular_sidecar/swagger-ui-dist/"

_STYLE: Final = """
body { margin: 0; }
summary { cursor: pointer; margin: 0.5rem 0; }
noscript { display: block; margin: 2rem; font-family: sans-serif; }
html.dark-mode { color-scheme: dark; background: #1c2022; color: #e4e6e6; }
"""

_SCRIPT: Final = """
const dark = matchMedia("(prefers-color-scheme: dark)");
const follow = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
dark.addEventListener("change", follow);
follow();
SwaggerUIBundle({
  url: document.getElementById("api").dataset.document,
  domNode: document.getElementById("api"),
  deepLinking: true,
  docExpansion: "none",
  filter: true,
  defaultModelsExpandDepth: 0,
  validatorUrl: "none",
});
"""


def _digest(text: str) -> str:
    """Return what a policy calls an inline script or style (Content Security Policy Level 3, section 2.3.1)."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


# Swagger UI's images are data: URLs in its style sheet. "Try it out" calls this server and no other.
_POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        f"script-src 'self' {_digest(_SCRIPT)}",
        f"style-src 'self' {_digest(_STYLE)}",
        "img-src 'self' data:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)

_PAGE: Final = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Keyturn: the API</title>
<link rel="icon" href="{icon}">
<link rel="stylesheet" href="{sheet}">
<style>{style}</style>
</head>
<body>
<main id="api" data-document="{document}"></main>
<noscript>This page needs JavaScript. The same as JSON: <a href="{document}">{document}</a></noscript>
<script src="{bundle}"></script>
<script>{script}</script>
</body>
</html>
"""


@cache
def _document() -> bytes:
    document = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    readable: bytes = OpenApiJsonRenderer().render(document)
    # Half as long.
    return json.dumps(json.loads(readable), ensure_ascii=False, separators=(",", ":")).encode()


@csrf_exempt
@require_safe
def schema(request: HttpRequest) -> HttpResponse:
    """Answer the OpenAPI 3 document of the API, as JSON."""
    return HttpResponse(_document(), content_type="application/json")


@csrf_exempt
@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    """Answer a page that shows the document and lets its reader try each call. It needs no cookie and sets none."""
    page = format_html(
        _PAGE,
        icon=static(f"{_SWAGGER}favicon-32x32.png"),
        sheet=static(f"{_SWAGGER}swagger-ui.css"),
        bundle=static(f"{_SWAGGER}swagger-ui-bundle.js"),
        style=mark_safe(_STYLE),  # noqa: S308 - a constant, whose digest is in the policy
        script=mark_safe(_SCRIPT),  # noqa: S308 - the same
        document=reverse("schema"),
    )
    headers = {
        "Content-Security-Policy": _POLICY,
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }
    return HttpResponse(page, headers=headers)
