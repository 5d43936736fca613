"""SIMPLE_JWT: each serializer can be replaced by a subclass of simplejwt's, and keeps Keyturn's guarantees."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import RequestFactory
from rest_framework.response import Response
from rest_framework_simplejwt import views as stock_views
from rest_framework_simplejwt.exceptions import InvalidToken, TokenError
from rest_framework_simplejwt.serializers import TokenRefreshSerializer
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken

from keyturn.sessions.models import Session
from tests.compat import own_serializers
from tests.contract.caller import FIREFOX, PASSWORD, assert_refused, claims, session_of

OWN = "tests.compat.own_serializers."


@pytest.fixture
def own(settings):
    settings.KEYTURN = {"SLIDING_TOKENS": True}
    settings.SIMPLE_JWT = {
        "TOKEN_OBTAIN_SERIALIZER": OWN + "ObtainPair",
        "TOKEN_REFRESH_SERIALIZER": OWN + "Refresh",
        "TOKEN_VERIFY_SERIALIZER": OWN + "Verify",
        "TOKEN_BLACKLIST_SERIALIZER": OWN + "Blacklist",
        "SLIDING_TOKEN_OBTAIN_SERIALIZER": OWN + "ObtainSliding",
        "SLIDING_TOKEN_REFRESH_SERIALIZER": OWN + "RefreshSliding",
        "AUTH_TOKEN_CLASSES": (
            "rest_framework_simplejwt.tokens.AccessToken",
            "rest_framework_simplejwt.tokens.SlidingToken",
        ),
    }


def test_token_obtain_serializer_adds_claims_fields_and_answers(own, ada, caller):
    answer = caller.try_log_in(device="pixel")

    assert answer.status_code == 200
    body = answer.json()
    assert {name: body[name] for name in ("username", "device", "asked_at")} == {
        "username": "ada",
        "device": "pixel",
        "asked_at": "/token/",
    }
    for token in (body["access"], body["refresh"]):
        assert claims(token)["name"] == "ada"
        assert claims(token)["roles"] == {"staff": False, "teams": ["a", "ö"]}
    session = session_of(body["access"])
    assert (session.user_agent, session.ip) == (FIREFOX, "192.0.2.7")
    assert caller.home(body["access"]).status_code == 200


def test_its_claims_survive_every_refresh_and_every_retry(own, ada, caller):
    refresh = caller.try_log_in().json()["refresh"]

    for _ in range(3):
        first, retry = caller.try_refresh(refresh).json(), caller.try_refresh(refresh).json()
        assert first["refresh"] == retry["refresh"]
        assert claims(first["access"])["roles"] == claims(first["refresh"])["roles"]
        refresh = first["refresh"]
    assert claims(refresh)["name"] == "ada"


def test_its_refusals_are_in_the_same_form(own, ada, caller):
    answer = caller.try_log_in(password="wrong")

    assert answer.status_code == 401
    assert answer.json() == {
        "detail": "No active account found with the given credentials",
        "code": "no_active_account",
        "reason": "bad_credentials",
    }
    missing = caller.call("POST", "/token/", {"username": "ada"})
    assert missing.status_code == 400
    assert missing.json()["password"] == ["This field is required."]
    assert not Session.objects.exists()


def test_its_password_is_taken_verbatim_too(own, ada, caller):
    ada.set_password(" spaces ")
    ada.save()

    assert caller.try_log_in(password=" spaces ").status_code == 200
    assert caller.try_log_in(password="spaces").status_code == 401


def test_token_refresh_serializer_adds_to_the_answer_and_rotates(own, ada, caller):
    first = caller.try_log_in().json()["refresh"]

    body = caller.try_refresh(first).json()

    assert set(body) == {"access", "refresh", "user_id"}
    assert body["user_id"] == str(ada.pk)
    assert caller.try_refresh(first).json()["refresh"] == body["refresh"]
    newest = caller.try_refresh(caller.try_refresh(body["refresh"]).json()["refresh"]).json()
    assert_refused(caller.try_refresh(first), "refresh_reused")
    assert_refused(caller.home(newest["access"]), "refresh_reused")


def test_token_refresh_serializer_refuses_in_the_same_words_as_keyturns_own(own, settings, ada, caller):
    good = caller.try_log_in().json()
    cases = ["nonsense", good["access"], f"{good['refresh'][:-4]}AAAA"]
    by_subclass = [caller.try_refresh(case) for case in cases]

    settings.SIMPLE_JWT = {}

    for case, answer in zip(cases, by_subclass, strict=True):
        ours = caller.try_refresh(case)
        assert (ours.status_code, ours.json()) == (answer.status_code, answer.json())
        assert ours["WWW-Authenticate"] == answer["WWW-Authenticate"]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"is_active": False}, ("user_inactive", "no_active_account")),
        ({"password": "another"}, ("password_changed", "token_not_valid")),
    ],
    ids=["deactivated", "new password"],
)
def test_token_refresh_serializer_checks_the_user_at_every_refresh(own, ada, caller, change, told):
    refresh = caller.try_log_in().json()["refresh"]
    type(ada).objects.update(**change)

    reason, code = told
    assert_refused(caller.try_refresh(refresh), reason, code=code)


def test_token_verify_serializer_adds_to_the_answer(own, ada, caller):
    tokens = caller.try_log_in().json()

    for token in (tokens["access"], tokens["refresh"]):
        answer = caller.verify(token)
        assert (answer.status_code, answer.json()) == (200, {"active": True})
    caller.log_out(tokens["refresh"], tokens["access"])
    assert_refused(caller.verify(tokens["refresh"]), "session_revoked")


def test_token_blacklist_serializer_adds_to_the_answer_and_logs_out(own, ada, caller):
    tokens = caller.try_log_in().json()

    answer = caller.call("POST", "/token/blacklist/", {"refresh": tokens["refresh"]})

    assert (answer.status_code, answer.json()) == (200, {"bye": True})
    assert_refused(caller.home(tokens["access"]), "session_revoked")
    assert_refused(caller.call("POST", "/token/blacklist/", {"refresh": "x"}), "malformed")


def test_sliding_serializers_add_claims_and_answers(own, ada, caller):
    body = caller.call("POST", "/token/sliding/", {"username": "ada", "password": PASSWORD}).json()
    assert set(body) == {"token", "username"}
    assert claims(body["token"])["name"] == "ada"
    assert caller.home(body["token"]).status_code == 200

    fresh = caller.call("POST", "/token/sliding/refresh/", {"token": body["token"]}).json()
    assert fresh["refreshed"] is True
    assert claims(fresh["token"])["name"] == "ada"
    assert claims(fresh["token"])["sid"] == claims(body["token"])["sid"]
    type(ada).objects.update(is_active=False)
    answer = caller.call("POST", "/token/sliding/refresh/", {"token": body["token"]})
    assert_refused(answer, "user_inactive", code="no_active_account")


def post(view: Any, body: dict[str, str]) -> Any:
    request = RequestFactory().post("/", body, content_type="application/json", headers={"user-agent": FIREFOX})
    answer = view(request).render()
    answer.json = lambda: answer.data
    return answer


def test_simplejwts_own_views_have_the_guarantees_where_a_project_mounts_them(ada, caller):
    tokens = post(stock_views.TokenObtainPairView.as_view(), {"username": "ada", "password": PASSWORD}).data
    assert session_of(tokens["access"]).user_agent == FIREFOX

    rotated = post(stock_views.token_refresh, {"refresh": tokens["refresh"]})
    assert rotated["Cache-Control"] == "no-store"
    assert post(stock_views.token_refresh, {"refresh": tokens["refresh"]}).data["refresh"] == rotated.data["refresh"]
    assert post(stock_views.token_verify, {"token": rotated.data["access"]}).status_code == 200
    assert post(stock_views.token_blacklist, {"refresh": rotated.data["refresh"]}).status_code == 200
    refused = post(stock_views.token_refresh, {"refresh": rotated.data["refresh"]})
    assert refused.status_code == 401
    assert refused.data["reason"] == "session_revoked"
    assert refused.data["detail"] == "Token is blacklisted"
    assert refused["WWW-Authenticate"].startswith('Bearer realm="api"')


def test_simplejwts_sliding_views_are_there_where_a_project_mounts_them(ada):
    token = post(stock_views.token_obtain_sliding, {"username": "ada", "password": PASSWORD}).data["token"]

    fresh = post(stock_views.token_refresh_sliding, {"token": token}).data["token"]

    assert claims(fresh)["sid"] == claims(token)["sid"]
    assert Session.objects.get().user == ada


class LogInView(stock_views.TokenObtainPairView):  # type: ignore[misc] # simplejwt has no usable types
    """A project's own: another serializer, and the refresh token in a cookie."""

    serializer_class = own_serializers.ObtainPair

    def post(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        answer = super().post(request, *args, **kwargs)
        answer.set_cookie("refresh", answer.data.pop("refresh"), httponly=True)
        return answer


class RefreshView(stock_views.TokenRefreshView):  # type: ignore[misc] # simplejwt has no usable types
    """A project's own, with its own copy of what stock's view does."""

    def post(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        serializer = self.get_serializer(data=request.data)
        try:
            serializer.is_valid(raise_exception=True)
        except TokenError as error:
            raise InvalidToken(error.args[0]) from error
        return Response(serializer.validated_data)


def test_subclasses_of_simplejwts_views_have_the_guarantees_and_keep_the_reason(ada, caller):
    answer = post(LogInView.as_view(), {"username": "ada", "password": PASSWORD})
    assert set(answer.data) == {"access", "username", "device", "asked_at"}
    assert answer["Cache-Control"] == "no-store"
    cookie = answer.cookies["refresh"].value
    assert claims(cookie)["name"] == "ada"

    rotated = post(RefreshView.as_view(), {"refresh": cookie})
    assert claims(rotated.data["refresh"])["gen"] == 1
    caller.log_out(rotated.data["refresh"], rotated.data["access"])
    refused = post(RefreshView.as_view(), {"refresh": cookie})
    assert refused.status_code == 401
    assert refused.data == {
        "detail": "Token is blacklisted",
        "code": "token_not_valid",
        "reason": "session_revoked",
    }
    assert 'error="invalid_token", error_description="session_revoked"' in refused["WWW-Authenticate"]


class ShortAccess(AccessToken):  # type: ignore[misc] # simplejwt has no usable types
    """A project's own access token."""

    lifetime = timedelta(seconds=45)


class PartnerRefresh(RefreshToken):  # type: ignore[misc] # simplejwt has no usable types
    """A project's own refresh token: other lifetimes, a claim that access tokens do not get."""

    lifetime = timedelta(days=5)
    access_token_class = ShortAccess
    no_copy_claims = (*RefreshToken.no_copy_claims, "note")


class PartnerRefreshSerializer(TokenRefreshSerializer):  # type: ignore[misc] # simplejwt has no usable types
    """Refreshes that kind of token."""

    token_class = PartnerRefresh


def test_a_refresh_serializer_with_a_token_class_of_its_own_mints_that_kind(settings, ada, caller):
    settings.SIMPLE_JWT = {"TOKEN_REFRESH_SERIALIZER": "tests.compat.test_serializer_names.PartnerRefreshSerializer"}
    token = PartnerRefresh.for_user(ada)
    token["note"] = "for the refresh token alone"
    assert "note" not in token.access_token

    body = caller.try_refresh(str(token)).json()

    access, refresh = claims(body["access"]), claims(body["refresh"])
    assert access["exp"] - access["iat"] == 45
    assert refresh["exp"] - refresh["iat"] == 5 * 86_400
    assert "note" not in access
    assert refresh["note"] == "for the refresh token alone"
    assert caller.home(body["access"]).status_code == 200
