"""Whatever the user model, and without django-allauth: /me/, its export, its deletion."""

import json
from typing import Any

import pytest
from django.contrib.auth import get_user_model

from keyturn.sessions.models import Session
from keyturn.trail.models import AuditEvent
from tests.contract.caller import PASSWORD, Caller

User: Any = get_user_model()
NAME = "ada@example.com"


@pytest.fixture
def ada(db: None) -> Any:
    """A user of the project's own model."""
    return User.objects.create_user(**{User.USERNAME_FIELD: NAME}, password=PASSWORD)


def signed_in(caller: Caller) -> str:
    answer = caller.call("POST", "/token/", {User.USERNAME_FIELD: NAME, "password": PASSWORD})
    assert answer.status_code == 200, answer.content
    return str(answer.json()["access"])


def has(field: str) -> bool:
    return field in {one.name for one in User._meta.get_fields()}


def test_what_the_model_has_is_shown_and_the_rest_is_null(ada, caller):
    answer = caller.call("GET", "/me/", access=signed_in(caller))

    assert answer.status_code == 200, answer.content
    shown = answer.json()
    assert (str(shown["id"]), shown["username"]) == (str(ada.pk), NAME)
    assert (shown["email"] is None) == (not has("email"))
    assert (shown["date_joined"] is None) == (not has("date_joined"))
    assert ("first_name" in shown) == has("first_name")
    assert shown["email_verified"] is None
    assert (shown["has_usable_password"], shown["needs"]) == (True, [])


def test_fields_that_the_project_names_can_be_changed_and_those_the_model_lacks_are_passed_over(ada, caller, settings):
    settings.KEYTURN = {"PROFILE_FIELDS": ["first_name", "club", "no_such_field"]}
    own = [name for name in ("first_name", "club") if has(name)]
    access = signed_in(caller)

    for name in own:
        answer = caller.call("PATCH", "/me/", {name: "Chess"}, access=access)
        assert (answer.status_code, answer.json()[name]) == (200, "Chess")
    assert caller.call("PATCH", "/me/", {"no_such_field": "x"}, access=access).status_code == 400
    stored = User.objects.get(pk=ada.pk)
    assert all(getattr(stored, name) == "Chess" for name in own)
    assert AuditEvent.objects.filter(event="profile_changed").count() == len(own)


def test_the_export_has_every_field_of_the_model_but_the_password(ada, caller):
    answer = caller.call("GET", "/me/export/", access=signed_in(caller))

    text = answer.getvalue().decode()
    found = json.loads(text)
    assert set(found["account"]) >= {field.name for field in User._meta.concrete_fields} - {"password"}
    assert "password" not in found["account"]
    assert User.objects.get(pk=ada.pk).password not in text
    assert (len(found["sessions"]), found["email_addresses"], found["sign_in_factors"]) == (1, [], [])
    assert found["trusted_devices"] == []


def test_the_password_deletes_the_account(ada, caller):
    access = signed_in(caller)

    assert caller.call("DELETE", "/me/", {"password": "wrong"}, access=access).status_code == 400
    assert caller.call("DELETE", "/me/", {"password": PASSWORD}, access=access).status_code == 204

    assert not User.objects.exists()
    assert not Session.objects.exists()
    assert caller.home(access).status_code == 401
    assert AuditEvent.objects.filter(event="account_deleted", user_id=str(ada.pk)).count() == 1
