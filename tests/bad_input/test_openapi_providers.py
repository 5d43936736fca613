"""The answers about accounts elsewhere, held against the OpenAPI document in the course of each flow."""

from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount

from tests.accounts.engine import PASSWORD, AuthClient
from tests.bad_input.documented import Documented
from tests.bad_input.openapi import whole_document
from tests.social.conftest import liar, nothing_known
from tests.social.engine import Browser
from tests.social.liar import CLIENT_ID, Liar

__all__ = ["liar", "nothing_known"]

pytestmark = pytest.mark.django_db

_MADE = whole_document()


@pytest.fixture
def told() -> Documented:
    return Documented(_MADE)


@pytest.fixture
def browser(told: Documented) -> Any:
    """Return a new browser that holds each answer against the document."""

    class ToldBrowser(Browser):
        def call(self, *args: Any, **headers: Any) -> Any:
            answer = super().call(*args, **headers)
            told.check(answer)
            return answer

    return ToldBrowser


@pytest.fixture
def app(told: Documented) -> AuthClient:
    class ToldApp(AuthClient):
        def call(self, *args: Any, **headers: Any) -> Any:
            answer = super().call(*args, **headers)
            told.check(answer)
            return answer

    return ToldApp()


@pytest.fixture
def ada(django_user_model: Any) -> Any:
    user = django_user_model.objects.create_user("ada", "ada@example.com", PASSWORD)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


def test_the_answers_of_a_sign_up_are_as_the_document_says(browser: Any, liar: Liar, told: Documented) -> None:
    one = browser()
    one.begin("liar", callback_url="https://elsewhere.example")
    one.finish()
    liar.leads_back(one, one.location("liar"))
    one.finish()
    one.begin("liar")
    one.call("GET", "account/providers")
    one.call("DELETE", "account/providers", {"provider": "liar", "account": "another"})
    one.call("DELETE", "account/providers", {"provider": "liar", "account": "somebody"})
    one.call("GET", "auth/session")
    assert {
        ("auth_browser_provider_redirect", 200),
        ("auth_browser_provider_redirect", 400),
        ("auth_browser_provider_redirect", 409),
        ("auth_browser_provider_finish", 200),
        ("auth_browser_provider_finish", 409),
        ("auth_browser_providers", 200),
        ("auth_browser_provider_remove", 400),
        ("auth_browser_provider_remove", 409),
    } <= told.seen


def test_the_answers_of_a_sign_up_with_a_form_are_as_the_document_says(
    browser: Any, liar: Liar, told: Documented
) -> None:
    one = browser()
    one.call("GET", "auth/provider/signup")
    liar.claims, liar.further = {"email": None}, {"sub": "somebody"}
    liar.leads_back(one, one.location("liar"))
    one.finish()
    one.call("GET", "auth/session")
    one.call("GET", "auth/provider/signup")
    one.call("POST", "auth/provider/signup", {"email": "none"})
    one.call("POST", "auth/provider/signup", {"email": "new@example.com"})
    assert {
        ("auth_browser_provider_finish", 401),
        ("auth_browser_provider_signup_look", 200),
        ("auth_browser_provider_signup_look", 409),
        ("auth_browser_provider_signup", 400),
        ("auth_browser_provider_signup", 401),
    } <= told.seen


def test_the_answers_of_a_link_are_as_the_document_says(
    browser: Any, liar: Liar, told: Documented, ada: Any, settings: Any
) -> None:
    one = browser()
    one.begin("liar", process="connect")
    one.log_in()
    for said in ({"email_verified": False}, {}):
        liar.claims = dict(said)
        liar.leads_back(one, one.location("liar", process="connect"))
        one.finish()
    one.call("DELETE", "account/providers", {"provider": "liar", "account": "somebody"})
    liar.answers["/.well-known/openid-configuration"] = b""
    from keyturn.accounts.social import discovery

    discovery.forget()
    one.begin("liar", process="connect")
    settings.KEYTURN = {**settings.KEYTURN, "SIGN_UP": False}
    assert {
        ("auth_browser_provider_redirect", 401),
        ("auth_browser_provider_redirect", 503),
        ("auth_browser_provider_finish", 400),
        ("auth_browser_provider_finish", 200),
        ("auth_browser_provider_remove", 200),
    } <= told.seen


def test_the_answers_of_apps_are_as_the_document_says(app: AuthClient, liar: Liar, told: Documented) -> None:
    def begin(**more: Any) -> None:
        answer = app.call("POST", "auth/provider/begin", {"provider": "liar", **more})
        liar.claims = {"nonce": answer.json().get("data", {}).get("nonce"), "aud": CLIENT_ID}

    def bring(token: Any) -> None:
        app.call("POST", "auth/provider/token", {"provider": "liar", "token": token})

    bring({"id_token": liar.id_token()})
    begin(redirect_uri="com.example.other:/")
    begin()
    bring({})
    bring({"id_token": "x"})
    begin()
    bring({"id_token": liar.id_token()})
    begin()
    app.call("GET", "account/providers")
    assert SocialAccount.objects.exists()
    assert {
        ("auth_app_provider_begin", 200),
        ("auth_app_provider_begin", 400),
        ("auth_app_provider_begin", 409),
        ("auth_app_provider_token", 200),
        ("auth_app_provider_token", 400),
        ("auth_app_provider_token", 409),
        ("auth_app_providers", 200),
    } <= told.seen
