"""GET /me/activity/"""

from datetime import UTC

import pytest
from django.utils import translation

from keyturn.clock import aware
from keyturn.trail import telling
from keyturn.trail.calling import Caller as TrailCaller
from keyturn.trail.calling import calling
from keyturn.trail.events import Event
from keyturn.trail.models import AuditEvent
from keyturn.trail.recording import record
from keyturn.trail.telling import told
from tests.contract.caller import CHROME, PASSWORD, Caller, assert_refused, claims

pytestmark = pytest.mark.django_db(transaction=True)

PATH = "/me/activity/"


def page(caller, access, query="", **environ):
    answer = caller.call("GET", f"{PATH}{query}", access=access, **environ)
    assert answer.status_code == 200, answer.content
    return answer.json()


def test_a_login_is_shown_in_words_its_user_understands(ada, caller):
    tokens = caller.log_in()
    event = AuditEvent.objects.get()

    assert page(caller, tokens.access) == {
        "results": [
            {
                "at": aware(event.at).astimezone(UTC).isoformat().replace("+00:00", "Z"),
                "event": "login",
                "reason": "",
                "message": "Signed in.",
                "session": claims(tokens.access)["sid"],
                "current": True,
                "by_administrator": False,
                "ip": "192.0.2.7",
                "user_agent": "Firefox on Windows",
            }
        ],
        "next_cursor": None,
    }


def test_it_answers_why_one_was_logged_out(ada, caller):
    lost = Caller(user_agent=CHROME).log_in()
    ada.set_password("another good password")
    ada.save()
    assert_refused(caller.try_refresh(lost.refresh), "password_changed")

    shown = page(caller, caller.log_in(password="another good password").access)["results"]

    (ending,) = [one for one in shown if one["session"] == claims(lost.access)["sid"] and one["event"] != "login"]
    assert (ending["event"], ending["reason"]) == ("session_revoked", "password_changed")
    assert ending["message"] == "Chrome on Linux was signed out because the password was changed."
    assert "The password was changed." in [one["message"] for one in shown]


def test_the_newest_comes_first_and_failures_are_among_it(ada, caller):
    caller.try_log_in(password="wrong")
    tokens = caller.log_in()

    shown = page(caller, tokens.access)["results"]
    assert [one["event"] for one in shown] == ["login", "login_failed"]
    assert shown[1]["message"] == "A sign-in failed: the password was wrong."


def test_events_of_others_are_invisible(ada, eve, caller):
    caller.log_in("eve")
    record(Event.LOGIN_FAILED, user_id="")
    tokens = caller.log_in()

    assert [one["session"] for one in page(caller, tokens.access)["results"]] == [claims(tokens.access)["sid"]]


def test_of_an_administrator_neither_name_nor_address_is_told(ada, boss, caller):
    tokens = caller.log_in()
    with calling(TrailCaller(ip="203.0.113.5", user_agent=CHROME, actor_id=str(boss.pk))):
        record(Event.UNLOCKED, user_id=ada.pk, details={"note": "by boss"})

    answer = caller.call("GET", PATH, access=tokens.access)
    shown = answer.json()["results"][0]
    assert (shown["event"], shown["by_administrator"], shown["ip"], shown["user_agent"]) == ("unlocked", True, None, "")
    assert "boss" not in answer.content.decode()
    assert "203.0.113.5" not in answer.content.decode()


def test_pages_follow_each_other_without_gap_or_repetition_while_events_come(ada, caller):
    access = caller.log_in().access
    for number in range(25):
        record(Event.LOGIN_FAILED, user_id=ada.pk, reason=f"r{number}")
    seen, query = [], "?limit=10"
    while query:
        found = page(caller, access, query)
        seen += [one["reason"] for one in found["results"]]
        record(Event.LOGIN_FAILED, user_id=ada.pk, reason="later")
        query = f"?limit=10&cursor={found['next_cursor']}" if found["next_cursor"] else ""

    assert seen == [f"r{number}" for number in reversed(range(25))] + [""]


def test_a_full_last_page_has_no_next(ada, caller):
    access = caller.log_in().access
    record(Event.LOGIN_FAILED, user_id=ada.pk)

    assert page(caller, access, "?limit=2")["next_cursor"] is None
    assert page(caller, access, "?limit=1")["next_cursor"] is not None


def test_a_cursor_tells_nothing_and_is_of_no_use_to_others(ada, eve, caller):
    access = caller.log_in().access
    record(Event.LOGIN_FAILED, user_id=ada.pk)
    cursor = page(caller, access, "?limit=1")["next_cursor"]

    assert str(AuditEvent.objects.order_by("-id").values_list("id", flat=True)[0]) not in cursor.split(".")
    other = caller.call("GET", f"{PATH}?cursor={cursor}", access=caller.log_in("eve").access)
    assert (other.status_code, list(other.json()["cursor"])) == (400, ["Not a cursor of this list."])


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=101",
        "limit=-1",
        "limit=1.5",
        "limit=",
        "limit=ten",
        "limit=%D9%A3",
        "limit=1&limit=2",
        "limit=99999999999999999999",
        "limit=%00",
        "cursor=",
        "cursor=7",
        "cursor=a.b.c.d",
        "cursor=v1.x.y.z",
        "cursor=%00",
        "cursor=%ED%A0%80",
        "cursor=%FF",
        "cursor=" + "A" * 5000,
        "cursor=a&cursor=b",
    ],
)
def test_a_parameter_that_is_wrong_is_refused_with_words(ada, caller, query):
    answer = caller.call("GET", f"{PATH}?{query}", access=caller.log_in().access)

    assert answer.status_code == 400, answer.content
    body = answer.json()
    assert body["code"] == "invalid"
    assert body["detail"]
    assert body[query.partition("=")[0]]


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_nothing_can_be_changed(ada, caller, method):
    access = caller.log_in().access
    answer = caller.call(method, PATH, {}, access=access)

    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
    assert AuditEvent.objects.count() == 1


def test_it_needs_a_good_access_token(ada, caller):
    tokens = caller.log_in()

    assert caller.call("GET", PATH).status_code == 401
    assert_refused(caller.call("GET", PATH, access=tokens.refresh), "wrong_type")
    caller.log_out(tokens.refresh, tokens.access)
    assert_refused(caller.call("GET", PATH, access=tokens.access), "session_revoked")


def test_it_is_never_stored(ada, caller):
    assert caller.call("GET", PATH, access=caller.log_in().access)["Cache-Control"] == "no-store"


def test_a_page_is_two_statements_however_long_the_past_is(ada, caller, count_statements):
    access = caller.log_in().access
    for _ in range(60):
        record(Event.LOGIN_FAILED, user_id=ada.pk)
    with count_statements(exactly=2):
        assert len(page(caller, access)["results"]) == 50


def test_a_new_account_with_the_key_of_a_deleted_one_does_not_see_its_past(ada, caller, django_user_model):
    key = ada.pk
    caller.log_in()
    ada.delete()
    django_user_model.objects.create_user("ada", password=PASSWORD, pk=key)

    assert [one["event"] for one in page(caller, caller.log_in().access)["results"]] == ["login"]


@pytest.mark.parametrize("event", list(Event))
@pytest.mark.parametrize(
    "details", [{}, {"client": CHROME}, {"client": 5}, []], ids=["none", "client", "wrong", "list"]
)
def test_every_event_has_a_sentence(event, details):
    for reason in ("", "logout", "something new"):
        sentence = told(AuditEvent(event=event.value, reason=reason, details=details))
        assert sentence.endswith(".")
        assert "%(" not in sentence
        assert sentence != "Something happened to the account."


def test_an_event_of_a_later_version_is_shown_all_the_same():
    assert told(AuditEvent(event="teleported", details={})) == "Something happened to the account."


def test_every_sentence_is_there_in_german():
    known = [*telling._ENDINGS.items(), *telling._FAILURES.items(), *telling._SENTENCES.items()]
    for word, sentence in known:
        with translation.override("en"):
            english = str(sentence)
        with translation.override("de"):
            german = str(sentence)
        assert german != english, word
        assert german.count("%(client)s") == english.count("%(client)s"), word


def test_a_device_is_named_in_the_language_of_the_sentence(ada, caller):
    caller.call("POST", "/logout/all/", {}, access=Caller(user_agent=CHROME).log_in().access)

    shown = page(caller, caller.log_in().access, HTTP_ACCEPT_LANGUAGE="de")["results"]
    (ending,) = [one for one in shown if one["event"] == "session_revoked"]
    assert ending["message"].startswith("Chrome unter Linux wurde abgemeldet")
    # Programs read this one.
    assert ending["user_agent"] == "Firefox on Windows"


def test_the_language_of_the_request_is_spoken(ada, caller):
    access = caller.log_in().access

    (shown,) = page(caller, access, HTTP_ACCEPT_LANGUAGE="de-AT, en;q=0.5")["results"]
    assert (shown["event"], shown["message"]) == ("login", "Angemeldet.")
