"""GET and PATCH /me/"""

from datetime import datetime, timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress

from keyturn.clock import utc_now
from keyturn.sessions.client import Client
from keyturn.signin.models import AccountState
from keyturn.tokens.impersonating import impersonate
from keyturn.trail.models import AuditEvent
from tests.contract.caller import PASSWORD, Caller, assert_refused, claims


@pytest.fixture
def ada(db: None, django_user_model: Any) -> Any:
    return django_user_model.objects.create_user("ada", "ada@example.com", PASSWORD, first_name="Ada")


@pytest.fixture
def caller() -> Caller:
    return Caller()


@pytest.fixture
def access(ada: Any, caller: Caller) -> str:
    return caller.log_in().access


def seen(caller: Caller, access: str) -> dict[str, Any]:
    answer = caller.call("GET", "/me/", access=access)
    assert answer.status_code == 200, answer.content
    assert answer["Cache-Control"] == "no-store"
    found: dict[str, Any] = answer.json()
    return found


def test_users_see_their_account(ada, caller, access):
    joined = ada.date_joined.isoformat().replace("+00:00", "Z")

    assert seen(caller, access) == {
        "id": ada.pk,
        "username": "ada",
        "email": "ada@example.com",
        "email_verified": False,
        "first_name": "Ada",
        "last_name": "",
        "date_joined": joined,
        "has_usable_password": True,
        "needs": [],
    }


def test_a_verified_address_is_shown_as_such_in_whatever_case_it_is_kept(ada, caller, access):
    EmailAddress.objects.create(user=ada, email="Ada@Example.com", verified=True, primary=True)

    assert seen(caller, access)["email_verified"] is True


def test_another_verified_address_does_not_verify_this_one(ada, caller, access):
    EmailAddress.objects.create(user=ada, email="old@example.com", verified=True)
    EmailAddress.objects.create(user=ada, email="ada@example.com", verified=False)

    assert seen(caller, access)["email_verified"] is False


def test_what_a_login_would_meet_is_named(ada, caller, access):
    state = AccountState.objects.create(user=ada, signed_up_at=utc_now())
    assert seen(caller, access)["needs"] == ["email_not_verified"]

    state.verified_at = state.reset_required_at = utc_now()
    state.save()
    assert seen(caller, access)["needs"] == ["password_reset_required"]


def test_a_user_without_password_is_told_so(ada, caller, access):
    type(ada).objects.filter(pk=ada.pk).update(password="!unusable")
    from keyturn.tokens.issuing import issue_pair

    ada.refresh_from_db()
    pair = issue_pair(user=ada, now=utc_now(), client=Client())

    assert seen(caller, pair.access)["has_usable_password"] is False


def test_users_change_their_names(ada, caller, access):
    answer = caller.call("PATCH", "/me/", {"first_name": "  Augusta ", "last_name": "de Morgan-Öß"}, access=access)

    assert answer.status_code == 200, answer.content
    assert answer.json() == seen(caller, access)
    ada.refresh_from_db()
    assert (ada.first_name, ada.last_name) == ("Augusta", "de Morgan-Öß")


def test_a_change_leaves_one_event_that_names_the_fields_and_not_the_values(ada, caller, access):
    caller.call("PATCH", "/me/", {"first_name": "Augusta", "last_name": ""}, access=access)

    event = AuditEvent.objects.get(event="profile_changed")
    assert (event.user_id, str(event.session_id)) == (str(ada.pk), claims(access)["sid"])
    assert event.details == {"fields": ["first_name"]}
    assert (event.ip, event.actor_id) == ("192.0.2.7", "")


@pytest.mark.parametrize("body", [{}, {"first_name": "Ada"}], ids=["nothing", "the same"])
def test_a_change_of_nothing_leaves_no_event(ada, caller, access, body):
    assert caller.call("PATCH", "/me/", body, access=access).status_code == 200

    assert not AuditEvent.objects.filter(event="profile_changed").exists()


def test_a_form_will_do(ada, caller, access):
    answer = caller.browser.patch(
        "/me/", "first_name=Augusta", "application/x-www-form-urlencoded", HTTP_AUTHORIZATION=f"Bearer {access}"
    )

    assert (answer.status_code, answer.json()["first_name"]) == (200, "Augusta")


@pytest.mark.parametrize(
    "name",
    [
        *("id", "pk", "username", "email", "email_verified", "password", "is_staff", "is_superuser", "is_active"),
        *("date_joined", "last_login", "groups", "user_permissions", "has_usable_password", "needs"),
        *("nonsense", "__class__"),
    ],
)
def test_nothing_else_can_be_changed_and_a_good_field_beside_it_is_not_either(ada, caller, access, name):
    before = vars(type(ada).objects.get(pk=ada.pk))

    answer = caller.call("PATCH", "/me/", {"first_name": "Augusta", name: "1"}, access=access)

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert answer.json()[name] == ["This cannot be changed here."]
    after = vars(type(ada).objects.get(pk=ada.pk))
    assert {key: value for key, value in after.items() if key != "_state"} == {
        key: value for key, value in before.items() if key != "_state"
    }


@pytest.mark.parametrize(
    "value",
    [
        *("a\nb", "a\r\nBcc: x@example.com", "\x00", "a\x1b[31m", "\u202eevil", "a\u2028b", "a\u2066b", "x" * 151),
        *(None, True, [], {}, ["a"], "\ud800"),
    ],
    ids=ascii,
)
def test_names_are_text_that_passes_for_nothing_else(ada, caller, access, value):
    answer = caller.call("PATCH", "/me/", {"first_name": value}, access=access)

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert answer.json()["detail"]
    assert answer.json()["first_name"]
    ada.refresh_from_db()
    assert ada.first_name == "Ada"


@pytest.mark.parametrize(
    "value", ["\u0646\u0627\u0645\u200c\u0647\u0627", "O'Brien", "李", "María José", "👩\u200d💻", "5"], ids=ascii
)
def test_names_of_the_whole_world_are_taken(ada, caller, access, value):
    assert caller.call("PATCH", "/me/", {"first_name": value}, access=access).json()["first_name"] == value


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"{", b"[]", b'"x"', b"5", b"null", b'{"first_name": "a", "first_name": "b"}', b"\xff\xfe", b"{}" * 2),
        *(b"[" * 100_000, b'{"first_name": NaN}'),
    ],
    ids=["empty", "open", "array", "text", "number", "null", "twice", "no utf-8", "two", "deep", "nan"],
)
def test_a_bad_body_is_a_400_or_413_and_changes_nothing(ada, caller, access, body):
    answer = caller.browser.patch("/me/", body, "application/json", HTTP_AUTHORIZATION=f"Bearer {access}")

    assert answer.status_code in ({200} if body == b"" else {400, 413}), answer.content
    assert answer["Content-Type"] == "application/json"
    assert {"detail", "code"} <= set(answer.json()) or answer.status_code == 200
    ada.refresh_from_db()
    assert ada.first_name == "Ada"


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_other_methods_are_a_405(caller, access, method):
    answer = caller.call(method, "/me/", {}, access=access)

    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
def test_each_call_needs_a_good_access_token(ada, caller, method):
    tokens = caller.log_in()

    answer = caller.call(method, "/me/")
    assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")
    assert answer["WWW-Authenticate"].startswith("Bearer")
    assert_refused(caller.call(method, "/me/", access=tokens.refresh), "wrong_type")
    caller.log_out(tokens.refresh, tokens.access)
    assert_refused(caller.call(method, "/me/", access=tokens.access), "session_revoked")
    assert type(ada).objects.filter(pk=ada.pk).exists()


def test_an_administrator_who_acts_as_the_user_sees_the_account_and_changes_nothing(ada, caller, django_user_model):
    root = django_user_model.objects.create_superuser("root", "root@example.com", PASSWORD)
    acting = impersonate(actor=root, user=ada, reason="a call for help", now=utc_now()).access

    assert seen(caller, acting)["username"] == "ada"
    for method, path, body in (
        ("PATCH", "/me/", {"first_name": "X"}),
        ("DELETE", "/me/", {"password": PASSWORD}),
        ("GET", "/me/export/", None),
    ):
        answer = caller.call(method, path, body, access=acting)
        assert (answer.status_code, answer.json()["code"]) == (403, "impersonated"), path
    ada.refresh_from_db()
    assert ada.first_name == "Ada"


def test_own_fields_can_be_named_by_the_project(ada, caller, access, settings):
    settings.KEYTURN = {"PROFILE_FIELDS": ["last_name"]}

    assert "first_name" not in seen(caller, access)
    assert caller.call("PATCH", "/me/", {"first_name": "X"}, access=access).status_code == 400
    assert caller.call("PATCH", "/me/", {"last_name": "X"}, access=access).json()["last_name"] == "X"


def test_what_decides_who_a_user_is_cannot_be_named_there(settings):
    from django.core.exceptions import ImproperlyConfigured

    from keyturn import conf

    for name in ("is_staff", "is_superuser", "password", "email", "username", "groups"):
        settings.KEYTURN = {"PROFILE_FIELDS": [name]}
        with pytest.raises(ImproperlyConfigured, match=name):
            conf.get()


def test_a_user_who_is_deleted_meanwhile_is_a_401(ada, caller, access, monkeypatch):
    from keyturn.accounts.profile import change_profile as change

    def after_a_deletion(user_pk, **facts):
        type(ada)._base_manager.filter(pk=ada.pk)._raw_delete("default")
        return change(user_pk, **facts)

    monkeypatch.setattr("keyturn.api.me_views.change_profile", after_a_deletion)
    from keyturn.sessions.models import Session

    # As the database would by its cascade.
    Session._base_manager.all()._raw_delete("default")
    assert caller.call("PATCH", "/me/", {"first_name": "X"}, access=access).status_code == 401


def test_date_joined_is_in_utc(ada, caller, access):
    assert datetime.fromisoformat(seen(caller, access)["date_joined"]).utcoffset() == timedelta(0)


def test_seeing_the_account_takes_three_statements(ada, caller, access, count_statements):
    with count_statements(exactly=3):
        seen(caller, access)


@pytest.mark.parametrize(
    ("body", "field", "sentence"),
    [
        ({"first_name": "A" * 200}, "first_name", "Stelle sicher, dass dieses Feld"),
        ({"first_name": "A\nB"}, "first_name", "Steuerzeichen und Zeilenumbrüche sind nicht erlaubt."),
        ({"username": "eve"}, "username", "Das lässt sich hier nicht ändern."),
    ],
)
def test_what_is_wrong_is_said_in_the_language_that_is_asked_for(ada, caller, access, body, field, sentence):
    german = caller.call("PATCH", "/me/", body, access=access, HTTP_ACCEPT_LANGUAGE="de-AT,en;q=0.5")
    english = caller.call("PATCH", "/me/", body, access=access)

    assert (german.status_code, english.status_code) == (400, 400)
    assert german.json()[field][0].startswith(sentence)
    assert german.json()["code"] == english.json()["code"]
    assert not english.json()[field][0].startswith(sentence)


def test_a_missing_password_is_missed_in_the_language_that_is_asked_for(ada, caller, access):
    german = caller.call("DELETE", "/me/", {}, access=access, HTTP_ACCEPT_LANGUAGE="de")

    assert (german.status_code, german.json()["password"]) == (400, ["Dieses Feld ist zwingend erforderlich."])
