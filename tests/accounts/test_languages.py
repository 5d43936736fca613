"""What is wrong with a field is said in the language that the client asks for; words for programs stay as they are."""

from typing import Any

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db

SIGN_UP = "/auth/app/v1/auth/signup"
COMMON = {"email": "ada@example.com", "password": "password"}


def refused(language: str | None) -> Any:
    headers = {} if language is None else {"Accept-Language": language}
    answer = Client().post(SIGN_UP, COMMON, content_type="application/json", headers=headers)
    assert answer.status_code == 400, answer.content
    return next(error for error in answer.json()["errors"] if error["code"] == "password_too_common")


@pytest.mark.parametrize("language", ["de", "de-AT,de;q=0.9,en;q=0.5"])
def test_a_german_reader_is_told_in_german(language):
    assert refused(language)["message"].startswith("Dieses Passwort ist zu verbreitet")


@pytest.mark.parametrize("language", [None, "en", "tlh", "*", "", "\u00fc;q=x"])
def test_others_are_told_in_english(language):
    assert refused(language)["message"].startswith("This password is too common")


def test_the_language_of_one_call_is_not_that_of_the_next():
    refused("de")
    assert refused(None)["message"].startswith("This password is too common")
