"""Linked accounts in the admin: to look at and take away; and nothing of django-allauth's that shows a secret."""

from typing import Any

import pytest
from allauth.socialaccount.models import SocialAccount
from django.contrib import admin

from keyturn.trail.models import AuditEvent
from tests.accounts.engine import letters
from tests.admin.conftest import allow, browser_of

LINKED = "/admin/socialaccount/socialaccount/"


@pytest.fixture
def linked(ada: Any) -> SocialAccount:
    return SocialAccount.objects.create(
        user=ada, provider="acme", uid="sub-of-ada", extra_data={"email": "ada@acme.example"}
    )


def test_they_are_listed_and_shown(linked, browser):
    assert b"sub-of-ada" in browser.get(LINKED).content
    assert b"sub-of-ada" in browser.get(f"{LINKED}?q=ada").content
    shown = browser.get(f"{LINKED}{linked.pk}/change/")
    assert b"ada@acme.example" in shown.content
    assert b'name="_save"' not in shown.content


def test_none_can_be_made_or_moved_to_another_user(linked, eve, browser):
    assert browser.get(f"{LINKED}add/").status_code == 403
    browser.post(f"{LINKED}{linked.pk}/change/", {"user": eve.pk, "uid": "other", "_save": "1"})
    linked.refresh_from_db()
    assert (linked.user_id, linked.uid) != (eve.pk, "other")
    assert linked.uid == "sub-of-ada"


@pytest.mark.parametrize("how", ["page", "list"])
def test_one_that_is_taken_away_is_told_to_its_owner_and_the_trail(linked, ada, browser, how):
    if how == "page":
        browser.post(f"{LINKED}{linked.pk}/delete/", {"post": "yes"})
    else:
        browser.post(LINKED, {"action": "delete_selected", "_selected_action": [linked.pk], "post": "yes"})
    assert not SocialAccount.objects.exists()
    event = AuditEvent.objects.get(event="provider_unlinked")
    assert (event.user_id, event.details) == (str(ada.pk), {"provider": "acme"})
    assert event.actor_id
    assert [letter.to for letter in letters()] == [ada.email]


def test_who_may_only_look_takes_nothing_away(linked, support):
    allow(support, "socialaccount.view_socialaccount")
    browser = browser_of(support)
    assert browser.get(LINKED).status_code == 200
    assert browser.post(f"{LINKED}{linked.pk}/delete/", {"post": "yes"}).status_code == 403
    assert SocialAccount.objects.exists()


@pytest.mark.parametrize("chosen", ["0x1", "1 or 1", "9" * 40, "\0", "-1"])
def test_what_is_no_id_is_refused(linked, browser, chosen):
    assert browser.get(f"{LINKED}{chosen}/change/", follow=True).status_code in {200, 400, 404}
    answer = browser.post(LINKED, {"action": "delete_selected", "_selected_action": [chosen], "post": "yes"})
    assert answer.status_code in {200, 302, 400}
    assert SocialAccount.objects.exists()


def test_apps_and_tokens_of_providers_have_no_page(browser):
    known = {model._meta.model_name for model in admin.site._registry if model._meta.app_label == "socialaccount"}
    assert known == {"socialaccount"}
    for name in ("socialapp", "socialtoken"):
        assert browser.get(f"/admin/socialaccount/{name}/").status_code == 404
