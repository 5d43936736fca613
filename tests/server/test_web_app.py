"""The web app as the server serves it: its pages, what they may do, what they are told, and the files they load."""

import json
import re

import pytest

from keyturn_server.web_pages import PATHS
from scripts.web import WORTH_PACKING
from tests.server.running import ask

HTML = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
PLACES = ["/", *(f"/{path}" for path in PATHS)]

pytestmark = pytest.mark.server
built = pytest.mark.needs("the web app")


def _page(server, path="/", **headers):
    answer = ask(server.port, "GET", path, **{"accept": HTML, **headers})
    assert answer.status == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    return answer


def _told(answer):
    (text,) = re.findall(
        r'<script type="application/json" id="keyturn">(.*?)</script>', answer.body.decode(), re.DOTALL
    )
    return json.loads(text)


def _policy(answer):
    return dict(directive.split(" ", 1) for directive in answer.headers["content-security-policy"].split("; "))


@pytest.mark.parametrize("accept", ["", "*/*", "application/json", "application/json, text/html;q=0.5"])
def test_whoever_does_not_ask_for_html_gets_the_endpoints(either, accept):
    answer = ask(either.port, "GET", "/", accept=accept)
    assert answer.json["name"] == "Keyturn"
    assert "accept" in answer.headers["vary"].lower()


def test_a_browser_gets_a_page_and_no_cache_keeps_it(either):
    answer = _page(either)
    assert "accept" in answer.headers["vary"].lower()
    assert "no-store" in answer.headers["cache-control"]
    assert "set-cookie" not in answer.headers


@built
@pytest.mark.parametrize("path", PLACES)
def test_each_place_of_the_app_is_the_same_page(either, path):
    assert _page(either, path).body == _page(either).body


@pytest.mark.parametrize("path", ["/sign-in/x", "/sign-ins", "/Sign-in", "/profile/1", "/static/web/index.html"])
def test_other_places_are_nowhere(either, path):
    assert ask(either.port, "GET", path).status == 404


@pytest.mark.parametrize("path", PLACES)
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_the_pages_are_only_for_reading(production, path, method):
    answer = ask(production.port, method, path, accept=HTML)
    assert answer.status == 405
    assert answer.headers["allow"] == "GET, HEAD"


@built
def test_the_page_runs_nothing_but_the_servers_own_files(either):
    answer = _page(either)
    policy = _policy(answer)
    assert policy["default-src"] == policy["base-uri"] == policy["frame-ancestors"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert policy["require-trusted-types-for"] == "'script'"
    assert all(re.fullmatch(r"('none'|'self'|'script'|data:| )+", sources) for sources in policy.values())
    text = answer.body.decode()
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=", text)
    scripts = re.findall(r"<script\b([^>]*)>(.*?)</script>", text, re.DOTALL)
    assert [attributes for attributes, content in scripts if content] == [' type="application/json" id="keyturn"']


def test_no_page_may_frame_it_and_no_address_of_it_leaves_the_site(either):
    answer = _page(either)
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["referrer-policy"] == "same-origin"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cross-origin-opener-policy"] == "same-origin"


@built
def test_every_file_that_the_page_names_is_served_for_ever_and_packed(either):
    names = re.findall(r'(?:src|href)="(/static/web/[^"]+)"', _page(either).body.decode())
    assert {name.rpartition(".")[2] for name in names} >= {"js", "css"}
    packed = 0
    for name in names:
        answer = ask(either.port, "GET", name, accept_encoding="gzip")
        assert answer.status == 200, name
        assert "immutable" in answer.headers["cache-control"], name
        if len(ask(either.port, "GET", name).body) >= WORTH_PACKING and name.endswith((".js", ".css")):
            assert answer.headers["content-encoding"] == "gzip", name
            packed += 1
    assert packed >= 2


@built
def test_production_tells_its_page_what_anyone_may_know(production):
    assert _told(_page(production)) == {
        "development": False,
        "demo": None,
        "links": {},
        "signUp": True,
        "passkeys": True,
        "signInByMail": False,
        "providers": [],
        "trustDeviceFor": 30 * 86_400,
        "siteName": "auth.example.com",
    }


@pytest.mark.parametrize("path", ["/lab/", "/dev/config/", "/dev/inbox/"])
def test_production_has_nothing_of_developments(production, path):
    assert ask(production.port, "GET", path, accept=HTML).status == 404


def test_development_names_its_inbox_its_lab_the_admin_and_the_docs(development):
    told = ask(development.port, "GET", "/dev/config/").json
    assert told["development"] is True
    assert told["links"] == {"inbox": "/dev/inbox/", "lab": "/lab/", "admin": "/admin/", "docs": "/docs/"}
    # This server was not started by `keyturn demo`.
    assert told["demo"] is None


@built
def test_the_lab_is_a_page_that_may_frame_itself(development):
    answer = _page(development, "/lab/")
    assert _policy(answer)["frame-src"] == _policy(answer)["frame-ancestors"] == "'self'"
    assert answer.headers["x-frame-options"] == "SAMEORIGIN"
    assert _policy(answer)["script-src"] == "'self'"
