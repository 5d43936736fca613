"""How providers are configured, and what of it is refused before anything starts."""

from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from keyturn import conf
from keyturn.accounts import checks
from keyturn.accounts.social.providers import find, listed
from keyturn.conf.providers import PERSONAL_TENANT, providers
from tests.accounts.engine import AuthClient

GOOGLE = {"CLIENT_ID": "a", "CLIENT_SECRET": "b"}
APPLE = {"CLIENT_ID": "a", "TEAM_ID": "b", "KEY_ID": "c", "PRIVATE_KEY": "d"}
MICROSOFT = {"CLIENT_ID": "a", "CLIENT_SECRET": "b", "TENANT": "common"}
ACME = {"CLIENT_ID": "a", "ISSUER": "https://id.acme.example"}


def test_the_known_ones_need_only_what_they_gave_out() -> None:
    found = providers({"google": GOOGLE, "github": GOOGLE, "apple": APPLE, "microsoft": MICROSOFT, "acme": ACME})
    assert {one.id: (one.kind, one.name) for one in found.values()} == {
        "google": ("google", "Google"),
        "github": ("github", "GitHub"),
        "apple": ("apple", "Apple"),
        "microsoft": ("microsoft", "Microsoft"),
        "acme": ("openid", "Acme"),
    }
    assert {one.id: one.discovery for one in found.values() if one.kind != "github"} == {
        "google": "https://accounts.google.com/.well-known/openid-configuration",
        "apple": "https://appleid.apple.com/.well-known/openid-configuration",
        "microsoft": "https://login.microsoftonline.com/common/v2.0/.well-known/openid-configuration",
        "acme": "https://id.acme.example/.well-known/openid-configuration",
    }
    assert found["microsoft"].issuer == "https://login.microsoftonline.com/{tenantid}/v2.0"


def test_all_accounts_of_persons_are_one_tenant_of_microsofts() -> None:
    found = providers({"microsoft": {**MICROSOFT, "TENANT": "consumers"}})["microsoft"]
    assert found.issuer == f"https://login.microsoftonline.com/{PERSONAL_TENANT}/v2.0"
    assert found.discovery.startswith(found.issuer)


def test_one_kind_can_be_there_twice() -> None:
    found = providers({"microsoft": MICROSOFT, "work": {**MICROSOFT, "KIND": "microsoft", "NAME": "Example Ltd"}})
    assert [(one.kind, one.name) for one in found.values()] == [
        ("microsoft", "Microsoft"),
        ("microsoft", "Example Ltd"),
    ]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (None, "must be a dictionary"),
        ([], "must be a dictionary"),
        ({"Google": GOOGLE}, "small letters"),
        ({"a/b": ACME}, "small letters"),
        ({"x" * 31: ACME}, "small letters"),
        ({7: ACME}, "small letters"),
        ({"google": None}, "must have a dictionary"),
        ({"google": {}}, "must have a CLIENT_ID"),
        ({"google": {"CLIENT_ID": "a"}}, "must have a CLIENT_SECRET"),
        ({"google": {**GOOGLE, "SECRET": "x"}}, "did you mean 'CLIENT_SECRET'"),
        ({"google": {**GOOGLE, "CLIENT_ID": 7}}, "must have a string"),
        ({"google": {**GOOGLE, "KIND": "facebook"}}, "knows the kinds"),
        ({"google": {**GOOGLE, "SCOPES": "openid"}}, "must have a list"),
        ({"google": {**GOOGLE, "SCOPES": ["email"]}}, "must have 'openid'"),
        ({"google": {**GOOGLE, "EMAILS_ARE_VERIFIED": "yes"}}, "must be True or False"),
        ({"google": {**GOOGLE, "URL": "https://x.example"}}, "say ISSUER"),
        ({"google": {**GOOGLE, "APP_REDIRECT_URIS": ["javascript:x"]}}, "the app's own scheme"),
        ({"google": {**GOOGLE, "APP_REDIRECT_URIS": ["http://x.example/"]}}, "the app's own scheme"),
        ({"google": {**GOOGLE, "APP_REDIRECT_URIS": ["app:/x#y"]}}, "without fragment"),
        ({"github": {**GOOGLE, "ISSUER": "https://github.com"}}, "no OpenID provider"),
        ({"apple": {"CLIENT_ID": "a"}}, "must have TEAM_ID, KEY_ID, PRIVATE_KEY"),
        ({"microsoft": GOOGLE}, "must have a TENANT"),
        ({"microsoft": {**MICROSOFT, "TENANT": "example.onmicrosoft.com"}}, "must have a TENANT"),
        ({"acme": {"CLIENT_ID": "a"}}, "must have an ISSUER"),
        ({"acme": {**ACME, "ISSUER": "http://id.acme.example"}}, "https://"),
        ({"acme": {**ACME, "ISSUER": "id.acme.example"}}, "https://"),
        ({"acme": {**ACME, "ISSUER": "https://a:b@id.acme.example"}}, "https://"),
        ({"acme": {**ACME, "ISSUER": "https://id.acme.example/?a=b"}}, "without query"),
        ({"acme": {**ACME, "ISSUER": "https://id.acme.example/ x"}}, "without query"),
    ],
    ids=str,
)
def test_what_cannot_work_is_told_with_the_name(given: Any, told: str, settings: Any) -> None:
    settings.KEYTURN = {"PROVIDERS": given}
    with pytest.raises(ImproperlyConfigured) as refused:
        conf.get()
    assert told in str(refused.value)
    assert "PROVIDERS" in str(refused.value)


def test_no_secret_is_shown_by_accident() -> None:
    for one in providers(
        {"google": {**GOOGLE, "CLIENT_SECRET": "CANARY"}, "apple": {**APPLE, "PRIVATE_KEY": "CANARY"}}
    ).values():
        assert "CANARY" not in repr(one)


def test_providers_need_an_address_that_they_lead_back_to(settings: Any) -> None:
    settings.KEYTURN = {"PROVIDERS": {"google": GOOGLE}}
    assert [message.id for message in checks.check_providers()] == ["keyturn.E016"]
    settings.KEYTURN = {"PROVIDERS": {"google": GOOGLE}, "PUBLIC_URL": "https://auth.example.com"}
    assert list(checks.check_providers()) == []
    settings.KEYTURN = {}
    assert list(checks.check_providers()) == []


def test_providers_need_the_app_that_keeps_the_accounts(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.KEYTURN = {"PROVIDERS": {"google": GOOGLE}, "PUBLIC_URL": "https://auth.example.com"}
    monkeypatch.setattr("keyturn.accounts.checks.apps.is_installed", lambda _: False)
    assert [message.id for message in checks.check_providers()] == ["keyturn.E016"]


def test_settings_that_are_not_looked_at_are_told(settings: Any) -> None:
    assert list(checks.check_foreign_providers()) == []
    settings.SOCIALACCOUNT_PROVIDERS = {"google": {}}
    assert [message.id for message in checks.check_foreign_providers()] == ["keyturn.W012"]


def test_an_adapter_that_is_not_ours_is_refused(settings: Any) -> None:
    assert list(checks.check_hooks()) == []
    settings.SOCIALACCOUNT_ADAPTER = "allauth.socialaccount.adapter.DefaultSocialAccountAdapter"
    assert [message.id for message in checks.check_hooks()] == ["keyturn.E008"]


def test_linked_accounts_in_another_database_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def route(model: Any, **_: object) -> str:
        return "other" if model._meta.app_label == "socialaccount" else "default"

    monkeypatch.setattr("keyturn.accounts.checks.router.db_for_write", route)
    assert [message.id for message in checks.check_accounts_routing()] == ["keyturn.E010"]


def test_they_are_listed_by_name(settings: Any) -> None:
    settings.KEYTURN = {"PROVIDERS": {"microsoft": MICROSOFT, "acme": ACME, "github": GOOGLE}}
    assert listed() == [
        {"id": "acme", "name": "Acme"},
        {"id": "github", "name": "GitHub"},
        {"id": "microsoft", "name": "Microsoft"},
    ]
    assert find("acme") is not None
    assert find("nobody") is None


def test_without_providers_there_is_nothing_to_begin(db: None, settings: Any) -> None:
    settings.KEYTURN = {"PUBLIC_URL": "https://auth.example.com"}
    browser = AuthClient("browser")
    config = browser.call("GET", "config").json()["data"]
    assert config["socialaccount"] == {"providers": []}
    answer = browser.call("POST", "auth/provider/redirect", {"provider": "google", "callback_url": "/"})
    assert (answer.status_code, answer.json()["reason"]) == (400, "unknown_provider")
    flows = browser.call("GET", "auth/session").json()["data"]["flows"]
    assert not [flow for flow in flows if flow["id"].startswith("provider_")]


def test_the_answer_to_who_is_nobody_asks_the_database_for_no_provider(
    db: None, settings: Any, django_assert_num_queries: Any
) -> None:
    settings.KEYTURN = {"PUBLIC_URL": "https://auth.example.com", "PROVIDERS": {"google": GOOGLE}}
    browser = AuthClient("browser")
    with django_assert_num_queries(0):
        assert browser.call("GET", "config").status_code == 200
        assert browser.call("GET", "auth/session").status_code == 401
