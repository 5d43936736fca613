"""The OpenAPI document tells what the project's accounts are made of."""

from allauth.account import app_settings

from tests.bad_input.openapi import document


def test_one_signs_up_and_in_with_what_the_settings_name():
    schemas = document()["components"]["schemas"]
    sign_up, login = schemas["KeyturnSignUp"], schemas["KeyturnLogin"]

    assert set(sign_up["properties"]) == {name.replace("password1", "password") for name in app_settings.SIGNUP_FIELDS}
    assert set(login["properties"]) == {*(method.value for method in app_settings.LOGIN_METHODS), "password"}
    if len(app_settings.LOGIN_METHODS) == 1:
        assert set(login["required"]) == set(login["properties"])
