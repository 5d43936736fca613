"""The engine in projects of other kinds: with less middleware, with ``ATOMIC_REQUESTS``, with pages of their own."""

import sys
import types

import pytest
from django.core.checks import run_checks
from django.db import connection
from django.test import override_settings
from django.urls import include, path

from keyturn.accounts import checks
from keyturn.accounts.flows import FlowStore, prune_flows
from keyturn.accounts.models import Flow
from keyturn.clock import stored, utc_now
from keyturn.sessions.models import Session
from tests.accounts.engine import AuthClient, last_letter


@pytest.mark.django_db
@pytest.mark.parametrize("kind", ["app", "browser"])
def test_no_middleware_is_needed_but_what_django_allauth_asks_for(ada, kind, settings):
    settings.MIDDLEWARE = []
    assert AuthClient(kind).log_in().status_code == 200
    client = AuthClient(kind)
    client.sign_up("new@example.com")
    assert client.verify(last_letter("new@example.com").code).status_code == 200
    assert client.call("GET", "auth/session").status_code == 200


@pytest.mark.django_db
def test_a_middleware_that_asks_for_a_login_everywhere_lets_these_through(ada, settings):
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, "django.contrib.auth.middleware.LoginRequiredMiddleware"]
    assert AuthClient().log_in().status_code == 200
    assert AuthClient("browser").call("GET", "config").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_guesses_are_counted_where_each_request_is_a_transaction(monkeypatch):
    monkeypatch.setitem(connection.settings_dict, "ATOMIC_REQUESTS", True)
    client = AuthClient()
    client.sign_up("new@example.com")
    code = last_letter("new@example.com").code
    for _ in range(3):
        assert client.verify("BBBB-BBBB").status_code == 400
    assert client.verify(code).status_code in {409, 410}
    assert not Session.objects.exists()


@pytest.mark.django_db
def test_a_flow_is_found_under_a_secret_that_is_being_replaced(settings):
    client = AuthClient()
    client.sign_up("new@example.com")
    code = last_letter("new@example.com").code
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "the-next-secret-of-this-project-and-long-enough-for-anything"
    assert client.call("GET", "auth/session").status_code == 401
    assert client.verify(code).status_code == 200


@pytest.mark.django_db
def test_a_flow_under_a_secret_that_is_gone_has_ended(settings):
    client = AuthClient()
    client.sign_up("new@example.com")
    settings.SECRET_KEY = "the-next-secret-of-this-project-and-long-enough-for-anything"
    assert client.call("GET", "auth/session").status_code == 410


@pytest.mark.django_db
def test_flows_whose_time_is_over_are_pruned_and_no_others():
    for number in range(5):
        AuthClient().sign_up(f"new{number}@example.com")
    old = list(Flow.objects.values_list("pk", flat=True)[:3])
    Flow.objects.filter(pk__in=old).update(expires_at=stored(utc_now()))
    assert prune_flows(now=utc_now(), batch_size=2) == 3
    assert Flow.objects.count() == 2


@pytest.mark.django_db
def test_a_flow_in_which_nothing_happened_leaves_no_row():
    for kind in ("app", "browser"):
        client = AuthClient(kind)
        for address in ("auth/session", "config", "account/email", "auth/email/verify"):
            client.call("GET", address)
    assert not Flow.objects.exists()


def test_a_flow_does_not_show_its_token():
    store = FlowStore()
    assert store.token not in repr(store)


def found(ids: str) -> list[str]:
    """The ids of Keyturn's checks that complain, of those asked for."""
    return [str(message.id) for message in run_checks(include_deployment_checks=True) if str(message.id) in ids]


IDS = "keyturn.E008 keyturn.E009 keyturn.E010 keyturn.E013 keyturn.W005 keyturn.W006 keyturn.W008"


def test_the_defaults_please_the_checks():
    with override_settings(KEYTURN={"PUBLIC_URL": "https://auth.example.com"}):
        assert found(IDS) == []


@pytest.mark.parametrize(
    ("setting", "value", "id_"),
    [
        ("HEADLESS_TOKEN_STRATEGY", "allauth.headless.tokens.strategies.sessions.SessionTokenStrategy", "keyturn.E008"),
        ("ACCOUNT_ADAPTER", "allauth.account.adapter.DefaultAccountAdapter", "keyturn.E008"),
        ("ACCOUNT_RATE_LIMITS", {}, "keyturn.W005"),
        ("KEYTURN", {}, "keyturn.W006"),
    ],
)
def test_what_would_break_the_engine_is_told_at_the_start(setting, value, id_):
    with override_settings(**{"KEYTURN": {"PUBLIC_URL": "https://auth.example.com"}, setting: value}):
        assert found(IDS) == [id_]


def test_a_project_whose_mail_goes_nowhere_is_told_so(monkeypatch):
    assert list(checks.check_mail()) == []
    monkeypatch.setattr("keyturn.accounts.checks.is_configured", lambda: False)
    assert [message.id for message in checks.check_mail()] == ["keyturn.W008"]


def test_a_second_list_of_sessions_is_refused(monkeypatch):
    monkeypatch.setattr("keyturn.accounts.checks.apps.is_installed", lambda name: name == "allauth.usersessions")
    assert [message.id for message in checks.check_sessions()] == ["keyturn.E009"]


def test_the_same_endpoints_without_anything_around_them_are_refused(settings, monkeypatch):
    urls = types.ModuleType("bare_urls")
    urls.urlpatterns = [  # type: ignore[attr-defined]
        path("", include("keyturn.urls")),
        path("api/", include("allauth.headless.urls", namespace="bare")),
    ]
    monkeypatch.setitem(sys.modules, "bare_urls", urls)
    settings.ROOT_URLCONF = "bare_urls"
    assert [message.id for message in checks.check_urls()] == ["keyturn.E013"]


def test_accounts_in_another_database_are_refused(monkeypatch):
    def route(model, **_):
        return "other" if model._meta.app_label == "account" else "default"

    monkeypatch.setattr("keyturn.accounts.checks.router.db_for_write", route)
    assert [message.id for message in checks.check_accounts_routing()] == ["keyturn.E010"]
