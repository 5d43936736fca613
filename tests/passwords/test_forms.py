"""Django's own forms that ask for a password, the admin's among them."""

from typing import Any

import pytest
from django.contrib.auth.forms import (
    AdminPasswordChangeForm,
    PasswordChangeForm,
    SetPasswordForm,
    UserCreationForm,
)
from django.contrib.auth.models import User
from django.test import Client

pytestmark = pytest.mark.django_db

APART, KEPT = "cafe\u0301 au lait 9", "caf\u00e9 au lait 9"
TOO_LONG = "violet kettle " * 300


@pytest.fixture
def user():
    return User.objects.create_user("ada", password=KEPT)


def saved(form):
    assert form.is_valid(), form.errors
    return form.save()


@pytest.mark.parametrize("typed", [APART, KEPT])
def test_every_form_keeps_a_password_in_the_form_in_which_logins_look_for_it(user, typed):
    new = typed + " please"
    made: list[Any] = [
        UserCreationForm({"username": "new", "password1": new, "password2": new}),
        AdminPasswordChangeForm(user, {"password1": new, "password2": new}),
        SetPasswordForm(user, {"new_password1": new, "new_password2": new}),
    ]
    for form in made:
        assert saved(form).check_password(KEPT + " please")


def test_the_old_password_may_be_typed_in_other_code_points(user):
    form = PasswordChangeForm(user, {"old_password": APART, "new_password1": APART + "x", "new_password2": APART + "x"})
    assert saved(form).check_password(KEPT + "x")


def test_a_wrong_old_password_is_refused(user):
    form = PasswordChangeForm(user, {"old_password": "x", "new_password1": APART, "new_password2": APART})
    assert form.errors.as_data()["old_password"][0].code == "password_incorrect"


def test_what_is_too_long_is_hashed_by_no_form_whatever_the_projects_validators(user, settings, monkeypatch):
    def never(*arguments, **options):
        raise AssertionError("hashed")

    settings.AUTH_PASSWORD_VALIDATORS = []
    monkeypatch.setattr("django.contrib.auth.hashers.MD5PasswordHasher.encode", never)
    monkeypatch.setattr("django.contrib.auth.hashers.MD5PasswordHasher.verify", never)
    twice = {"new_password1": TOO_LONG, "new_password2": TOO_LONG}
    for form, field in (
        (UserCreationForm({"username": "new", "password1": TOO_LONG, "password2": TOO_LONG}), "password2"),
        (AdminPasswordChangeForm(user, {"password1": TOO_LONG, "password2": TOO_LONG}), "password2"),
        (SetPasswordForm(user, twice), "new_password2"),
        (PasswordChangeForm(user, {"old_password": TOO_LONG, **twice}), "old_password"),
    ):
        assert field in form.errors


def test_the_admins_own_page_changes_a_password_so(user):
    user.is_staff = user.is_superuser = True
    user.save()
    client = Client()
    client.force_login(user)
    answer = client.post(
        "/admin/password_change/",
        {"old_password": APART, "new_password1": APART + " please", "new_password2": APART + " please"},
    )
    assert answer.status_code == 302
    user.refresh_from_db()
    assert user.check_password(KEPT + " please")
