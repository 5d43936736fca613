"""A subject is a name with its issuer only: what the settings call by the same id today may be somebody else."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth import get_user_model

from keyturn.accounts.issuers import ISSUER, issuer_of, signs_in_by
from keyturn.accounts.social.id_tokens import identity_in
from keyturn.accounts.social.identity import Identity
from keyturn.accounts.ways_in import WayIn, ways_in
from keyturn.conf.providers import providers
from keyturn.sessions.models import Session
from keyturn.trail.models import AuditEvent
from tests.accounts.engine import PASSWORD
from tests.social.engine import PUBLIC_URL, Browser
from tests.social.liar import Liar, lying

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def other() -> Iterator[Liar]:
    """Another provider, that calls its people by the same names."""
    with lying() as running:
        yield running


def _moved(settings: Any, to: Liar) -> None:
    settings.KEYTURN = {"PUBLIC_URL": PUBLIC_URL, "PROVIDERS": {"liar": to.configured}}


def _through(liar: Liar, browser: Browser, *, process: str = "login") -> Any:
    liar.claims.clear()
    led = liar.leads_back(browser, browser.location("liar", process=process))
    assert led.status_code == 303, led.content
    return browser.finish()


def _row() -> dict[str, Any]:
    return SocialAccount.objects.values("user_id", "uid", "extra_data", "last_login").get()


def test_the_issuer_is_kept_with_the_account(liar: Liar) -> None:
    assert _through(liar, Browser()).status_code == 200
    assert _row()["extra_data"][ISSUER] == liar.issuer


def test_the_same_subject_of_another_issuer_signs_nobody_in(liar: Liar, other: Liar, settings: Any) -> None:
    assert _through(liar, Browser()).status_code == 200
    before, sessions = _row(), Session.objects.count()
    _moved(settings, other)
    answer = _through(other, Browser())
    assert (answer.status_code, answer.json()["reason"]) == (400, "provider_refused")
    assert _row() == before
    assert Session.objects.count() == sessions
    assert get_user_model().objects.count() == 1
    event = AuditEvent.objects.get(event="provider_refused")
    assert (event.user_id, event.reason) == (str(before["user_id"]), "provider_refused")
    assert event.details == {"provider": "liar"}
    _moved(settings, liar)
    assert _through(liar, Browser()).status_code == 200


def test_the_same_subject_of_another_issuer_is_not_taken_for_what_is_linked(
    liar: Liar, other: Liar, settings: Any
) -> None:
    user = get_user_model().objects.create_user("ada", "ada@example.com", PASSWORD)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    browser = Browser()
    assert browser.log_in().status_code == 200
    assert _through(liar, browser, process="connect").status_code == 200
    before = _row()
    _moved(settings, other)
    answer = _through(other, browser, process="connect")
    assert (answer.status_code, answer.json()["reason"]) == (400, "provider_refused")
    assert _row() == before
    assert AuditEvent.objects.get(event="provider_refused").user_id == str(user.pk)


@pytest.mark.parametrize(
    "before",
    [
        {},
        {"email": "somebody@liar.example"},
        {"iss": "accounts.google.com", "sub": "somebody", "azp": "x"},
        {"iss": "https://elsewhere.example", ISSUER: ""},
        {ISSUER: 7},
        ["of another shape"],
        "of another shape",
    ],
    ids=str,
)
def test_a_row_that_keeps_no_issuer_takes_that_of_its_next_sign_in(
    liar: Liar, other: Liar, settings: Any, before: Any
) -> None:
    """Of a former version, or of django-allauth's, which keeps all claims."""
    user = get_user_model().objects.create_user("ada")
    SocialAccount.objects.create(user=user, provider="liar", uid="somebody", extra_data=before)
    assert _through(liar, Browser()).status_code == 200
    assert _row()["extra_data"][ISSUER] == liar.issuer
    _moved(settings, other)
    assert _through(other, Browser()).status_code == 400


def test_a_row_that_keeps_no_issuer_takes_it_where_its_owner_links_once_more(liar: Liar) -> None:
    user = get_user_model().objects.create_user("ada", "ada@example.com", PASSWORD)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    SocialAccount.objects.create(user=user, provider="liar", uid="somebody")
    browser = Browser()
    assert browser.log_in().status_code == 200
    assert _through(liar, browser, process="connect").status_code == 200
    assert _row()["extra_data"][ISSUER] == liar.issuer


def test_who_came_back_before_the_upgrade_goes_on_after_it(liar: Liar, monkeypatch: pytest.MonkeyPatch) -> None:
    """What stood in the flow had no issuer."""
    written = Identity.written
    with monkeypatch.context() as before:
        before.setattr(
            Identity,
            "written",
            lambda self: {name: value for name, value in written(self).items() if name != "issuer"},
        )
        first, second = Browser(), Browser()
        for browser in (first, second):
            liar.claims.clear()
            assert liar.leads_back(browser, browser.location("liar")).status_code == 303
    assert first.finish().status_code == 200
    assert ISSUER not in _row()["extra_data"]
    assert _through(liar, Browser()).status_code == 200
    assert second.finish().status_code == 200
    assert _row()["extra_data"][ISSUER] == liar.issuer


def test_an_account_that_was_linked_under_another_issuer_is_no_way_in(liar: Liar, other: Liar, settings: Any) -> None:
    """Else the only other one could be taken away."""
    assert _through(liar, Browser()).status_code == 200
    user = get_user_model().objects.get()
    assert ways_in(user) == (WayIn.PROVIDER,)
    _moved(settings, other)
    assert ways_in(user) == ()


_CREDENTIALS = {"CLIENT_ID": "c", "CLIENT_SECRET": "s"}
_TENANT = "11111111-2222-3333-4444-555555555555"
_HOME = "https://login.microsoftonline.com"


def test_of_many_tenants_each_is_an_issuer_of_its_own() -> None:
    common = providers({"microsoft": {**_CREDENTIALS, "TENANT": "common"}})["microsoft"]
    claims = {"iss": f"{_HOME}/{_TENANT}/v2.0", "tid": _TENANT, "sub": "somebody"}
    identity = identity_in(claims, provider=common)
    assert identity.issuer == claims["iss"]
    account = SocialAccount(provider="microsoft", uid="somebody", extra_data=identity.kept())
    assert issuer_of(account) == claims["iss"]
    assert signs_in_by(common, account)
    one = providers({"microsoft": {**_CREDENTIALS, "TENANT": _TENANT}})["microsoft"]
    assert signs_in_by(one, account)
    assert not signs_in_by(replace(one, issuer=f"{_HOME}/{_TENANT[::-1]}/v2.0"), account)
    assert not signs_in_by(replace(common, issuer=common.issuer.replace("microsoftonline", "elsewhere")), account)


def test_the_issuer_of_github_is_where_it_is() -> None:
    github = providers({"github": {**_CREDENTIALS, "URL": "https://GitHub.example.com/"}})["github"]
    account = SocialAccount(provider="github", uid="7", extra_data={ISSUER: "https://github.example.com"})
    assert signs_in_by(github, account)
    assert not signs_in_by(providers({"github": _CREDENTIALS})["github"], account)
