"""Projects with simplejwt's authentication class, with their own, and with other headers."""

from typing import Any

import pytest
from django.test import RequestFactory
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework_simplejwt.authentication import JWTAuthentication, JWTStatelessUserAuthentication

from tests.dpop.browser import ORIGIN


class FromCookie:
    """What projects write that keep the access token in a cookie."""

    def authenticate(self: Any, request: Any) -> Any:
        token = self.get_validated_token(request.COOKIES["access"])
        return self.get_user(token), token


class OwnAuthentication(FromCookie, JWTAuthentication):  # type: ignore[misc] # simplejwt has no usable types
    """With users of the database."""


class OwnStateless(FromCookie, JWTStatelessUserAuthentication):  # type: ignore[misc]
    """With users that are nothing but the token."""


class Page(APIView):
    """A page of a project."""

    permission_classes = (IsAuthenticated,)

    def get(self, request: Any) -> Response:
        return Response({"user": str(request.user.pk)})


def page(cls, *, access, proof=None, scheme="DPoP"):
    request = RequestFactory().get("/page/", HTTP_AUTHORIZATION=f"{scheme} {access}")
    request.COOKIES["access"] = access
    if proof is not None:
        request.META["HTTP_DPOP"] = proof
    return Page.as_view(authentication_classes=(cls,))(request)


def test_simplejwts_own_classes_ask_for_the_proof(holder, thief, ada):
    access = holder.log_in().access
    for cls in (JWTAuthentication, JWTStatelessUserAuthentication):
        good = page(cls, access=access, proof=holder.key.proof("GET", f"{ORIGIN}/page/", token=access))
        assert good.status_code == 200
        assert good.data == {"user": str(ada.pk)}
        assert len(good["DPoP-Nonce"]) == 32
        for wrong in (
            page(cls, access=access),
            page(cls, access=access, scheme="Bearer"),
            page(cls, access=access, proof=thief.key.proof("GET", f"{ORIGIN}/page/", token=access)),
        ):
            assert (wrong.status_code, wrong.data["reason"]) == (401, "binding_missing")
        old = page(cls, access=access, proof=holder.key.proof("GET", f"{ORIGIN}/page/", token=access, iat=1))
        assert (old.status_code, old.data["code"]) == (401, "use_dpop_nonce")
        assert old["WWW-Authenticate"] == 'DPoP realm="api", algs="ES256", error="use_dpop_nonce"'
        assert len(old["DPoP-Nonce"]) == 32


@pytest.mark.parametrize("cls", [OwnAuthentication, OwnStateless])
def test_a_class_that_takes_tokens_from_elsewhere_takes_unbound_ones_only(holder, caller, cls):
    assert page(cls, access=caller.log_in().access).status_code == 200
    access = holder.log_in().access
    proof = holder.key.proof("GET", f"{ORIGIN}/page/", token=access)
    refused = page(cls, access=access, proof=proof)
    assert (refused.status_code, refused.data["reason"]) == (401, "binding_missing")


def test_a_header_and_a_scheme_of_the_projects_own(settings, holder, caller):
    settings.SIMPLE_JWT = {"AUTH_HEADER_NAME": "HTTP_X_ACCESS", "AUTH_HEADER_TYPES": ("JWT",)}
    unbound, access = caller.log_in().access, holder.log_in().access
    assert caller.home(HTTP_X_ACCESS=f"JWT {unbound}").status_code == 200
    proof = holder.key.proof("GET", f"{ORIGIN}/home/", token=access)
    assert caller.home(HTTP_X_ACCESS=f"DPoP {access}", HTTP_DPOP=proof).status_code == 200
    assert caller.home(HTTP_X_ACCESS=f"JWT {access}", HTTP_DPOP=proof).status_code == 401
    # Another header is none of ours: it neither counts as a token nor asks for `ath`.
    assert caller.home(HTTP_AUTHORIZATION=f"DPoP {access}", HTTP_DPOP=proof).status_code == 401
    assert holder.call("POST", "/token/", {"username": "ada", "password": "x"}, access=access).status_code == 401


def test_a_project_that_compares_the_password_with_every_request(settings, holder):
    settings.SIMPLE_JWT = {"CHECK_REVOKE_TOKEN": True}
    tokens = holder.log_in()
    assert holder.home(holder.refresh(tokens.refresh).access).status_code == 200


def test_a_project_whose_own_key_signs(settings, holder):
    settings.SIMPLE_JWT = {"SIGNING_KEY": "a key of the project's own, long enough for HS256"}
    tokens = holder.log_in()
    assert holder.home(tokens.access).status_code == 200
    assert holder.caller.home(tokens.access).json()["reason"] == "binding_missing"
