"""The OpenAPI document tells the user model that the project has."""

from django.contrib.auth import get_user_model
from django.db import models

from tests.bad_input.openapi import document


def test_the_id_is_of_the_kind_of_the_models_key():
    me = document()["components"]["schemas"]["KeyturnMe"]["properties"]
    number = isinstance(get_user_model()._meta.pk, models.IntegerField)
    assert me["id"]["type"] == ("integer" if number else "string")


def test_one_signs_in_by_the_name_that_the_model_names():
    login = document()["components"]["schemas"]["KeyturnCredentials"]["properties"]
    assert set(login) == {get_user_model().USERNAME_FIELD, "password"}


def test_without_allauth_there_are_no_endpoints_of_accounts():
    assert not [address for address in document()["paths"] if address.startswith("/auth/")]
