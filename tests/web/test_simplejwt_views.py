"""simplejwt's own views and a project's own serializers have web clients, too: the token is moved, whoever made it."""

from typing import Any

import pytest
from django.urls import path
from rest_framework.response import Response
from rest_framework_simplejwt import views as stock
from rest_framework_simplejwt.serializers import TokenObtainPairSerializer
from rest_framework_simplejwt.tokens import RefreshToken

from tests.contract.caller import Caller, assert_refused, claims, session_of
from tests.web.page import Page

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]


class Greeting(TokenObtainPairSerializer):  # type: ignore[misc] # simplejwt has no types
    """A project's own: one word more in the answer, one claim more in the token."""

    @classmethod
    def get_token(cls, user: Any) -> Any:
        token = super().get_token(user)
        token["greeting"] = "hello"
        return token

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        return {**super().validate(attrs), "name": self.user.get_username()}


class OwnRefreshView(stock.TokenRefreshView):  # type: ignore[misc]
    """A project's own way to answer."""

    def post(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        return Response({**serializer.validated_data, "own": True})


urlpatterns = [
    path("token/", stock.TokenObtainPairView.as_view()),
    path("greeting/", stock.TokenObtainPairView.as_view(serializer_class=Greeting)),
    path("token/refresh/", stock.TokenRefreshView.as_view()),
    path("own/refresh/", OwnRefreshView.as_view()),
    path("token/blacklist/", stock.TokenBlacklistView.as_view()),
    path("function/refresh/", stock.token_refresh),
]


@pytest.mark.parametrize("refresh", ["/token/refresh/", "/own/refresh/", "/function/refresh/"])
def test_a_project_that_mounts_simplejwts_views_itself_has_web_clients(page, ada, refresh):
    access = page.sign_in()
    assert session_of(access).binding_kind == "cookie"
    before = page.held("refresh")
    answer = page.call("POST", refresh, {"refresh": "whatever"})
    assert answer.status_code == 200, answer.content
    assert set(answer.json()) - {"own"} == {"access"}
    assert page.held("refresh") != before
    assert page.call("POST", "/token/blacklist/", {}).status_code == 200
    assert page.cookie("refresh") is None
    assert_refused(page.call("POST", refresh, {}), "refresh_missing")


def test_a_serializer_of_the_projects_own_keeps_its_words_and_claims(page, ada):
    body = {"username": "ada", "password": "correct horse battery staple"}
    answer = page.call("POST", "/greeting/", body)
    assert set(answer.json()) == {"access", "name"}
    assert claims(page.held("refresh"))["greeting"] == "hello"
    page.refresh()
    assert claims(page.held("refresh"))["greeting"] == "hello"


def test_a_stolen_cookie_is_dead_at_its_first_use_there_too(page, ada):
    page.sign_in()
    thief = Page()
    cookie = page.cookie("refresh")
    thief.browser.cookies[cookie.key] = cookie.value
    assert_refused(thief.try_refresh(), "refresh_reused")
    assert_refused(page.try_refresh(), "refresh_reused")
    assert page.cookie("refresh") is None


def test_bearer_clients_are_answered_as_before(ada):
    caller = Caller()
    tokens = caller.refresh(caller.log_in().refresh)
    assert session_of(tokens.refresh).binding_kind == ""


def test_another_origin_is_refused_there_too(page, ada):
    answer = page.try_sign_in(HTTP_ORIGIN="https://evil.example")
    assert (answer.status_code, answer.json()["code"]) == (403, "origin_refused")


@pytest.mark.parametrize("rotates", [True, False])
def test_the_optional_question_is_answered_there_too(page, ada, rotates, settings):
    settings.SIMPLE_JWT = {"ROTATE_REFRESH_TOKENS": rotates}
    assert page.try_refresh({"optional": True}).status_code == 204
    page.sign_in()
    assert page.try_refresh({"optional": True}).status_code == 200


def test_a_token_made_by_code_outside_of_any_request_is_bound_to_nothing(ada):
    assert session_of(str(RefreshToken.for_user(ada))).binding_kind == ""
