"""Behind a reverse proxy: whose word about the scheme counts, and who is redirected."""

from collections.abc import Iterator

import pytest

from tests.server.conftest import running
from tests.server.running import PRODUCTION, ask
from tests.services.process import ServerProcess

PUBLIC = "auth.example.com"


@pytest.fixture(scope="module")
def trusting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A production server whose proxy is on loopback."""
    env = {**PRODUCTION, "KEYTURN_TRUSTED_PROXIES": "10.9.9.0/24, 127.0.0.1"}
    yield from running(tmp_path_factory.mktemp("trusting"), env)


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A production server whose proxy is not on loopback."""
    env = {**PRODUCTION, "KEYTURN_TRUSTED_PROXIES": "10.9.9.0/24"}
    yield from running(tmp_path_factory.mktemp("elsewhere"), env)


@pytest.mark.server
def test_plain_http_that_a_trusted_proxy_reports_is_redirected(trusting):
    answer = ask(trusting.port, "GET", "/home/?a=b", host=PUBLIC, x_forwarded_proto="http")
    assert (answer.status, answer.headers["location"]) == (301, f"https://{PUBLIC}/home/?a=b")
    assert "strict-transport-security" not in answer.headers


@pytest.mark.server
@pytest.mark.parametrize("path", ["/health/live/", "/health/ready/"])
def test_a_probe_through_the_proxy_is_not(trusting, path):
    assert ask(trusting.port, "GET", path, host="10.1.2.3", x_forwarded_proto="http").status == 200


@pytest.mark.server
def test_a_redirect_never_leads_to_a_foreign_host(trusting):
    answer = ask(trusting.port, "GET", "/home/", host="evil.example", x_forwarded_proto="http")
    assert answer.status == 400
    assert answer.json["code"] == "bad_request"


@pytest.mark.server
def test_https_that_a_trusted_proxy_reports_is_served(trusting):
    answer = ask(trusting.port, "GET", "/", host=PUBLIC, x_forwarded_proto="https")
    assert answer.status == 200
    assert answer.headers["strict-transport-security"]


@pytest.mark.server
def test_a_trusted_proxy_that_says_nothing_is_served(trusting):
    answer = ask(trusting.port, "GET", "/", host=PUBLIC)
    assert answer.status == 200
    assert answer.json["endpoints"]["login"] == f"https://{PUBLIC}/token/"


@pytest.mark.server
@pytest.mark.parametrize("claimed", ["http", "https", "nonsense"])
def test_the_word_of_anybody_else_counts_for_nothing(production, elsewhere, claimed):
    for server in (production, elsewhere):
        answer = ask(server.port, "GET", "/", host=PUBLIC, x_forwarded_proto=claimed)
        assert answer.status == 200
        assert answer.json["endpoints"]["login"] == f"https://{PUBLIC}/token/"


@pytest.mark.server
def test_a_host_named_by_a_proxy_is_not_taken_for_ours(trusting):
    answer = ask(trusting.port, "GET", "/", host=PUBLIC, x_forwarded_host="evil.example", forwarded="host=evil.example")
    assert answer.json["endpoints"]["login"] == f"https://{PUBLIC}/token/"


@pytest.mark.server
def test_the_admin_can_be_used_through_a_proxy_that_says_nothing(trusting):
    page = ask(trusting.port, "GET", "/admin/login/", host=PUBLIC)
    cookie = page.headers["set-cookie"].partition(";")[0]
    token = page.body.split(b'name="csrfmiddlewaretoken" value="', 1)[1].split(b'"', 1)[0].decode()
    posted = ask(
        trusting.port,
        "POST",
        "/admin/login/",
        host=PUBLIC,
        cookie=cookie,
        origin=f"https://{PUBLIC}",
        accept="text/html",
        content_type="application/x-www-form-urlencoded",
        body=f"csrfmiddlewaretoken={token}&username=nobody&password=x".encode(),
    )
    # Past the CSRF check: the form itself says that there is no such user.
    assert posted.status == 200
    assert b"errornote" in posted.body
