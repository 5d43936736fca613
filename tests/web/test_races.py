"""Tabs that share one cookie jar and know nothing of each other: whoever asks, all get the same successor."""

import threading
from typing import Any

import pytest
from django.db import connections

from keyturn.sessions.models import Session
from tests.web.page import Page

pytestmark = pytest.mark.django_db(transaction=True)

TABS = 8


def copies(page: Page) -> list[Page]:
    """Tabs of one browser: each sends the cookies as they were when it began."""
    tabs = [Page() for _ in range(TABS)]
    for tab in tabs:
        for name, cookie in page.browser.cookies.items():
            tab.browser.cookies[name] = cookie.value
    return tabs


def at_once(tabs: list[Page], path: str) -> list[Any]:
    answers: list[Any] = []
    barrier = threading.Barrier(len(tabs))

    def ask(tab: Page) -> None:
        barrier.wait()
        try:
            answers.append(tab.call("POST", path, {}))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=ask, args=(tab,)) for tab in tabs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return answers


def test_tabs_that_refresh_at_once_all_hold_the_same_successor(page, ada):
    page.sign_in()
    tabs = copies(page)
    assert [answer.status_code for answer in at_once(tabs, "/token/refresh/")] == [200] * TABS
    assert len({tab.held("refresh") for tab in tabs}) == 1
    assert {tab.held("device") for tab in tabs} == {page.held("device")}
    assert Session.objects.get().generation == 1


def test_a_reply_that_comes_late_puts_an_older_token_into_the_cookie_and_nobody_is_signed_out(page, ada):
    page.sign_in()
    page.refresh()
    late = page.held("refresh")
    page.refresh()
    page.hold("refresh", late)
    for _ in range(3):
        page.refresh()
    assert Session.objects.get().revoked_at is None


def test_signing_out_in_all_tabs_at_once_is_no_error_in_any(page, ada):
    page.sign_in()
    answers = at_once(copies(page), "/token/blacklist/")
    assert [(answer.status_code, answer.json()) for answer in answers] == [(200, {})] * TABS
    assert Session.objects.get().revoked_reason == "logout"
