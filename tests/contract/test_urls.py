"""keyturn.urls: at the root or under any prefix; it shadows what it has, and never a project's home/."""

import pytest
from django.urls import Resolver404, resolve, reverse

from keyturn.api.token_views import TokenObtainPairView
from tests.contract.caller import PASSWORD, assert_refused, claims
from tests.urls import HomeView

PREFIX = "/api/v1/auth"

PATHS = {
    "token_obtain_pair": "/token/",
    "token_refresh": "/token/refresh/",
    "token_verify": "/token/verify/",
    "token_blacklist": "/token/blacklist/",
    "token_obtain_sliding": "/token/sliding/",
    "token_refresh_sliding": "/token/sliding/refresh/",
    "logout": "/logout/",
    "logout_all": "/logout/all/",
    "sessions": "/sessions/",
    "token_introspect": "/introspect/",
    "token_revoke": "/revoke/",
    "revocations": "/revocations/",
    "jwks": "/.well-known/jwks.json",
    "oauth_authorization_server": "/.well-known/oauth-authorization-server",
    "passkey_origins": "/.well-known/webauthn",
}


@pytest.fixture
def prefixed(settings):
    settings.ROOT_URLCONF = "tests.contract.prefixed_urls"


@pytest.mark.parametrize(("name", "path"), PATHS.items(), ids=PATHS)
def test_each_call_has_the_tutorials_name_and_path(name, path):
    assert reverse(name) == path
    assert resolve(path).view_name == name


def test_a_session_has_an_address_of_its_own():
    assert reverse("session", args=["x"]) == "/sessions/x/"


def test_keyturn_has_no_home_of_its_own():
    assert resolve("/home/").func.view_class is HomeView  # type: ignore[attr-defined] # what Django's as_view() sets
    with pytest.raises(Resolver404):
        resolve("/home/", urlconf="keyturn.urls")


def test_under_a_prefix_everything_works_the_same(prefixed, ada, caller):
    tokens = caller.call("POST", f"{PREFIX}/token/", {"username": "ada", "password": PASSWORD}).json()
    assert caller.call("GET", f"{PREFIX}/home/", access=tokens["access"]).status_code == 200
    rotated = caller.call("POST", f"{PREFIX}/token/refresh/", {"refresh": tokens["refresh"]}).json()
    assert claims(rotated["refresh"])["gen"] == 1
    (listed,) = caller.call("GET", f"{PREFIX}/sessions/", access=rotated["access"]).json()
    assert listed["current"] is True
    body = {"refresh_token": rotated["refresh"]}
    assert caller.call("POST", f"{PREFIX}/logout/", body, access=rotated["access"]).status_code == 205
    assert_refused(caller.call("GET", f"{PREFIX}/home/", access=rotated["access"]), "session_revoked")


def test_included_first_it_shadows_the_projects_own_token_views(prefixed):
    found = resolve(f"{PREFIX}/token/")

    assert found.func.view_class is TokenObtainPairView  # type: ignore[attr-defined] # what Django's as_view() sets
    assert found.view_name == "token_obtain_pair"
