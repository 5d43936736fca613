"""The second step of doors that a project has made its own: simplejwt's views, its own serializers, sliding tokens."""

import pytest
from django.urls import path
from rest_framework import serializers
from rest_framework_simplejwt.serializers import TokenObtainPairSerializer
from rest_framework_simplejwt.views import TokenObtainPairView, TokenObtainSlidingView

from keyturn.api import serializers as own
from keyturn.sessions.models import Session
from tests.contract.caller import PASSWORD, Caller, claims
from tests.mfa.door import code_of, enrol, finish
from tests.urls import urlpatterns as theirs
from tests.web.page import Page

pytestmark = pytest.mark.django_db


class HouseSerializer(TokenObtainPairSerializer):  # type: ignore[misc]
    """As a project writes it, by simplejwt's documentation: a claim, a word in the answer, a rule."""

    @classmethod
    def get_token(cls, user):
        token = super().get_token(user)
        token["house"] = "red"
        return token

    def validate(self, attrs):
        data = super().validate(attrs)
        if self.user.last_name == "Banned":
            raise serializers.ValidationError("The house says no.")
        return {**data, "name": self.user.get_username()}


class OurHouseSerializer(own.TokenObtainPairSerializer):
    """The same upon Keyturn's own."""

    def validate(self, attrs):
        return {**super().validate(attrs), "name": attrs["username"]}


class WiderSerializer(TokenObtainPairSerializer):  # type: ignore[misc]
    """With fields beside name and password, one of a kind that JSON has none of."""

    tenant = serializers.CharField()
    until = serializers.DateField(required=False)
    remember = serializers.BooleanField(default=False)

    def validate(self, attrs):
        tenant, until, remember = attrs["tenant"], attrs.get("until"), attrs["remember"]
        told = {"tenant": tenant, "year": until and until.year, "remember": remember}
        return {**super().validate(attrs), **told, "typed": attrs["username"], "password": attrs["password"]}


class HouseView(TokenObtainPairView):  # type: ignore[misc]
    """A view of a project's own."""

    serializer_class = HouseSerializer


urlpatterns = [
    *theirs,
    path("stock/token/", TokenObtainPairView.as_view()),
    path("stock/sliding/", TokenObtainSlidingView.as_view()),
    path("house/token/", HouseView.as_view()),
]


@pytest.fixture(autouse=True)
def urls(settings):
    settings.ROOT_URLCONF = "tests.mfa.test_token_mfa_in_projects"
    settings.KEYTURN = {"SLIDING_TOKENS": True}


@pytest.fixture
def secret(ada):
    """Of ada's authenticator app."""
    return enrol(ada)


@pytest.fixture
def caller():
    """A client that keeps nothing."""
    return Caller()


def knock(client, door):
    answer = client.call("POST", door, {"username": "ada", "password": PASSWORD})
    assert answer.status_code == 401, answer.content
    body = answer.json()
    assert body["code"] == body["reason"] == "mfa_required"
    assert body["methods"] == ["totp"]
    assert body["expires_in"] == 300
    return body["mfa_token"]


@pytest.mark.parametrize("door", ["/token/", "/stock/token/", "/house/token/", "/token/sliding/", "/stock/sliding/"])
def test_every_door_tells_how_to_go_on(secret, caller, door):
    assert finish(caller, knock(caller, door), code_of(secret)).status_code == 200
    assert Session.objects.get().amr == "pwd otp mfa"


def test_a_serializer_of_a_project_s_own_writes_the_answer_as_ever(secret, caller):
    body = finish(caller, knock(caller, "/house/token/"), code_of(secret)).json()
    assert set(body) == {"access", "refresh", "name"}
    assert body["name"] == "ada"
    found = claims(body["access"])
    assert found["house"] == "red"
    assert found["amr"] == ["pwd", "otp", "mfa"]
    assert caller.try_refresh(body["refresh"]).status_code == 200


@pytest.mark.parametrize("name", ["HouseSerializer", "OurHouseSerializer"])
def test_a_serializer_that_the_settings_name_does_so_too(secret, caller, settings, name):
    settings.SIMPLE_JWT = {"TOKEN_OBTAIN_SERIALIZER": f"tests.mfa.test_token_mfa_in_projects.{name}"}
    body = finish(caller, knock(caller, "/token/"), code_of(secret)).json()
    assert body["name"] == "ada"
    assert claims(body["access"])["amr"] == ["pwd", "otp", "mfa"]


def test_a_rule_of_its_own_refuses_in_the_second_step_and_opens_nothing(secret, ada, caller):
    ada.last_name = "Banned"
    ada.save()
    token, code = knock(caller, "/house/token/"), code_of(secret)
    answer = finish(caller, token, code)
    assert answer.status_code == 400
    assert answer.json()["non_field_errors"] == ["The house says no."]
    assert not Session.objects.exists()
    ada.last_name = ""
    ada.save()
    assert finish(caller, token, code).status_code == 200


@pytest.mark.parametrize("way", ["json", "form"])
def test_fields_beside_name_and_password_are_as_they_were_in_the_first_step(secret, caller, settings, way):
    settings.SIMPLE_JWT = {"TOKEN_OBTAIN_SERIALIZER": "tests.mfa.test_token_mfa_in_projects.WiderSerializer"}
    sent = {"username": "ada", "password": PASSWORD, "tenant": "north", "until": "2031-05-06", "remember": "true"}
    asked = caller.call("POST", "/token/", sent) if way == "json" else caller.form("/token/", sent)
    token = asked.json()["mfa_token"]
    body = finish(caller, token, code_of(secret), tenant="south", until="2099-01-01").json()
    told = {name: body[name] for name in ("tenant", "year", "remember", "typed", "password")}
    assert told == {"tenant": "north", "year": 2031, "remember": True, "typed": "ada", "password": ""}
    assert claims(body["access"])["amr"] == ["pwd", "otp", "mfa"]


@pytest.mark.parametrize("door", ["/token/sliding/", "/stock/sliding/"])
def test_a_sliding_token_is_what_its_door_ends_in(secret, caller, door):
    body = finish(caller, knock(caller, door), code_of(secret)).json()
    assert set(body) == {"token"}
    assert Session.objects.get().amr == "pwd otp mfa"


def test_simplejwt_s_view_asks_a_trusted_device_for_nothing(secret):
    page = Page()
    assert finish(page, knock(page, "/stock/token/"), code_of(secret), trust_device=True).status_code == 200
    assert page.call("POST", "/stock/token/", {"username": "ada", "password": PASSWORD}).status_code == 200


def test_simplejwt_s_view_has_a_factor_set_up(ada, settings, caller):
    settings.KEYTURN = {"FACTOR_REQUIRED_OF": "everybody"}
    answer = caller.call("POST", "/stock/token/", {"username": "ada", "password": PASSWORD})
    assert answer.status_code == 403
    body = answer.json()
    assert (body["code"], body["reason"], body["expires_in"]) == ("factor_setup_required",) * 2 + (300,)
    token = body["mfa_token"]
    secret = caller.call("POST", "/token/mfa/setup/", {"mfa_token": token}).json()["secret"]
    assert len(finish(caller, token, code_of(secret)).json()["recovery_codes"]) == 10


def test_hooks_of_a_login_are_called_when_it_is_complete(secret, ada, caller, settings):
    settings.SIMPLE_JWT = {"UPDATE_LAST_LOGIN": True}
    for door, later in (("/token/", 0), ("/stock/token/", 1)):
        token = knock(caller, door)
        ada.refresh_from_db()
        before = ada.last_login
        assert finish(caller, token, code_of(secret, later=later)).status_code == 200
        ada.refresh_from_db()
        assert ada.last_login is not None
        assert ada.last_login != before
