"""The trail in the admin: found by user, address, session and event; nothing can be changed."""

import uuid

import pytest
from django.contrib.auth.models import Permission

from keyturn.trail.calling import Caller, calling
from keyturn.trail.events import Event
from keyturn.trail.models import AuditEvent
from keyturn.trail.recording import record

pytestmark = pytest.mark.django_db(transaction=True)

LIST = "/admin/keyturn/auditevent/"
SESSION = uuid.UUID("0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b")


@pytest.fixture
def page(client, boss):
    """An administrator's browser."""
    client.force_login(boss)
    return client


@pytest.fixture
def past(ada, eve, boss):
    """Something that happened."""
    with calling(Caller(ip="192.0.2.44", user_agent="Netscape")):
        record(Event.LOGIN, user_id=ada.pk, session_id=SESSION)
    with calling(Caller(ip="2001:db8::9")):
        record(Event.LOGIN_FAILED, user_id=eve.pk, reason="bad_credentials")
    with calling(Caller(actor_id=str(boss.pk))):
        record(Event.UNLOCKED, user_id=eve.pk)
    record(Event.LOGIN_FAILED)


def found(page, query=""):
    answer = page.get(LIST, query_params={"q": query} if isinstance(query, str) else query)
    assert answer.status_code == 200
    return [event.event for event in answer.context["cl"].result_list]


def test_events_are_listed_the_newest_first_with_the_names_of_their_users(page, past, ada):
    assert found(page) == ["login_failed", "unlocked", "login_failed", "login"]
    text = page.get(LIST).content.decode()
    # To the second, in the project's time zone.
    assert f"{AuditEvent.objects.get(event='login').at:%Y-%m-%d %H:%M:%S}" in text
    assert f'?q={SESSION}" title="{SESSION}">…{SESSION.hex[-8:]}</a>' in text
    assert f'<a href="/admin/auth/user/{ada.pk}/change/">ada</a>' in text
    assert ">boss</a>" in text


@pytest.mark.parametrize(
    ("query", "events"),
    [
        ("ada", ["login"]),
        ("EVE", ["unlocked", "login_failed"]),
        ("boss", ["unlocked"]),
        ("192.0.2.44", ["login"]),
        ("2001:DB8:0::9", ["login_failed"]),
        (str(SESSION), ["login"]),
        (SESSION.hex, ["login"]),
        ("login_failed", ["login_failed", "login_failed"]),
        ("eve login_failed", ["login_failed"]),
        ("eve login", []),
        ("nobody", []),
        ("'; DROP TABLE keyturn_audit_event; --", []),
        ("%", []),
        ("x" * 5000, []),
        ("9" * 400, []),
    ],
    ids=lambda value: value[:20] if isinstance(value, str) else "",
)
def test_a_search_takes_names_addresses_sessions_and_events(page, past, query, events):
    assert found(page, query) == events


def test_a_search_by_key_finds_a_user_who_is_gone(page, past, ada):
    key = str(ada.pk)
    ada.delete()

    assert found(page, key) == ["account_deleted", "login"]


def test_the_filters_narrow_the_list(page, past):
    assert found(page, {"event": "unlocked"}) == ["unlocked"]
    assert len(found(page, {"past": "24h"})) == 4
    assert len(found(page, {"event": "no such", "past": "no such"})) == 4


@pytest.mark.parametrize(
    "query", ["ip=999", "user_id__contains=1", "details__client=x", "p=99999", "p=x", "o=99", "all=", "q=%00"]
)
def test_other_parameters_ask_the_database_nothing(page, past, query):
    assert page.get(f"{LIST}?{query}").status_code in {200, 302, 400}


def test_a_list_costs_no_more_statements_with_more_events(page, ada, count_statements):
    for number in range(3):
        record(Event.LOGIN, user_id=ada.pk, reason=str(number))
    with count_statements() as few:
        found(page)
    for number in range(40):
        record(Event.LOGIN, user_id=ada.pk, reason=str(number))
    with count_statements(exactly=len(few)):
        found(page)


def test_an_event_is_shown_whole_and_read_only(page, past):
    event = AuditEvent.objects.get(event="login")
    answer = page.get(f"{LIST}{event.pk}/change/")

    text = answer.content.decode()
    assert answer.status_code == 200
    assert "Signed in." in text
    assert str(SESSION) in text
    assert '<input type="submit"' not in text
    assert "deletelink" not in text


@pytest.mark.parametrize("key", ["0", "x", "-1", "1.5", "9" * 30, "%00", "_5F"])
def test_what_is_no_event_is_no_page(page, past, key):
    answer = page.get(f"{LIST}{key}/change/")
    assert answer.status_code in {302, 404}


def test_nothing_can_be_added_changed_or_deleted(page, past):
    event = AuditEvent.objects.get(event="login")
    for path in (f"{LIST}add/", f"{LIST}{event.pk}/change/", f"{LIST}{event.pk}/delete/"):
        assert page.post(path, {"user_id": "9", "post": "yes"}).status_code == 403
    page.post(LIST, {"action": "delete_selected", "_selected_action": [event.pk], "post": "yes"})

    assert AuditEvent.objects.filter(pk=event.pk, user_id=event.user_id).count() == 1
    assert AuditEvent.objects.filter(event__in=["login", "unlocked", "login_failed"]).count() == 4


def test_it_takes_the_permission_to_see_it(client, past, django_user_model):
    helper = django_user_model.objects.create_user("helper", is_staff=True)
    client.force_login(helper)
    assert client.get(LIST).status_code == 403

    helper.user_permissions.add(Permission.objects.get(codename="view_auditevent"))
    assert client.get(LIST).status_code == 200
