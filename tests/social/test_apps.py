"""The way of mobile apps: an ID token with our nonce, or a code with our verifier, each good once."""

from collections import Counter
from functools import partial
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth import get_user_model

from keyturn.accounts.models import Flow
from tests.accounts.engine import PASSWORD, AuthClient, claims
from tests.accounts.racing import at_once
from tests.social.liar import CLIENT_ID, Liar

pytestmark = pytest.mark.django_db(transaction=True)

APP = "the-app-at-the-liar"
BACK = "com.example.app:/signed-in"


@pytest.fixture(autouse=True)
def with_an_app(liar: Liar, settings: Any) -> None:
    """The provider knows an app of ours."""
    known = {**liar.configured, "APP_CLIENT_IDS": [APP], "APP_REDIRECT_URIS": [BACK]}
    settings.KEYTURN = {**settings.KEYTURN, "PROVIDERS": {"liar": known}}


def begun(liar: Liar, app: AuthClient, **more: Any) -> dict[str, Any]:
    """Begin, and let the liar know the nonce."""
    answer = app.call("POST", "auth/provider/begin", {"provider": "liar", **more})
    assert answer.status_code == 200, answer.content
    data: dict[str, Any] = answer.json()["data"]
    liar.claims = {"nonce": data["nonce"], "aud": APP}
    return data


def bring(app: AuthClient, token: Any, **more: Any) -> Any:
    """Bring what the provider gave."""
    return app.call("POST", "auth/provider/token", {"provider": "liar", "process": "login", "token": token, **more})


def test_an_id_token_with_our_nonce_signs_up_and_in(liar: Liar) -> None:
    app = AuthClient()
    begun(liar, app)
    answer = bring(app, {"id_token": liar.id_token()})
    assert answer.status_code == 200, answer.content
    assert claims(app.access or "")["amr"] == ["fed"]
    assert app.refresh
    assert SocialAccount.objects.get().uid == "somebody"
    assert not Flow.objects.exists()


def test_an_id_token_counts_once(liar: Liar) -> None:
    app = AuthClient()
    begun(liar, app)
    token, flow = liar.id_token(), app.flow
    assert bring(app, {"id_token": token}).status_code == 200
    app.access, app.flow = None, flow
    assert 400 <= bring(app, {"id_token": token}).status_code < 500
    other = AuthClient()
    begun(liar, other)
    assert bring(other, {"id_token": token}).json()["reason"] == "provider_refused"


def test_of_twenty_that_bring_one_id_token_at_once_one_signs_in(liar: Liar, monkeypatch: pytest.MonkeyPatch) -> None:
    import threading

    from keyturn.accounts.social import asking

    monkeypatch.setattr(asking, "_room", threading.BoundedSemaphore(20))
    app = AuthClient()
    begun(liar, app)
    token, apps = liar.id_token(), [AuthClient() for _ in range(20)]
    for one in apps:
        one.flow = app.flow
    answers = at_once([partial(bring, one, {"id_token": token}) for one in apps])
    counted = Counter(answer.status_code for answer in answers)
    assert counted[200] == 1
    assert set(counted) <= {200, 400, 409, 410}
    assert get_user_model().objects.count() == SocialAccount.objects.count() == 1


@pytest.mark.parametrize(
    "said",
    [
        {"nonce": "another"},
        {"aud": "another-app"},
        {"aud": [APP, "another-app"]},
        {"azp": "another-app"},
        {"iss": "http://localhost:1"},
        {"exp": 1},
    ],
    ids=str,
)
def test_an_id_token_that_breaks_a_rule_signs_nobody_in(liar: Liar, said: dict[str, Any]) -> None:
    app = AuthClient()
    begun(liar, app)
    liar.claims |= said
    answer = bring(app, {"id_token": liar.id_token()})
    assert (answer.status_code, answer.json()["reason"]) == (400, "provider_refused")
    assert not get_user_model().objects.exists()


def test_an_id_token_of_an_app_that_names_the_server_as_its_audience_signs_in(liar: Liar) -> None:
    """As Google's do on Android: ``aud`` is the server, ``azp`` the app."""
    app = AuthClient()
    begun(liar, app)
    liar.claims |= {"aud": CLIENT_ID, "azp": APP}
    assert bring(app, {"id_token": liar.id_token()}).status_code == 200


def test_an_id_token_for_an_app_serves_no_browser(liar: Liar) -> None:
    """The code flow takes tokens for the server alone."""
    from tests.social.engine import Browser, error_of

    browser = Browser()
    liar.claims = {"aud": APP}
    assert error_of(liar.leads_back(browser, browser.location("liar"))) == "provider_refused"


def test_an_id_token_without_a_beginning_signs_nobody_in(liar: Liar) -> None:
    liar.claims = {"nonce": "any", "aud": APP}
    answer = bring(AuthClient(), {"id_token": liar.id_token()})
    assert answer.status_code == 409
    assert not get_user_model().objects.exists()


def test_a_code_that_an_app_was_led_back_with_signs_in(liar: Liar) -> None:
    app = AuthClient()
    data = begun(liar, app, redirect_uri=BACK)
    asked = {name: values[0] for name, values in parse_qs(urlsplit(data["location"]).query).items()}
    assert asked["redirect_uri"] == BACK
    liar.claims["aud"] = CLIENT_ID
    answer = bring(app, {"code": "a-code", "state": asked["state"], "iss": liar.issuer})
    assert answer.status_code == 200, answer.content
    (form,) = [form for path, form, _ in liar.asked if path == "/token"]
    assert form["redirect_uri"] == BACK
    assert form["code_verifier"]


def test_a_code_with_another_state_signs_nobody_in(liar: Liar) -> None:
    app = AuthClient()
    begun(liar, app, redirect_uri=BACK)
    answer = bring(app, {"code": "a-code", "state": "another", "iss": liar.issuer})
    assert (answer.status_code, answer.json()["reason"]) == (400, "provider_refused")
    assert not [path for path, _, _ in liar.asked if path == "/token"]


@pytest.mark.parametrize("address", ["com.example.other:/x", f"{BACK}/", f"{BACK}?a=b", "https://x.example/", 7, "\0"])
def test_an_app_is_led_back_only_to_where_the_settings_say(liar: Liar, address: Any) -> None:
    app = AuthClient()
    answer = app.call("POST", "auth/provider/begin", {"provider": "liar", "redirect_uri": address})
    assert answer.status_code == 400
    assert not Flow.objects.exists()


@pytest.mark.parametrize(
    "token",
    [
        None,
        7,
        "x",
        [],
        {},
        {"id_token": 7},
        {"id_token": ""},
        {"id_token": None},
        {"id_token": ["x"]},
        {"id_token": "x" * 20_000},
        {"id_token": "a\nb"},
        {"access_token": "x"},
        {"id_token": "x", "access_token": "y"},
        {"code": "x"},
        {"code": "x", "state": 7},
        {"code": "x", "state": "y", "redirect_uri": "z"},
        {"id_token": {"id_token": {"id_token": "x"}}},
    ],
    ids=lambda token: str(token)[:50],
)
def test_what_is_no_token_is_refused_and_uses_nothing_up(liar: Liar, token: Any) -> None:
    app = AuthClient()
    begun(liar, app)
    answer = bring(app, token)
    assert answer.status_code == 400, answer.content
    assert answer.json()["code"]
    assert bring(app, {"id_token": liar.id_token()}).status_code == 200


def test_an_app_links_an_account(liar: Liar) -> None:
    user = get_user_model().objects.create_user("ada", "ada@example.com", PASSWORD)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    app = AuthClient()
    assert app.log_in().status_code == 200
    begun(liar, app, process="connect")
    answer = bring(app, {"id_token": liar.id_token()}, process="connect")
    assert answer.status_code == 200, answer.content
    assert SocialAccount.objects.get().user_id == user.pk
    answer = app.call("GET", "account/providers")
    assert [one["uid"] for one in answer.json()["data"]] == ["somebody"]


def test_browsers_have_not_the_way_of_apps_and_apps_not_that_of_browsers(liar: Liar) -> None:
    for path in ("begin", "token"):
        assert AuthClient("browser").call("POST", f"auth/provider/{path}", {}).status_code == 404
    for path in ("redirect", "finish"):
        assert AuthClient("app").call("POST", f"auth/provider/{path}", {}).status_code == 404


def test_the_configuration_lists_the_providers(liar: Liar) -> None:
    told = AuthClient("browser").call("GET", "config").json()["data"]["socialaccount"]["providers"]
    assert told == [{"id": "liar", "name": "The liar", "flows": ["provider_redirect", "provider_token"]}]
