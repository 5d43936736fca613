"""The OpenAPI document: complete, valid, without a warning, and true for the project it is made in."""

import subprocess
import sys

import pytest
from django.urls import path
from rest_framework import serializers
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework_simplejwt import views as stock

from keyturn.api.schema_codes import CODES
from keyturn.api.serializers import TokenObtainPairSerializer
from keyturn.api.token_views import TokenObtainPairView
from keyturn.authentication import JWTAuthentication
from keyturn.errors import REFUSALS, Reason
from tests.bad_input.openapi import SLIDING, document
from tests.server.running import PRODUCTION, keyturn
from tests.services.process import clean_environment


def _operation(made, url, method="post"):
    return made["paths"][url][method]


def _body(made, url):
    ref = _operation(made, url)["requestBody"]["content"]["application/json"]["schema"]["$ref"]
    return made["components"]["schemas"][ref.rpartition("/")[2]]


def _sent_headers(operation):
    return {one["name"] for one in operation.get("parameters", ()) if one["in"] == "header"}


def _answer(made, url, status="200"):
    ref = _operation(made, url)["responses"][status]["content"]["application/json"]["schema"]["$ref"]
    return made["components"]["schemas"][ref.rpartition("/")[2]]


@pytest.mark.server
@pytest.mark.parametrize("env", [{"KEYTURN_DEBUG": "1", "KEYTURN_SLIDING_TOKENS": "1"}, PRODUCTION])
def test_the_servers_document_is_valid_and_made_without_a_warning(tmp_path, env):
    made = keyturn("spectacular", "--validate", "--fail-on-warn", directory=tmp_path, env=env)
    assert made.returncode == 0, made.stderr
    assert "keyturnBearer" in made.stdout
    assert made.stderr == ""


def test_every_endpoint_tells_every_status_that_it_can_give():
    made = document(KEYTURN=SLIDING)
    always = {"400", "401", "413", "415", "429", "503"}
    successes = {
        ("/token/", "post"): {"200", "403"},
        ("/token/mfa/", "post"): {"200", "403"},
        ("/token/mfa/options/", "post"): {"200", "403", "404"},
        ("/token/mfa/setup/", "post"): {"200", "403"},
        ("/token/refresh/", "post"): {"200", "204", "403"},
        ("/token/verify/", "post"): {"200", "403"},
        ("/token/blacklist/", "post"): {"200", "403"},
        ("/token/sliding/", "post"): {"200", "403"},
        ("/token/sliding/refresh/", "post"): {"200", "403"},
        ("/logout/", "post"): {"205", "403"},
        ("/logout/all/", "post"): {"205", "403"},
        ("/sessions/", "get"): {"200"},
        ("/sessions/", "delete"): {"204", "403"},
        ("/sessions/{session_id}/", "delete"): {"204", "403", "404"},
        ("/me/", "patch"): {"200", "403"},
        ("/me/", "delete"): {"204", "403", "409"},
        ("/me/export/", "get"): {"200", "403"},
        ("/me/trusted-devices/", "get"): {"200"},
        ("/me/trusted-devices/", "delete"): {"204", "403"},
        ("/me/trusted-devices/{device_id}/", "delete"): {"204", "403", "404"},
    }
    service = {"200", "400", "401", "403", "413", "415", "503"}
    public = {"200", "304", "400", "412", "413", "415", "503"}
    others = {
        ("/introspect/", "post"): service,
        ("/revoke/", "post"): service,
        ("/revocations/", "get"): service | {"410"},
        ("/.well-known/jwks.json", "get"): public,
        ("/.well-known/oauth-authorization-server", "get"): public,
        ("/.well-known/webauthn", "get"): public | {"404"},
    }
    told = {
        (url, method): set(operation["responses"])
        for url, methods in made["paths"].items()
        for method, operation in methods.items()
        if not url.startswith("/auth/")
    }
    assert told == {door: others.get(door) or always | successes.get(door, {"200"}) for door in told}
    assert len(told) == 28


def test_every_error_has_a_detail_and_a_code_and_its_headers():
    made = document(KEYTURN=SLIDING)
    for url, methods in made["paths"].items():
        for method, operation in methods.items():
            for status, response in operation["responses"].items():
                if status < "400" or (status == "412" and "content" not in response):
                    continue
                ref = response["content"]["application/json"]["schema"]["$ref"]
                component = made["components"]["schemas"][ref.rpartition("/")[2]]
                assert {"detail", "code"} <= set(component["required"]), (url, method, status)
                headers = {"401": {"WWW-Authenticate"}, "429": {"Retry-After"}, "503": {"Retry-After"}}
                told = set(response.get("headers", {}))
                assert told - {"DPoP-Nonce"} == headers.get(status, set())
                assert ("DPoP-Nonce" in told) == (status in {"400", "401"} and "DPoP" in _sent_headers(operation))


def test_the_reasons_are_those_of_the_table():
    component = document()["components"]["schemas"]["KeyturnReason"]
    assert component["enum"] == [reason.value for reason in Reason]
    assert all(f"`{reason.value}`" in component["description"] for reason in Reason)


def test_the_codes_are_those_of_the_reasons_and_all_others():
    component = document()["components"]["schemas"]["KeyturnCode"]
    assert set(component["enum"]) == {*CODES, *(refusal.code for refusal in REFUSALS.values())}
    assert all(f"`{code}`" in component["description"] for code in CODES)


def test_tokens_are_wanted_where_they_are():
    made = document(KEYTURN=SLIDING)
    wanted = dict.fromkeys(["/logout/", "/logout/all/", "/sessions/", "/sessions/{session_id}/"], "keyturnBearer")
    wanted |= dict.fromkeys(["/me/", "/me/activity/", "/me/export/"], "keyturnBearer")
    wanted |= dict.fromkeys(["/me/trusted-devices/", "/me/trusted-devices/{device_id}/"], "keyturnBearer")
    wanted |= dict.fromkeys(["/introspect/", "/revoke/", "/revocations/"], "keyturnClient")
    for url, methods in made["paths"].items():
        for operation in methods.values() if not url.startswith("/auth/") else ():
            assert operation.get("security") == ([{wanted[url]: []}] if url in wanted else None)


def test_sliding_tokens_are_told_of_only_where_they_are_on():
    assert "/token/sliding/" not in document()["paths"]
    assert "/token/sliding/refresh/" not in document()["paths"]
    assert "/token/sliding/" in document(KEYTURN=SLIDING)["paths"]


@pytest.mark.parametrize("split", [False, True])
def test_requests_and_answers_are_told_apart(split):
    made = document(SPECTACULAR_SETTINGS={"COMPONENT_SPLIT_REQUEST": split})
    assert set(_body(made, "/token/")["properties"]) == {"username", "password"}
    assert set(_answer(made, "/token/")["properties"]) == {"access", "refresh", "token_type"}
    assert set(_body(made, "/token/refresh/")["properties"]) == {"refresh", "optional"}
    assert set(_answer(made, "/token/refresh/")["properties"]) == {"access", "refresh", "token_type"}


def test_every_component_is_recognisably_ours():
    made = document(KEYTURN=SLIDING)
    names = [name.removeprefix("Patched") for name in made["components"]["schemas"]]
    assert [name for name in names if not name.startswith("Keyturn")] == []


def test_the_user_names_name_is_the_user_models(monkeypatch, django_user_model):
    monkeypatch.setattr(django_user_model, "USERNAME_FIELD", "email")
    assert set(_body(document(), "/token/")["properties"]) == {"email", "password"}


def test_without_rotation_there_is_no_new_refresh_token():
    made = document(SIMPLE_JWT={"ROTATE_REFRESH_TOKENS": False})
    assert set(_answer(made, "/token/refresh/")["properties"]) == {"access", "token_type"}


def test_another_header_is_told():
    made = document(SIMPLE_JWT={"AUTH_HEADER_TYPES": ("JWT",), "AUTH_HEADER_NAME": "HTTP_X_TOKEN"})
    assert made["components"]["securitySchemes"]["keyturnBearer"]["in"] == "header"
    assert made["components"]["securitySchemes"]["keyturnBearer"]["name"] == "X-token"


class OwnSerializer(TokenObtainPairSerializer):
    otp = serializers.CharField(write_only=True)
    greeting = serializers.CharField(read_only=True)


def test_a_serializer_of_the_projects_own_is_told_as_it_is():
    made = document(SIMPLE_JWT={"TOKEN_OBTAIN_SERIALIZER": f"{__name__}.OwnSerializer"})
    assert set(_body(made, "/token/")["properties"]) >= {"username", "password", "otp"}
    assert set(_answer(made, "/token/")["properties"]) >= {"access", "refresh", "greeting"}
    assert set(_answer(made, "/token/", "401")["properties"]) >= {"detail", "code", "reason", "mfa_token"}


class OwnView(TokenObtainPairView):
    """Sign in, with a handshake."""


class OwnAuthentication(JWTAuthentication):
    pass


class Greeting(serializers.Serializer[dict[str, str]]):
    message = serializers.CharField()


class Home(APIView):
    authentication_classes = (OwnAuthentication,)
    permission_classes = (IsAuthenticated,)
    serializer_class = Greeting

    def get(self, request):
        return Response()


def test_a_subclass_of_a_view_is_told_as_the_view_is_and_in_its_own_words():
    made = document([path("login/", OwnView.as_view())])
    assert set(_answer(made, "/login/")["properties"]) == {"access", "refresh", "token_type"}
    assert _operation(made, "/login/")["description"] == "Sign in, with a handshake."


def test_a_subclass_of_the_authentication_class_is_recognised():
    made = document([path("home/", Home.as_view())])
    assert _operation(made, "/home/", "get")["security"] == [{"keyturnBearer": []}]


def test_views_of_stock_simplejwt_beside_ours_are_told_as_before():
    made = document([path("stock/", stock.TokenObtainPairView.as_view()), path("ours/", TokenObtainPairView.as_view())])
    assert set(_body(made, "/stock/")["properties"]) >= {"username", "password"}
    assert set(_body(made, "/ours/")["properties"]) == {"username", "password"}


def test_a_project_without_drf_spectacular_needs_none_of_it():
    code = """
import sys
sys.modules["drf_spectacular"] = None
import django
from django.conf import settings
settings.configure(
    SECRET_KEY="x" * 50,
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "rest_framework", "keyturn"],
    ROOT_URLCONF="keyturn.urls",
)
django.setup()
from django.core.management import call_command
call_command("check")
import keyturn.authentication, keyturn.urls
"""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr


def test_a_project_with_drf_spectacular_is_told_without_asking():
    code = """
import django
from django.conf import settings
settings.configure(
    SECRET_KEY="x" * 50,
    INSTALLED_APPS=[
        "django.contrib.auth", "django.contrib.contenttypes", "rest_framework", "drf_spectacular", "keyturn",
    ],
    ROOT_URLCONF="keyturn.urls",
    REST_FRAMEWORK={"DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema"},
)
django.setup()
from django.core.management import call_command
call_command("spectacular", "--validate", "--fail-on-warn")
"""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert "KeyturnTokenPair" in done.stdout
    assert "/auth/" not in done.stdout, "there is no django-allauth in it"
