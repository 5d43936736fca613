"""Passwords at the door."""

import pytest
from django.contrib.auth.models import User

from tests.accounts.engine import AuthClient

pytestmark = pytest.mark.django_db

APART, KEPT = "cafe\u0301 au lait 9", "caf\u00e9 au lait 9"


def log_in(client, password):
    return client.post("/token/", {"username": "ada", "password": password}, content_type="application/json")


@pytest.mark.parametrize("stored", [KEPT, APART], ids=["kept in NFC", "hashed verbatim, before Keyturn"])
def test_the_password_is_right_as_it_was_typed_when_it_was_chosen(client, stored):
    User.objects.create_user("ada", password=stored)
    assert log_in(client, stored).status_code == 200


def test_the_password_is_right_from_a_system_that_writes_the_letters_apart(client):
    User.objects.create_user("ada", password=KEPT)
    assert log_in(client, APART).status_code == 200


def test_spaces_at_the_ends_and_case_belong_to_the_password(client):
    User.objects.create_user("ada", password=KEPT)
    for wrong in (f" {KEPT}", f"{KEPT} ", KEPT.upper()):
        assert log_in(client, wrong).status_code == 401


@pytest.mark.parametrize("name", ["ada", "nobody"])
@pytest.mark.parametrize("length", [4_097, 60_000])
def test_what_is_too_long_is_refused_before_a_hash_is_computed(client, monkeypatch, name, length):
    User.objects.create_user("ada", password=KEPT)

    def never(*arguments, **options):
        raise AssertionError("hashed")

    monkeypatch.setattr("django.contrib.auth.hashers.MD5PasswordHasher.encode", never)
    monkeypatch.setattr("django.contrib.auth.hashers.MD5PasswordHasher.verify", never)
    body = {"username": name, "password": "x" * length}
    answer = client.post("/token/", body, content_type="application/json")
    assert answer.status_code == 400
    assert answer.json()["code"] == "invalid"
    assert list(answer.json()["password"]) == ["This password is too long. It must contain at most 4096 bytes."]


def test_one_attempt_is_counted_for_both_spellings(client):
    from keyturn.defence.models import AttemptCounter

    User.objects.create_user("ada", password=KEPT)
    log_in(client, APART + "x")
    assert set(AttemptCounter.objects.values_list("count", flat=True)) == {1}


def test_a_password_chosen_at_sign_up_is_kept_in_the_form_in_which_logins_look_for_it(client):
    assert AuthClient().sign_up("ada@example.org", APART, username="ada").status_code == 401
    assert User.objects.get().check_password(KEPT)


@pytest.mark.parametrize(
    ("password", "code"),
    [("x9 kq!Z", "password_too_short"), ("Password1", "password_too_common"), ("x" * 4_097, "password_too_long")],
)
def test_a_bad_password_is_refused_at_sign_up_with_its_code(password, code):
    answer = AuthClient().sign_up("ada@example.org", password, username="ada")
    assert answer.status_code == 400
    assert [error["code"] for error in answer.json()["errors"] if error["param"] == "password"] == [code]
    assert not User.objects.exists()


def test_the_admins_login_computes_no_hash_of_what_is_too_long(client, monkeypatch):
    User.objects.create_superuser("ada", password=KEPT)

    def never(*arguments, **options):
        raise AssertionError("hashed")

    monkeypatch.setattr("django.contrib.auth.hashers.MD5PasswordHasher.encode", never)
    monkeypatch.setattr("django.contrib.auth.hashers.MD5PasswordHasher.verify", never)
    answer = client.post("/admin/login/", {"username": "ada", "password": "x" * 4_097})
    assert answer.status_code == 200
    assert "_auth_user_id" not in client.session
