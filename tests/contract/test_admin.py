"""Sessions in the Django admin: list, search, filter, look, revoke. Nothing to add, nothing to save, no token."""

import html
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from keyturn.clock import utc_now
from keyturn.sessions.models import Session
from tests.contract.caller import CHROME, Caller, Tokens, assert_refused, claims, session_of

LIST = "/admin/keyturn/session/"


@pytest.fixture
def admin(django_user_model: Any, db: None) -> Client:
    """A browser in which a superuser has signed in."""
    root = django_user_model.objects.create_superuser("root", "root@example.com", "rootrootroot")
    browser = Client()
    browser.force_login(root)
    return browser


def sid(tokens: Tokens) -> str:
    return str(claims(tokens.access)["sid"])


def page(admin: Client, path: str) -> str:
    answer = admin.get(path)
    assert answer.status_code == 200, answer.content[:500]
    return html.unescape(answer.content.decode())


def shown(admin: Client, query: str = "") -> set[str]:
    """The ids of the sessions that the list shows."""
    text = page(admin, LIST + query)
    return {str(pk) for pk in Session.objects.values_list("pk", flat=True) if f"{LIST}{pk}/change/" in text}


def revoke(admin: Client, sessions: Iterable[str], action: str = "revoke", **more: str) -> Any:
    return admin.post(LIST, {"action": action, "_selected_action": list(sessions), **more}, follow=True)


def test_the_list_shows_who_is_signed_in_where(ada, eve, caller, admin):
    mine, other = caller.log_in("ada"), Caller(user_agent=CHROME, ip="2001:db8::9").log_in("eve")

    text = page(admin, LIST)

    assert shown(admin) == {sid(mine), sid(other)}
    for word in ("ada", "eve", "Firefox on Windows", "Chrome on Linux", "192.0.2.7", "2001:db8::9", "live"):
        assert word in text


def test_the_list_takes_as_many_statements_for_many_sessions_as_for_one(ada, caller, admin, count_statements):
    caller.log_in()
    with count_statements() as one:
        page(admin, LIST)
    for _ in range(4):
        caller.log_in()
    with count_statements(exactly=len(one)):
        page(admin, LIST)


def test_search_finds_sessions_by_user_address_client_and_id(ada, eve, caller, admin):
    # The one is eve's: "ada" may stand in anybody's id.
    mine, other = caller.log_in("eve"), Caller(user_agent=CHROME, ip="2001:db8::9").log_in("ada")

    for words in ("eve", "EVE", "192.0.2.7", "192.0", "firefox", sid(mine), sid(mine)[-12:], "firefox+192.0"):
        assert shown(admin, f"?q={words}") == {sid(mine)}, words
    assert shown(admin, "?q=2001:db8") == {sid(other)}
    assert shown(admin, f"?q={ada.pk}") >= {sid(other)}
    for words in ("nobody", "%", "it's", "99999999999999999999"):
        assert shown(admin, f"?q={words}") == set(), words


def test_the_filter_tells_live_revoked_and_expired_apart(ada, caller, admin):
    live, revoked, expired = caller.log_in(), caller.log_in(), caller.log_in()
    caller.log_out(revoked.refresh, revoked.access)
    Session.objects.filter(pk=sid(expired)).update(idle_expires_at=utc_now() - timedelta(seconds=1))

    assert shown(admin, "?state=live") == {sid(live)}
    assert shown(admin, "?state=revoked") == {sid(revoked)}
    assert shown(admin, "?state=expired") == {sid(expired)}
    assert shown(admin, "?state=nonsense") == {sid(live), sid(revoked), sid(expired)}
    assert shown(admin, "?revoked_reason=logout") == {sid(revoked)}


def test_a_session_at_its_absolute_end_counts_as_expired(ada, caller, admin):
    over = caller.log_in()
    Session.objects.update(absolute_expires_at=utc_now() - timedelta(seconds=1))

    assert shown(admin, "?state=expired") == {sid(over)}
    assert shown(admin, "?state=live") == set()


def test_a_session_is_shown_in_full_and_read_only(ada, caller, admin):
    tokens = caller.refresh(caller.log_in().refresh)

    text = page(admin, f"{LIST}{sid(tokens)}/change/")

    for word in (sid(tokens), "ada", "Firefox on Windows", "Mozilla/5.0", "192.0.2.7", "pwd", "live"):
        assert word in text
    for name in ("_save", "_continue", "_addanother", "_saveasnew"):
        assert f'name="{name}"' not in text
    form = text[text.index('id="session_form"') :]
    assert 'type="text"' not in form
    assert "<select" not in form


def test_no_token_and_nothing_to_make_one_from_is_anywhere(ada, caller, admin):
    tokens = caller.refresh(caller.log_in().refresh)
    row = session_of(tokens.access)
    secrets = {
        tokens.access,
        tokens.refresh,
        tokens.refresh.rpartition(".")[2],
        claims(tokens.refresh)["jti"],
        row.password_fingerprint,
        ada.password,
    }

    for path in (LIST, f"{LIST}{row.pk}/change/", f"{LIST}{row.pk}/history/", "/admin/"):
        text = page(admin, path)
        assert not [secret for secret in secrets if secret in text]


def test_there_is_nothing_to_add(db, admin):
    assert f"{LIST}add/" not in page(admin, LIST)
    assert f"{LIST}add/" not in page(admin, "/admin/")
    assert admin.get(f"{LIST}add/").status_code == 403
    assert admin.post(f"{LIST}add/", {"user": "1"}).status_code == 403


def test_a_post_that_tries_to_save_changes_nothing(ada, eve, caller, admin):
    tokens = caller.log_in("ada")
    before = Session.objects.values().get()
    form = {"user": eve.pk, "generation": 7, "ip": "203.0.113.1", "revoked_at_0": "2030-01-01", "_save": "Save"}

    admin.post(f"{LIST}{sid(tokens)}/change/", form)

    assert Session.objects.values().get() == before
    assert caller.home(tokens.access).status_code == 200


def test_selected_sessions_are_revoked_at_once_and_told_in_numbers(ada, eve, caller, admin):
    one, two, kept, other = caller.log_in(), caller.log_in(), caller.log_in(), caller.log_in("eve")

    text = revoke(admin, [sid(one), sid(two)]).content.decode()

    assert "2 sessions were revoked." in text
    for tokens in (one, two):
        assert_refused(caller.home(tokens.access), "session_revoked")
        assert_refused(caller.try_refresh(tokens.refresh), "session_revoked")
        assert session_of(tokens.access).revoked_reason == "revoked_by_admin"
    for tokens in (kept, other):
        assert caller.home(tokens.access).status_code == 200
    assert "1 session was revoked." in revoke(admin, [sid(one), sid(kept)]).content.decode()
    assert "revoked: revoked_by_admin" in page(admin, LIST)


def test_all_sessions_that_a_search_finds_can_be_revoked(ada, eve, caller, admin):
    # Not "ada", which may stand in a session's id.
    found = [caller.log_in("eve") for _ in range(3)]
    other = caller.log_in("ada")

    answer = admin.post(
        f"{LIST}?q=eve", {"action": "revoke", "_selected_action": [sid(found[0])], "select_across": "1"}, follow=True
    )

    assert "3 sessions were revoked." in answer.content.decode()
    assert caller.home(other.access).status_code == 200


def test_sessions_are_revoked_and_never_deleted(ada, caller, admin):
    """A row must outlive the stock token that it was adopted from."""
    tokens = caller.log_in()

    assert "delete_selected" not in page(admin, LIST)
    assert f"{LIST}{sid(tokens)}/delete/" not in page(admin, f"{LIST}{sid(tokens)}/change/")
    assert admin.get(f"{LIST}{sid(tokens)}/delete/").status_code == 403
    assert admin.post(f"{LIST}{sid(tokens)}/delete/", {"post": "yes"}).status_code == 403
    revoke(admin, [sid(tokens)], "delete_selected", post="yes")

    assert caller.home(tokens.access).status_code == 200


def test_a_user_can_still_be_deleted_and_the_sessions_go_too(ada, caller, admin):
    tokens = caller.log_in()

    assert "Are you sure" in page(admin, f"/admin/auth/user/{ada.pk}/delete/")
    assert admin.post(f"/admin/auth/user/{ada.pk}/delete/", {"post": "yes"}).status_code == 302

    assert not Session.objects.exists()
    assert_refused(caller.home(tokens.access), "session_revoked")


def test_who_may_only_look_cannot_revoke(ada, caller, django_user_model):
    from django.contrib.auth.models import Permission

    tokens = caller.log_in()
    clerk = django_user_model.objects.create_user("clerk", password="x", is_staff=True)
    clerk.user_permissions.add(Permission.objects.get(codename="view_session", content_type__app_label="keyturn"))
    browser = Client()
    browser.force_login(clerk)

    assert 'value="revoke"' not in page(browser, LIST)
    revoke(browser, [sid(tokens)])

    assert caller.home(tokens.access).status_code == 200
    assert browser.get(f"{LIST}{sid(tokens)}/change/").status_code == 200


def test_who_is_no_member_of_staff_sees_nothing(ada, caller):
    browser = Client()
    browser.force_login(ada)

    answer = browser.get(LIST)

    assert answer.status_code == 302
    assert answer["Location"].startswith("/admin/login/")


@pytest.mark.parametrize("chosen", ["zzz", "0", "a\0b", "' OR 1=1", ""])
def test_what_cannot_be_a_session_is_a_bad_request(ada, caller, admin, chosen):
    tokens = caller.log_in()
    assert revoke(admin, [chosen]).status_code == 400
    assert revoke(admin, [sid(tokens), chosen]).status_code == 400
    assert caller.home(tokens.access).status_code == 200


@pytest.mark.parametrize("query", ["?ip__exact=zzz", "?ip=zzz", "?id__exact=zzz", "?user__password__startswith=md5"])
def test_a_lookup_that_is_no_filter_of_the_page_is_a_bad_request(ada, caller, admin, query):
    caller.log_in()
    assert admin.get(LIST + query).status_code == 400
    assert admin.get(f"{LIST}?revoked_reason__exact=logout").status_code == 200
