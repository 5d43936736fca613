"""Many at the same moment: one answer, and what was said in it, serves exactly one of them."""

from collections import Counter
from copy import deepcopy
from functools import partial
from typing import Any

import pytest
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth import get_user_model
from django.db import connections

from keyturn.accounts.social import asking
from keyturn.sessions.models import Session
from tests.accounts.racing import at_once
from tests.social.engine import Browser
from tests.social.liar import Liar

pytestmark = pytest.mark.django_db(transaction=True)

MANY = 20


def _copies(browser: Browser) -> list[Browser]:
    """The same browser, many times."""
    found = []
    for _ in range(MANY):
        one = Browser()
        one.http.cookies = deepcopy(browser.http.cookies)
        one.csrf, one.access = browser.csrf, browser.access
        found.append(one)
    return found


@pytest.fixture(autouse=True)
def room_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """None of them is turned away for want of room."""
    import threading

    monkeypatch.setattr(asking, "_room", threading.BoundedSemaphore(MANY))


def test_of_twenty_answers_at_once_one_is_taken(liar: Liar) -> None:
    browser = Browser()
    location = browser.location("liar")
    calls = [partial(liar.leads_back, copy, location) for copy in _copies(browser)]
    answers = at_once(calls)
    assert Counter(answer.status_code for answer in answers) == {303: 1, 400: MANY - 1}
    assert [path for path, _, _ in liar.asked].count("/token") == 1


def test_of_twenty_finishes_at_once_one_signs_in(liar: Liar) -> None:
    browser = Browser()
    liar.leads_back(browser, browser.location("liar"))
    answers = at_once([copy.finish for copy in _copies(browser)])
    assert Counter(answer.status_code for answer in answers) == {200: 1, 409: MANY - 1}
    assert get_user_model().objects.count() == SocialAccount.objects.count() == Session.objects.count() == 1


def test_twenty_browsers_of_one_new_person_make_one_account(liar: Liar) -> None:
    browsers = [Browser() for _ in range(MANY)]
    for browser in browsers:
        liar.claims.clear()
        liar.leads_back(browser, browser.location("liar"))
    answers = at_once([browser.finish for browser in browsers])
    assert {answer.status_code for answer in answers} == {200}, Counter(answer.status_code for answer in answers)
    assert get_user_model().objects.count() == SocialAccount.objects.count() == 1
    assert Session.objects.count() == MANY


def test_of_two_accounts_that_are_unlinked_at_once_one_stays(liar: Liar, settings: Any) -> None:
    settings.KEYTURN = {
        **settings.KEYTURN,
        "PROVIDERS": {"liar": liar.configured, "other": liar.configured},
    }
    for _ in range(5):
        liar.claims.clear()
        browser = Browser()
        liar.leads_back(browser, browser.location("liar"))
        assert browser.finish().status_code == 200
        user = get_user_model().objects.get()
        SocialAccount.objects.create(user=user, provider="other", uid="another")
        calls = [
            partial(copy.call, "DELETE", "account/providers", {"provider": provider, "account": uid})
            for copy, provider, uid in zip(
                _copies(browser)[:2], ("liar", "other"), ("somebody", "another"), strict=True
            )
        ]
        answers = at_once(calls)
        assert sorted(answer.status_code for answer in answers) == [200, 409], [one.content for one in answers]
        assert SocialAccount.objects.filter(user=user).count() == 1
        user.delete()
        connections.close_all()
