"""``/docs/``: the API's description as a page that needs no other server, in development and in production."""

import base64
import hashlib
import re

import pytest
from django.urls import URLResolver
from django.urls.resolvers import RoutePattern

from keyturn_server.web_pages import PATHS
from tests.server.running import ask

pytestmark = pytest.mark.server


def _page(server):
    answer = ask(server.port, "GET", "/docs/", accept="text/html")
    assert answer.status == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    return answer


def test_everything_that_the_page_loads_is_served_by_the_server_itself(either):
    text = _page(either).body.decode()
    addresses = re.findall(r'(?:src|href|data-document)="([^"]+)"', text)

    assert {address.rpartition(".")[2] for address in addresses} >= {"js", "css", "png", "/schema/"}
    for address in addresses:
        assert re.match(r"/(?!/)", address), address
        assert ask(either.port, "GET", address).status == 200, address


def test_the_pages_policy_lets_it_ask_no_other_server(either):
    policy = dict(directive.split(" ", 1) for directive in _page(either).headers["content-security-policy"].split("; "))

    assert policy["default-src"] == "'none'"
    for directive, sources in policy.items():
        assert re.fullmatch(r"('none'|'self'|data:|'sha256-[\w+/=]{44}'| )+", sources), directive


@pytest.mark.parametrize(("element", "directive"), [("script", "script-src"), ("style", "style-src")])
def test_the_policy_admits_exactly_what_stands_in_the_page(either, element, directive):
    page = _page(either)
    inline = re.findall(rf"<{element}>(.*?)</{element}>", page.body.decode(), re.DOTALL)
    digests = [base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in inline]
    policy = re.search(rf"{directive} ([^;]*)", page.headers["content-security-policy"])

    assert policy is not None
    assert len(inline) == 1
    assert re.findall(r"'sha256-([^']+)'", policy[1]) == digests


def test_the_page_sets_no_cookie_and_needs_none(either):
    assert "set-cookie" not in _page(either).headers
    assert "set-cookie" not in ask(either.port, "GET", "/schema/").headers


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_the_page_is_only_for_reading(either, method):
    answer = ask(either.port, method, "/docs/")
    assert answer.status == 405
    assert answer.json["code"] == "method_not_allowed"


def test_the_document_has_every_address_of_the_server_but_those_of_pages_for_people(either):
    from keyturn_server.urls import urlpatterns

    expected = {address for address in _addresses(urlpatterns) if not re.match(_NOT_TOLD, address)}

    assert set(ask(either.port, "GET", "/schema/").json["paths"]) == expected


# Django's admin, what only development has, the places inside the web app, where a provider leads a browser back to,
# and what only the tests' settings install.
_NOT_TOLD = rf"/admin/|/dev/|/lab/|/({'|'.join(PATHS)})$|.*/provider/callback/|/token/sliding/"


def _addresses(patterns, prefix="/"):
    for pattern in patterns:
        address = prefix + re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", str(pattern.pattern))
        if isinstance(pattern, URLResolver):
            yield from _addresses(pattern.url_patterns, address)
        elif isinstance(pattern.pattern, RoutePattern):
            yield address
