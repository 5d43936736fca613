"""One provider's answer shown to several processes at one moment: over all of them it counts once."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.accounts.racing import at_once
from tests.server.over_workers import ON_EITHER, database, made, working
from tests.services.openid_provider import CLIENT_ID, CLIENT_SECRET, OpenIdProvider, Person, path_of
from tests.services.process import ServerProcess

pytestmark = [pytest.mark.server, pytest.mark.needs("/proc", "oidc-provider")]

PUBLIC_URL = "http://localhost:8000"
BACK_AT = f"{PUBLIC_URL}/auth/browser/v1/auth/provider/callback/oidc"
MANY = 20
PAGE = {"X-Keyturn-Client": "web", "Origin": PUBLIC_URL}


@pytest.fixture
def provider(tmp_path: Path) -> Iterator[OpenIdProvider]:
    """The real one."""
    running = OpenIdProvider(tmp_path, redirect_uris=[BACK_AT])
    yield running
    running.stop()


@pytest.fixture(params=ON_EITHER)
def served(request: pytest.FixtureRequest, tmp_path: Path, provider: OpenIdProvider) -> Iterator[ServerProcess]:
    """A server of several workers that knows the provider."""
    env = {
        **database(request),
        "KEYTURN_PUBLIC_URL": PUBLIC_URL,
        "KEYTURN_WEB_ORIGINS": PUBLIC_URL,
        "KEYTURN_OIDC_ISSUER": provider.issuer,
        "KEYTURN_OIDC_CLIENT_ID": CLIENT_ID,
        "KEYTURN_OIDC_CLIENT_SECRET": CLIENT_SECRET,
    }
    made(tmp_path, env)
    with working(tmp_path, env) as server:
        yield server


def test_of_twenty_callbacks_and_of_twenty_finishes_over_all_workers_one_wins(served: ServerProcess) -> None:
    base = f"http://localhost:{served.port}"
    first = requests.post(
        f"{base}/auth/browser/v1/auth/provider/redirect",
        json={"provider": "oidc", "callback_url": "/sign-in/provider"},
        headers=PAGE,
        timeout=30,
    )
    assert first.status_code == 200, first.text
    cookies = first.cookies.get_dict()
    back = path_of(Person("ada").visit(first.json()["data"]["location"], back_at=BACK_AT))

    def call(method: str, path: str, **more: Any) -> requests.Response:
        return requests.request(method, f"{base}{path}", cookies=cookies, allow_redirects=False, timeout=60, **more)

    answers = at_once([lambda: call("GET", back)] * MANY)
    assert Counter(answer.status_code for answer in answers) == {303: 1, 400: MANY - 1}
    assert [one.headers["Location"] for one in answers if one.status_code == 303] == ["/sign-in/provider"]

    finish = "/auth/browser/v1/auth/provider/finish"
    answers = at_once([lambda: call("POST", finish, json={}, headers=PAGE)] * MANY)
    assert Counter(answer.status_code for answer in answers) == {200: 1, 409: MANY - 1}
    (won,) = [answer for answer in answers if answer.status_code == 200]
    assert won.json()["data"]["user"]["email"] == "ada@provider.example"
