"""The page about endpoints has every endpoint and method of the server, with the fields of its body."""

import re
from typing import Any

from django.urls import URLPattern, URLResolver

from tests.docs.pages import page, section, table

PAGE = page("docs/reference/endpoints.md")


def _patterns(patterns, prefix="/"):
    for pattern in patterns:
        path = prefix + re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", str(pattern.pattern))
        if isinstance(pattern, URLPattern):
            yield path, pattern.callback
        elif isinstance(pattern, URLResolver) and path != "/admin/":
            yield from _patterns(pattern.url_patterns, path)


def _endpoints():
    from keyturn_server.urls import urlpatterns

    found: dict[str, Any] = {}
    for path, callback in _patterns(urlpatterns):
        view = getattr(callback, "view_class", None) or getattr(callback, "cls", None)
        # The server's functions only read.
        methods = ["GET"] if view is None else [name.upper() for name in view.http_method_names if hasattr(view, name)]
        found |= {f"{method} {path}": view for method in methods if method not in {"OPTIONS", "HEAD"}}
    return found


def test_every_endpoint_is_on_the_page_and_nothing_else():
    headings = re.findall(r"^## ([A-Z]+ /\S*)$", PAGE, re.MULTILINE)

    assert len(headings) == len(set(headings))
    assert set(headings) == set(_endpoints())


def test_the_fields_of_each_body_are_on_the_page():
    for name, view in _endpoints().items():
        if not name.startswith("POST") or name == "POST /logout/all/":
            continue
        serializer = view().get_serializer_class()()
        fields = {field.field_name for field in serializer.fields.values() if not field.read_only}
        documented = table(section(PAGE, name), "body", "meaning")
        assert {row["body"].strip("`") for row in documented} == fields, name


def test_the_fields_of_a_session_are_on_the_page():
    from keyturn.api.session_views import SessionSerializer

    documented = table(section(PAGE, "GET /sessions/"), "field", "meaning")
    assert [row["field"].strip("`") for row in documented] == list(SessionSerializer().fields)


def test_paths_that_other_pages_name_exist():
    known = {name.partition(" ")[2].replace("session_id", "id") for name in _endpoints()}
    for name in ("README.md", "docs/how-to/front-end.md", "docs/how-to/log-out-everywhere.md", "CHANGELOG.md"):
        named = re.findall(r"`(?:[A-Z]+ )?(/?(?:token|logout|sessions|home|health|schema)/[^`\s…]*)`", page(name))
        paths = {"/" + path.lstrip("/").replace("<id>", "{id}") for path in named}
        assert paths, name
        assert paths - known == set(), name
