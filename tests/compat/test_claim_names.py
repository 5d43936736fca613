"""SIMPLE_JWT: the names of claims, and the classes that read them."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import RequestFactory
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework_simplejwt.authentication import JWTStatelessUserAuthentication
from rest_framework_simplejwt.models import TokenUser
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken, SlidingToken

from tests.compat.stock import stock_access, stock_refresh
from tests.contract.caller import PASSWORD, assert_refused, claims

SLIDING = "rest_framework_simplejwt.tokens.SlidingToken"
ACCESS = "rest_framework_simplejwt.tokens.AccessToken"
UNTYPED = "rest_framework_simplejwt.tokens.UntypedToken"


def test_token_type_claim_renames_the_claim(settings, ada, caller):
    settings.SIMPLE_JWT = {"TOKEN_TYPE_CLAIM": "typ"}
    tokens = caller.log_in()

    assert (claims(tokens.access)["typ"], claims(tokens.refresh)["typ"]) == ("access", "refresh")
    assert "token_type" not in claims(tokens.access)
    assert caller.home(tokens.access).status_code == 200
    assert claims(caller.refresh(tokens.refresh).refresh)["typ"] == "refresh"
    assert_refused(caller.home(tokens.refresh), "wrong_type")


def test_token_type_claim_none_leaves_it_out_and_still_tells_tokens_apart(settings, ada, caller):
    settings.SIMPLE_JWT = {"TOKEN_TYPE_CLAIM": None}
    tokens = caller.log_in()
    tokens = caller.refresh(tokens.refresh)

    for token in (tokens.access, tokens.refresh):
        assert not {"token_type", "null", "None"} & set(claims(token))
        assert caller.verify(token).status_code == 200
    assert caller.home(tokens.access).status_code == 200
    assert_refused(caller.home(tokens.refresh), "wrong_type")
    assert_refused(caller.try_refresh(tokens.access), "wrong_type")
    assert caller.log_out(tokens.refresh, tokens.access).status_code == 205


def test_token_type_claim_none_adopts_stock_refresh_tokens_and_no_stock_access_token(settings, ada, caller):
    settings.SIMPLE_JWT = {"TOKEN_TYPE_CLAIM": None}
    refresh, access = stock_refresh(ada, token_type=None), stock_access(ada, token_type=None)

    assert caller.home(access).status_code == 200
    assert_refused(caller.try_refresh(access), "wrong_type")
    assert caller.verify(refresh).status_code == 200
    tokens = caller.refresh(refresh)
    caller.log_out(tokens.refresh, tokens.access)
    for answer in (caller.verify(refresh), caller.try_refresh(refresh)):
        assert_refused(answer, "session_revoked")


def test_token_type_claim_none_makes_simplejwts_tokens_without_a_type(settings, ada, caller):
    settings.SIMPLE_JWT = {"TOKEN_TYPE_CLAIM": None}

    for token in (AccessToken.for_user(ada), RefreshToken.for_user(ada), RefreshToken.for_user(ada).access_token):
        assert not {"token_type", "null"} & set(claims(str(token)))
        assert caller.verify(str(token)).status_code == 200


def test_jti_claim_renames_the_claim(settings, ada, caller):
    settings.SIMPLE_JWT = {"JTI_CLAIM": "tid"}
    tokens = caller.log_in()

    for token in (tokens.access, tokens.refresh, caller.refresh(tokens.refresh).refresh):
        assert len(claims(token)["tid"]) == 32
        assert "jti" not in claims(token)
    assert claims(tokens.access)["tid"] != claims(tokens.refresh)["tid"]
    assert caller.home(tokens.access).status_code == 200


def test_a_token_without_the_id_that_is_asked_for_is_refused(settings, ada, caller):
    assert_refused(caller.home(stock_access(ada, jti=None)), "missing_claim")

    settings.SIMPLE_JWT = {"JTI_CLAIM": "tid"}
    assert_refused(caller.home(stock_access(ada)), "missing_claim")
    assert caller.home(stock_access(ada, jti=None, tid="7")).status_code == 200


def test_jti_claim_none_leaves_it_out_and_asks_for_none(settings, ada, caller):
    settings.SIMPLE_JWT = {"JTI_CLAIM": None}
    tokens = caller.log_in()
    successor = caller.refresh(tokens.refresh)

    for token in (tokens.access, tokens.refresh, successor.access, successor.refresh):
        assert not {"jti", "null", "None"} & set(claims(token))
    assert caller.refresh(tokens.refresh).refresh == successor.refresh
    assert caller.home(successor.access).status_code == 200
    assert caller.home(stock_access(ada, jti=None)).status_code == 200
    assert caller.log_out(successor.refresh, successor.access).status_code == 205
    assert_refused(caller.try_refresh(successor.refresh), "session_revoked")


def test_jti_claim_none_makes_simplejwts_tokens_without_an_id(settings, ada, caller):
    settings.SIMPLE_JWT = {"JTI_CLAIM": None}
    refresh = RefreshToken.for_user(ada)

    for token in (AccessToken.for_user(ada), refresh, refresh.access_token, SlidingToken.for_user(ada)):
        assert not {"jti", "null"} & set(claims(str(token)))
    refresh.set_jti()
    assert "null" not in claims(str(refresh))


def test_sliding_token_refresh_exp_claim_renames_the_claim(settings, ada, caller):
    settings.KEYTURN = {"SLIDING_TOKENS": True}
    settings.SIMPLE_JWT = {"SLIDING_TOKEN_REFRESH_EXP_CLAIM": "until", "AUTH_TOKEN_CLASSES": (SLIDING,)}
    token = caller.call("POST", "/token/sliding/", {"username": "ada", "password": PASSWORD}).json()["token"]

    assert claims(token)["until"] - claims(token)["iat"] == 86_400
    assert "refresh_exp" not in claims(token)
    fresh = caller.call("POST", "/token/sliding/refresh/", {"token": token}).json()["token"]
    assert claims(fresh)["until"] == claims(token)["until"]
    assert caller.home(fresh).status_code == 200


class PartnerToken(AccessToken):  # type: ignore[misc] # simplejwt has no usable types
    """A project's own class: another type, another lifetime."""

    token_type = "partner"
    lifetime = timedelta(hours=1)


PARTNER = "tests.compat.test_claim_names.PartnerToken"


def test_auth_token_classes_decide_which_tokens_open_the_door(settings, ada, caller):
    settings.SIMPLE_JWT = {"AUTH_TOKEN_CLASSES": (PARTNER,)}
    partner = str(PartnerToken.for_user(ada))

    assert claims(partner)["token_type"] == "partner"
    assert claims(partner)["exp"] - claims(partner)["iat"] == 3600
    assert caller.home(partner).status_code == 200
    body = assert_refused(caller.home(caller.log_in().access), "wrong_type")
    assert body["messages"] == [
        {"token_class": "PartnerToken", "token_type": "partner", "message": "Token has wrong type"}
    ]


def test_several_auth_token_classes_are_tried_in_order_and_all_are_named_in_a_refusal(settings, ada, caller):
    settings.SIMPLE_JWT = {"AUTH_TOKEN_CLASSES": (ACCESS, PARTNER)}
    tokens, partner = caller.log_in(), str(PartnerToken.for_user(ada))

    assert caller.home(tokens.access).status_code == 200
    assert caller.home(partner).status_code == 200
    body = assert_refused(caller.home(tokens.refresh), "wrong_type")
    assert [each["token_class"] for each in body["messages"]] == ["AccessToken", "PartnerToken"]
    caller.log_out(tokens.refresh, partner)
    body = assert_refused(caller.home(tokens.access), "session_revoked")
    assert [each["message"] for each in body["messages"]] == ["Token is blacklisted", "Token has wrong type"]


def test_auth_token_classes_may_be_classes_themselves(settings, ada, caller):
    settings.SIMPLE_JWT = {"AUTH_TOKEN_CLASSES": (PartnerToken,)}

    assert caller.home(str(PartnerToken.for_user(ada))).status_code == 200


def test_an_untyped_token_class_takes_any_type_for_requests_and_for_log_out(settings, ada, caller):
    settings.SIMPLE_JWT = {"AUTH_TOKEN_CLASSES": (UNTYPED,)}
    tokens = caller.log_in()

    assert caller.home(tokens.access).status_code == 200
    assert caller.home(str(PartnerToken.for_user(ada))).status_code == 200
    assert caller.log_out(tokens.refresh, tokens.access).status_code == 205
    assert_refused(caller.home(tokens.access), "session_revoked")


class Visitor(TokenUser):  # type: ignore[misc] # simplejwt has no usable types
    """A project's own user without a row."""

    @property
    def nickname(self) -> str:
        return f"{self.token['user_id']} the visitor"


class WhoView(APIView):
    """Says whom it takes the caller for, as a service without a user table does."""

    authentication_classes = (JWTStatelessUserAuthentication,)
    permission_classes = (IsAuthenticated,)

    def get(self, request: Any) -> Response:
        return Response({"class": type(request.user).__name__, "name": getattr(request.user, "nickname", None)})


def who(access: str) -> Any:
    request = RequestFactory().get("/", headers={"authorization": f"Bearer {access}"})
    return WhoView.as_view()(request).render()


def test_token_user_class_stands_for_the_user_where_authentication_is_stateless(settings, ada, caller):
    tokens = caller.log_in()
    assert who(tokens.access).data == {"class": "TokenUser", "name": None}

    settings.SIMPLE_JWT = {"TOKEN_USER_CLASS": "tests.compat.test_claim_names.Visitor"}
    assert who(tokens.access).data == {"class": "Visitor", "name": f"{ada.pk} the visitor"}

    settings.SIMPLE_JWT = {"TOKEN_USER_CLASS": Visitor}
    assert who(tokens.access).data["class"] == "Visitor"


def test_stateless_authentication_refuses_an_ended_session_all_the_same(ada, caller):
    tokens = caller.log_in()
    caller.log_out(tokens.refresh, tokens.access)

    answer = who(tokens.access)

    assert answer.status_code == 401
    assert answer.data["reason"] == "session_revoked"
    assert 'error="invalid_token"' in answer["WWW-Authenticate"]


@pytest.mark.parametrize("name", ["TOKEN_OBTAIN_SERIALIZER", "TOKEN_REFRESH_SERIALIZER"])
def test_unknown_claims_of_a_refresh_token_are_carried_over_every_rotation_unchanged(settings, ada, caller, name):
    """Through Keyturn's own serializers and through simplejwt's."""
    claim = {"deep": {"ünï": [1, 2.5, None, True]}}
    own = {"TOKEN_OBTAIN_SERIALIZER": "ObtainPair", "TOKEN_REFRESH_SERIALIZER": "Refresh"}[name]
    settings.SIMPLE_JWT = {name: f"tests.compat.own_serializers.{own}"}
    token = RefreshToken.for_user(ada)
    token["extra"] = claim
    refresh = str(token)

    for generation in range(1, 5):
        answer = caller.try_refresh(refresh)
        refresh, access = answer.json()["refresh"], answer.json()["access"]
        assert claims(refresh)["extra"] == claims(access)["extra"] == claim
        assert claims(refresh)["gen"] == generation
        assert "gen" not in claims(access)
    again = caller.try_refresh(refresh).json()["refresh"]
    assert caller.try_refresh(refresh).json()["refresh"] == again
    assert claims(again)["extra"] == claim


def test_unknown_claims_of_a_stock_token_survive_its_adoption(ada, caller):
    tokens = caller.refresh(stock_refresh(ada, tenant="blue", scope=["a", "b"]))

    for token in (tokens.access, tokens.refresh, caller.refresh(tokens.refresh).access):
        assert claims(token)["tenant"] == "blue"
        assert claims(token)["scope"] == ["a", "b"]
