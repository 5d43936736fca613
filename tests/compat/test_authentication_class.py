"""simplejwt's authentication class, called by a project's own code."""

from typing import Any

import pytest
from django.test import RequestFactory
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework_simplejwt.authentication import JWTAuthentication
from rest_framework_simplejwt.exceptions import AuthenticationFailed, InvalidToken
from rest_framework_simplejwt.tokens import AccessToken

from tests.contract.caller import claims


def request_with(access: str | None) -> Request:
    headers = {} if access is None else {"authorization": f"Bearer {access}"}
    return Request(RequestFactory().get("/", headers=headers))


def test_simplejwts_authentication_class_returns_user_and_token(ada, caller):
    tokens = caller.log_in()

    user, token = JWTAuthentication().authenticate(request_with(tokens.access))

    assert user == ada
    assert isinstance(token, AccessToken)
    assert token["sid"] == claims(tokens.access)["sid"]
    assert JWTAuthentication().authenticate(request_with(None)) is None


def test_its_steps_can_be_called_one_by_one(ada, caller, count_statements):
    tokens = caller.log_in()
    authentication = JWTAuthentication()
    header = authentication.get_header(request_with(tokens.access))
    raw = authentication.get_raw_token(header)
    assert raw == tokens.access.encode()

    with count_statements(exactly=1):
        assert authentication.get_user(authentication.get_validated_token(raw)) == ada
    assert authentication.get_raw_token(b"Basic abc") is None
    with pytest.raises(AuthenticationFailed):
        authentication.get_raw_token(b"Bearer one two")


def test_it_refuses_with_invalid_token_messages_and_reason(ada, caller):
    tokens = caller.log_in()
    caller.log_out(tokens.refresh, tokens.access)

    with pytest.raises(InvalidToken) as failure:
        JWTAuthentication().get_validated_token(tokens.access)

    detail = failure.value.detail
    assert detail["code"] == "token_not_valid"
    assert detail["reason"] == "session_revoked"
    assert detail["messages"][0]["message"] == "Token is blacklisted"


def test_it_refuses_users_in_stocks_words(ada, caller):
    token = AccessToken(caller.log_in().access)
    type(ada).objects.update(is_active=False)
    with pytest.raises(AuthenticationFailed) as failure:
        JWTAuthentication().get_user(AccessToken(str(token)))
    assert failure.value.detail["code"] == "user_inactive"

    stranger = AccessToken.for_user(ada)
    stranger["user_id"] = "4711"
    with pytest.raises(AuthenticationFailed) as failure:
        JWTAuthentication().get_user(AccessToken(str(stranger)))
    assert failure.value.detail["code"] == "user_not_found"
    assert failure.value.detail["reason"] == "user_not_found"


class CookieAuthentication(JWTAuthentication):  # type: ignore[misc] # simplejwt has no usable types
    """What projects write that keep the access token in a cookie."""

    def authenticate(self, request: Any) -> Any:
        raw = request.COOKIES.get("access")
        if raw is None:
            return None
        token = self.get_validated_token(raw)
        return self.get_user(token), token


class CookieView(APIView):
    """A page of such a project."""

    authentication_classes = (CookieAuthentication,)
    permission_classes = (IsAuthenticated,)

    def get(self, request: Any) -> Response:
        return Response({"user": request.user.get_username()})


def test_a_subclass_that_takes_the_token_from_elsewhere_has_the_guarantees(ada, caller):
    tokens = caller.log_in()
    request = RequestFactory().get("/")
    request.COOKIES["access"] = tokens.access
    assert CookieView.as_view()(request).data == {"user": "ada"}

    caller.log_out(tokens.refresh, tokens.access)

    answer = CookieView.as_view()(request)
    assert answer.status_code == 401
    assert answer.data["reason"] == "session_revoked"
    assert answer["WWW-Authenticate"] == 'Bearer realm="api"'
