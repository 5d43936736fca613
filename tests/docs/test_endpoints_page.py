"""The page about endpoints has every endpoint and method of the server, with the fields of its body."""

import re
from typing import Any

from django.urls import URLPattern, URLResolver
from django.urls.resolvers import RegexPattern

from keyturn.api.account_pages import ResetPasswordPage, VerifyEmailPage
from keyturn_server.web_pages import PATHS
from tests.bad_input.openapi import document
from tests.docs.pages import page, section, table

PAGE = page("docs/reference/endpoints.md")
_PAGES = (ResetPasswordPage, VerifyEmailPage)
ACCOUNTS = page("docs/reference/account-endpoints.md")
# Of the paths of accounts; each of them is there for either client.
_CLIENT = re.compile(r"^(?P<method>[A-Z]+ )/auth/(?:app|browser)/(?P<rest>v1/.*)$")


def _patterns(patterns, prefix="/"):
    for pattern in patterns:
        path = prefix + re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", str(pattern.pattern))
        if isinstance(pattern.pattern, RegexPattern):
            # What answers 404 to all other paths.
            continue
        if isinstance(pattern, URLPattern):
            yield path, pattern.callback
        elif isinstance(pattern, URLResolver) and path != "/admin/":
            yield from _patterns(pattern.url_patterns, path)


def _endpoints():
    from keyturn_server.urls import urlpatterns

    found: dict[str, Any] = {}
    for path, callback in _patterns(urlpatterns):
        if path[1:] in PATHS:
            # Places inside the web app: all of them are the page of "/".
            continue
        view = getattr(callback, "view_class", None) or getattr(callback, "cls", None)
        # The server's functions only read.
        if view is None:
            methods = ["GET"]
        elif issubclass(view, _PAGES):
            # They read the method themselves, to refuse others with a page.
            methods = ["GET", "POST"]
        else:
            methods = [name.upper() for name in view.http_method_names if hasattr(view, name)]
        found |= {f"{method} {path}": view for method in methods if method not in {"OPTIONS", "HEAD"}}
    return found


def _headings(text):
    found = re.findall(r"^## ([A-Z]+ /\S*)$", text, re.MULTILINE)
    assert len(found) == len(set(found))
    return set(found)


def _told_operations():
    """What the OpenAPI document says of each endpoint of accounts: as apps have it, else as browsers do."""
    made = document()
    told = {f"{method.upper()} {path}": one for path, ones in made["paths"].items() for method, one in ones.items()}
    of_apps = {name: one for name, one in told.items() if " /auth/app/" in name}
    of_browsers = {
        name: one
        for name, one in told.items()
        if " /auth/browser/" in name and name.replace("/browser/", "/app/") not in of_apps
    }
    return of_apps | of_browsers, made["components"]["schemas"]


def test_every_endpoint_is_on_the_page_and_nothing_else():
    assert _headings(PAGE) == {name for name in _endpoints() if not _CLIENT.match(name)}


def test_every_endpoint_of_accounts_is_on_its_page_and_nothing_else():
    told, _ = _told_operations()
    assert {_CLIENT.sub(r"\g<method>/auth/{client}/\g<rest>", name) for name in told} == {
        _CLIENT.sub(r"\g<method>/auth/{client}/\g<rest>", heading) for heading in _headings(ACCOUNTS)
    }


def test_the_fields_of_each_body_of_accounts_are_on_the_page():
    told, schemas = _told_operations()
    for heading in _headings(ACCOUNTS):
        body = told[heading.replace("{client}", "app")].get("requestBody")
        text = section(ACCOUNTS, heading)
        if body is None:
            assert "| body |" not in text, heading
            continue
        ref = body["content"]["application/json"]["schema"]["$ref"]
        documented = {row["body"].strip("`") for row in table(text, "body", "meaning")}
        assert documented == set(schemas[ref.rpartition("/")[2]]["properties"]), heading


def test_the_fields_of_each_body_are_on_the_page():
    for name, view in _endpoints().items():
        if not name.startswith("POST") or name == "POST /logout/all/" or _CLIENT.match(name):
            continue
        if issubclass(view, _PAGES):
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
