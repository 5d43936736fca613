"""A proxy that cuts a prefix off: what clients and readers of mails see has it, what the project sees has not."""

import pytest

from tests.accounts.engine import PASSWORD, AuthClient, last_letter
from tests.contract.caller import Caller, claims, session_of
from tests.dpop.key import DpopKey
from tests.web.page import Page

pytestmark = pytest.mark.django_db

SEEN = "https://example.com/api"


@pytest.fixture(
    params=[("https://example.com/api", None), ("https://example.com/api/", "/api"), ("https://example.com", "/api")],
    ids=["the public URL", "both", "the script name"],
    autouse=True,
)
def told_by(request, settings):
    public, script = request.param
    settings.KEYTURN = {"PUBLIC_URL": public}
    settings.FORCE_SCRIPT_NAME = script
    # The proxy speaks plain HTTP to a host of its own.
    settings.ALLOWED_HOSTS = ["testserver"]


@pytest.fixture
def page():
    """A page of the public origin, whose requests have lost scheme, host and prefix on the way."""
    return Page(HTTP_ORIGIN="https://example.com")


def test_a_web_client_signs_in_refreshes_and_signs_out(page, ada):
    access = page.sign_in()
    for what in ("refresh", "device"):
        cookie = page.cookie(what)
        assert cookie.key.startswith(f"__Host-keyturn_{what}_")
        assert (cookie["path"], bool(cookie["secure"])) == ("/", True)
    page.refresh()
    assert page.call("POST", "/token/blacklist/", {}).status_code == 200
    assert session_of(access).is_revoked


def test_proofs_name_the_url_that_the_client_called(ada):
    key, caller = DpopKey(), Caller()
    credentials = {"username": "ada", "password": PASSWORD}
    signed_in = caller.call("POST", "/token/", credentials, HTTP_DPOP=key.proof("POST", f"{SEEN}/token/"))
    assert signed_in.status_code == 200, signed_in.content
    tokens = signed_in.json()
    assert "cnf" in claims(tokens["access"])
    proof = key.proof("POST", f"{SEEN}/token/refresh/")
    again = caller.call("POST", "/token/refresh/", {"refresh": tokens["refresh"]}, HTTP_DPOP=proof)
    assert again.status_code == 200, again.content
    for url in ("https://example.com/other/home/", "https://evil.example/api/home/"):
        proof = key.proof("GET", url, token=tokens["access"])
        answer = caller.home(None, HTTP_AUTHORIZATION=f"DPoP {tokens['access']}", HTTP_DPOP=proof)
        assert answer.json()["code"] == "invalid_dpop_proof", url


def test_links_in_mails_have_the_prefix_once():
    AuthClient().sign_up("new@example.com")
    assert last_letter("new@example.com").link.startswith(f"{SEEN}/auth/verify-email/?key=")


def test_a_page_of_another_origin_is_refused_still(page, ada):
    assert page.try_sign_in(HTTP_ORIGIN="https://example.com.evil.example").status_code == 403
    assert page.try_sign_in(HTTP_ORIGIN="https://example.com/api").status_code == 403
