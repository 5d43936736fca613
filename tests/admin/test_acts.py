"""What an administrator does to one user or to many: end sessions, demand a new password, unlock.

It is one long file, since every test begins with the same administrator, browser and user.
"""

import html
import threading
import time
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from rest_framework_simplejwt.tokens import RefreshToken

from keyturn.accounts.administering import lift_reset, require_reset
from keyturn.clock import utc_now
from keyturn.sessions.models import Session
from keyturn.sessions.statements import insert_sql
from keyturn.signin.models import AccountState
from keyturn.trail.models import AuditEvent
from tests.admin.conftest import ADMIN_ADDRESS, allow, browser_of
from tests.contract.caller import PASSWORD, Caller, assert_refused, session_of

LIST = "/admin/auth/user/"


def page_of(user: Any, slug: str) -> str:
    return f"{LIST}{user.pk}/keyturn/{slug}/"


def text_of(answer: Any) -> str:
    return html.unescape(answer.content.decode())


def choose(browser: Any, action: str, users: list[Any], **more: str) -> Any:
    """Choose users in the list, and an action."""
    form = {"action": action, "_selected_action": [str(user.pk) for user in users], **more}
    return browser.post(LIST, form, follow=True)


def events_of(user: Any) -> list[tuple[str, str, str, str | None]]:
    rows = AuditEvent.objects.filter(user_id=str(user.pk)).order_by("id")
    return [(row.event, row.reason, row.actor_id, row.ip) for row in rows]


def needs_reset(user: Any) -> bool:
    return AccountState.objects.filter(user=user, reset_required_at__isnull=False).exists()


def test_ending_all_sessions_asks_first_and_then_ends_them_at_once(ada, eve, browser, caller):
    mine, other = [caller.log_in(), caller.log_in()], caller.log_in("eve")

    asked = browser.get(page_of(ada, "end-sessions"))
    assert asked.status_code == 200
    assert "ada" in text_of(asked)
    assert caller.home(mine[0].access).status_code == 200

    done = browser.post(page_of(ada, "end-sessions"), follow=True)

    assert "2 sessions were ended." in text_of(done)
    for tokens in mine:
        assert_refused(caller.home(tokens.access), "session_revoked")
        assert session_of(tokens.access).revoked_reason == "revoked_by_admin"
    assert caller.home(other.access).status_code == 200


def test_the_trail_names_the_administrator_and_the_administrators_address(ada, root, browser, caller):
    caller.log_in()

    browser.post(page_of(ada, "end-sessions"))

    assert ("session_revoked", "revoked_by_admin", str(root.pk), ADMIN_ADDRESS) in events_of(ada)


def test_a_required_reset_ends_the_sessions_and_lets_the_password_in_no_more(ada, root, browser, caller):
    tokens = caller.log_in()

    done = browser.post(page_of(ada, "require-reset"), follow=True)

    assert "1 user must reset the password." in text_of(done)
    assert_refused(caller.home(tokens.access), "session_revoked")
    assert_refused(caller.try_log_in(), "password_reset_required", code="password_reset_required")
    assert caller.try_log_in(password="wrong").json()["code"] == "no_active_account"
    assert ("password_reset_required", "", str(root.pk), ADMIN_ADDRESS) in events_of(ada)


def test_a_login_that_began_before_the_demand_does_not_survive_it(ada, caller, monkeypatch):
    from keyturn.signin import credentials

    verify = credentials.verify

    def then_demanded(*args: Any, **more: Any) -> Any:
        verified = verify(*args, **more)
        require_reset(ada.pk, now=utc_now())
        return verified

    monkeypatch.setattr(credentials, "verify", then_demanded)

    assert caller.try_log_in().status_code == 401
    assert not Session.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_no_session_of_logins_at_the_same_moment_outlives_the_demand(django_user_model):
    ada = django_user_model.objects.create_user("ada", password=PASSWORD)
    started, stop = threading.Barrier(4), threading.Event()
    refused = []

    def log_in(number: int) -> None:
        caller = Caller(ip=f"192.0.2.{number}")
        try:
            started.wait(timeout=30)
            while not stop.is_set():
                if caller.try_log_in().status_code == 401:
                    refused.append(number)
                    break
        finally:
            connection.close()

    threads = [threading.Thread(target=log_in, args=(number,)) for number in (1, 2, 3)]
    for thread in threads:
        thread.start()
    started.wait(timeout=30)
    deadline = time.monotonic() + 30
    while Session.objects.count() < 6 and time.monotonic() < deadline:
        pass
    assert Session.objects.count() >= 6

    require_reset(ada.pk, now=utc_now())
    for thread in threads:
        thread.join(timeout=30)
    stop.set()

    assert sorted(refused) == [1, 2, 3]
    assert not Session.objects.filter(revoked_at__isnull=True).exists()


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_no_session_outlives_the_demand_whose_statement_saw_the_time_before_it(django_user_model, monkeypatch):
    ada = django_user_model.objects.create_user("ada", password=PASSWORD)
    held = " FROM (SELECT pg_advisory_xact_lock_shared(2112) OFFSET 0) AS held, "

    def held_up(*args: Any, **more: Any) -> str:
        return insert_sql(*args, **more).replace(" FROM ", held, 1)

    monkeypatch.setattr("keyturn.sessions.opening.insert_sql", held_up)

    def apart(work: Any) -> threading.Thread:
        def run() -> None:
            try:
                work()
            finally:
                connection.close()

        thread = threading.Thread(target=run)
        thread.start()
        return thread

    def wait_for(query: str) -> None:
        deadline = time.monotonic() + 30
        while True:
            with connection.cursor() as cursor:
                cursor.execute(query)
                if cursor.fetchone() == (1,):
                    return
            assert time.monotonic() < deadline, query
            time.sleep(0.01)

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(2112)")
    try:
        login = apart(Caller().try_log_in)
        wait_for("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'advisory'")
        demand = apart(lambda: require_reset(ada.pk, now=utc_now()))
        wait_for("SELECT count(*) FROM keyturn_account WHERE reset_required_at IS NOT NULL")
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(2112)")
    login.join(timeout=30)
    demand.join(timeout=30)

    assert not login.is_alive()
    assert not demand.is_alive()
    assert Session.objects.get().revoked_reason == "revoked_by_admin"


def test_no_other_door_opens_a_session_meanwhile(ada, root, browser):
    require_reset(ada.pk, now=utc_now())

    with pytest.raises(Exception, match="No active account"):
        RefreshToken.for_user(ada)
    assert not Session.objects.exists()
    assert "<textarea" in text_of(browser.post(page_of(ada, "impersonate"), {"reason": "look"}))


def test_a_new_password_meets_the_demand(ada, browser, caller):
    browser.post(page_of(ada, "require-reset"))

    ada.set_password("a quite different passphrase")
    ada.save()

    assert not needs_reset(ada)
    caller.log_in("ada", "a quite different passphrase")


def test_saving_anything_else_of_the_user_does_not_meet_it(ada, browser):
    browser.post(page_of(ada, "require-reset"))

    ada.first_name = "Ada"
    ada.save()
    ada.save(update_fields=["email"])

    assert needs_reset(ada)


def test_the_administrator_can_set_the_password_and_so_meet_the_demand(ada, browser, caller):
    browser.post(page_of(ada, "require-reset"))
    fresh = "a quite different passphrase"

    browser.post(f"{LIST}{ada.pk}/password/", {"password1": fresh, "password2": fresh, "usable_password": "true"})

    caller.log_in("ada", fresh)


def test_the_demand_can_be_withdrawn(ada, browser, caller):
    browser.post(page_of(ada, "require-reset"))

    done = browser.post(
        "/admin/keyturn/accountstate/", {"action": "lift_reset", "_selected_action": [str(ada.pk)]}, follow=True
    )

    assert "1 account needs no reset any more." in text_of(done)
    caller.log_in("ada", PASSWORD)
    assert "reset_requirement_lifted" in {reason for _, reason, _, _ in events_of(ada)}


def test_a_demand_that_was_not_made_cannot_be_withdrawn(ada):
    assert not lift_reset(ada.pk, now=utc_now())
    assert require_reset(ada.pk, now=utc_now())
    assert lift_reset(ada.pk, now=utc_now())
    assert not lift_reset(ada.pk, now=utc_now())


def test_a_demand_keeps_what_is_known_of_the_account(ada):
    signed_up = utc_now()
    AccountState.objects.create(user=ada, signed_up_at=signed_up, verified_at=signed_up)

    require_reset(ada.pk, now=utc_now())

    state = AccountState.objects.get()
    assert state.signed_up_at is not None
    assert state.verified_at is not None


def test_nothing_is_demanded_of_a_user_who_is_gone(db):
    assert not require_reset(4711, now=utc_now())
    assert not AccountState.objects.exists()
    assert not AuditEvent.objects.exists()


def test_an_unlocked_user_can_try_again_at_once(ada, root, browser, caller):
    for _ in range(5):
        caller.try_log_in(password="wrong")
    assert caller.try_log_in().status_code == 429

    done = browser.post(page_of(ada, "unlock"), follow=True)

    assert "1 user was unlocked." in text_of(done)
    caller.log_in()
    assert ("unlocked", "", str(root.pk), ADMIN_ADDRESS) in events_of(ada)


@pytest.mark.parametrize("action", ["keyturn_end_sessions", "keyturn_require_reset", "keyturn_unlock"])
def test_acts_on_many_ask_first_and_name_them(ada, eve, browser, caller, action):
    tokens = caller.log_in()

    asked = choose(browser, action, [ada, eve])

    text = text_of(asked)
    assert "<li>ada</li>" in text
    assert "<li>eve</li>" in text
    assert f'name="action" value="{action}"' in text
    assert caller.home(tokens.access).status_code == 200
    assert not AccountState.objects.exists()


def test_sessions_of_many_are_ended_and_counted(ada, eve, root, browser, caller):
    mine, other = caller.log_in(), caller.log_in("eve")

    done = choose(browser, "keyturn_end_sessions", [ada, eve, root], keyturn_confirmed="yes")

    assert "2 sessions were ended." in text_of(done)
    for tokens in (mine, other):
        assert_refused(caller.home(tokens.access), "session_revoked")


def test_a_reset_is_required_of_many(ada, eve, root, browser):
    done = choose(browser, "keyturn_require_reset", [ada, eve], keyturn_confirmed="yes")

    assert "2 users must reset the password." in text_of(done)
    assert (needs_reset(ada), needs_reset(eve), needs_reset(root)) == (True, True, False)


def test_everybody_that_a_search_finds_can_be_chosen(ada, eve, root, browser):
    form = {"action": "keyturn_require_reset", "_selected_action": [str(ada.pk)], "select_across": "1"}

    asked = text_of(browser.post(f"{LIST}?q=example.com", form))
    assert "<li>root</li>" in asked
    assert 'name="select_across" value="1"' in asked
    browser.post(f"{LIST}?q=ada", {**form, "keyturn_confirmed": "yes"})

    assert (needs_reset(ada), needs_reset(eve), needs_reset(root)) == (True, False, False)


def test_of_very_many_only_the_first_are_named(browser, django_user_model):
    users = [django_user_model.objects.create_user(f"user{n:02}") for n in range(23)]

    text = text_of(choose(browser, "keyturn_end_sessions", users))

    assert text.count("<li>user") == 20
    assert "and 3 more" in text


@pytest.mark.parametrize("action", ["keyturn_end_sessions", "keyturn_require_reset", "keyturn_unlock"])
@pytest.mark.parametrize("chosen", ["x", "1 OR 1=1", "\x00", "9" * 40, "-", "💩"])
def test_what_cannot_be_a_user_is_refused(ada, browser, action, chosen):
    answer = browser.post(LIST, {"action": action, "_selected_action": [chosen], "keyturn_confirmed": "yes"})

    assert answer.status_code == 400
    assert not AccountState.objects.exists()


@pytest.mark.parametrize("slug", ["end-sessions", "require-reset", "unlock"])
@pytest.mark.parametrize("pk", ["0", "x", "9" * 30, "%00"])
def test_a_user_who_is_not_there_is_not_found(browser, slug, pk):
    assert browser.post(f"{LIST}{pk}/keyturn/{slug}/").status_code == 404


def test_an_act_that_there_is_not_is_not_found(ada, browser):
    assert browser.post(page_of(ada, "promote")).status_code == 404


@pytest.mark.parametrize(
    ("slug", "permission"),
    [
        ("end-sessions", "keyturn.change_session"),
        ("require-reset", "keyturn.change_accountstate"),
        ("unlock", "keyturn.change_accountstate"),
    ],
)
def test_each_act_takes_its_permission(ada, support, caller, slug, permission):
    tokens = caller.log_in()

    assert browser_of(support).get(page_of(ada, slug)).status_code == 403
    assert browser_of(support).post(page_of(ada, slug)).status_code == 403
    assert caller.home(tokens.access).status_code == 200

    allow(support, permission)
    assert browser_of(support).post(page_of(ada, slug)).status_code == 302


def test_the_list_offers_the_acts_to_those_who_may_only(ada, support, browser):
    names = ("keyturn_end_sessions", "keyturn_require_reset", "keyturn_unlock")

    assert all(f'value="{name}"' in text_of(browser.get(LIST)) for name in names)
    assert not any(f'value="{name}"' in text_of(browser_of(support).get(LIST)) for name in names)

    choose(browser_of(support), names[1], [ada], keyturn_confirmed="yes")
    assert not needs_reset(ada)


def test_a_stranger_is_sent_to_the_login(ada, client, caller):
    tokens = caller.log_in()

    for slug in ("end-sessions", "require-reset", "unlock", "impersonate"):
        answer = client.post(page_of(ada, slug), {"reason": "because"})
        assert answer.status_code == 302
        assert answer["Location"].startswith("/admin/login/")

    assert caller.home(tokens.access).status_code == 200
    assert Session.objects.count() == 1


def test_an_act_is_told_once_and_in_the_trail(ada, browser):
    browser.post(page_of(ada, "unlock"))

    assert not LogEntry.objects.exists()
    assert [event for event, *_ in events_of(ada)] == ["unlocked"]


def test_what_the_admin_does_by_itself_has_its_address_in_the_trail_too(ada, root, browser):
    form = {
        "username": "ada",
        "email": "ada@example.com",
        "date_joined_0": "2026-01-01",
        "date_joined_1": "00:00:00",
        "first_name": "Ada",
    }

    assert browser.post(f"{LIST}{ada.pk}/change/", form).status_code == 302

    ada.refresh_from_db()
    assert not ada.is_active
    deactivated = AuditEvent.objects.get(event="account_deactivated")
    assert (deactivated.user_id, deactivated.actor_id, deactivated.ip) == (str(ada.pk), str(root.pk), ADMIN_ADDRESS)
