"""The OpenAPI document of the endpoints of accounts: every URL, and what is answered in the course of each flow."""

from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from allauth.headless.base.views import APIView
from allauth.headless.constants import Client as AllauthClient
from allauth.headless.internal.restkit.response import APIResponse
from django.urls import URLPattern, URLResolver, get_resolver, include, path
from django.urls.resolvers import RegexPattern

from keyturn.api.account_pages import LinkPage
from keyturn.api.account_strict import strict
from keyturn.api.account_views import account_view
from keyturn.clock import utc_now
from keyturn.mfa import totp
from keyturn.sessions.models import Session
from tests.accounts.engine import NEW_PASSWORD, PASSWORD, AuthClient, last_letter
from tests.bad_input.documented import Documented
from tests.bad_input.openapi import document, whole_document

_MADE = whole_document()


class ToldClient(AuthClient):
    """A client of /auth/ that holds each answer against the document."""

    told: Documented

    def call(self, method, path, body=None, **headers):
        answer = super().call(method, path, body, **headers)
        self.told.check(answer)
        return answer


@pytest.fixture
def told():
    return Documented(_MADE)


@pytest.fixture(params=["app", "browser"])
def client_of(request, told, db):
    """Return a new client of either kind."""

    def make():
        client = ToldClient(request.param)
        client.told = told
        if request.param == "browser":
            client.call("GET", "config")
        return client

    return make


@pytest.fixture
def ada(db, django_user_model):
    return django_user_model.objects.create_user("ada", email="ada@example.com", password=PASSWORD)


def _endpoints(patterns, prefix="/"):
    for pattern in patterns:
        address = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _endpoints(pattern.url_patterns, address)
        elif isinstance(pattern, URLPattern) and not isinstance(pattern.pattern, RegexPattern):
            # The other kind answers 404 to whatever is left.
            yield address, pattern.callback


def test_every_address_of_accounts_is_in_the_document_with_each_of_its_methods():
    addresses = {
        address: callback
        for address, callback in _endpoints(get_resolver().url_patterns)
        if address.startswith(("/auth/app/", "/auth/browser/")) and not issubclass(callback.view_class, LinkPage)
    }
    told = {address: set(methods) for address, methods in _MADE["paths"].items() if address.startswith("/auth/")}

    assert len(addresses) > 30
    for address, callback in addresses.items():
        methods = {name for name in ("get", "post", "put", "patch", "delete") if hasattr(callback.view_class, name)}
        assert told.pop(address) == methods, address
    assert told == {}


class FromElsewhere(APIView):  # type: ignore[misc]
    """A view of an app of django-allauth's that the project has added."""

    def post(self, request):
        return APIResponse(request)


def test_what_nobody_has_described_is_told_in_general_words():
    view = account_view(strict(FromElsewhere), client=AllauthClient.APP)
    (methods,) = document([path("auth/app/v1/elsewhere", view)])["paths"].values()
    assert set(methods) == {"post"}
    assert methods["post"]["summary"] == "An endpoint of django-allauth's"
    assert {"200", "400", "401", "429"} <= set(methods["post"]["responses"])


def test_under_a_prefix_the_addresses_are_told_with_it():
    made = document([path("api/", include("keyturn.urls"))])
    assert {address.removeprefix("/api") for address in made["paths"]} == set(document()["paths"])


def test_what_one_signs_up_with_is_what_the_project_asks_for(settings):
    def fields():
        return document()["components"]["schemas"]["KeyturnSignUp"]

    assert set(fields()["properties"]) == {"email", "username", "password"}
    assert set(fields()["required"]) == {"email", "password"}
    settings.ACCOUNT_SIGNUP_FIELDS = ["email*", "username*", "password1*"]
    assert set(fields()["required"]) == {"email", "username", "password"}


def test_each_method_that_is_for_users_wants_an_access_token_and_nothing_else():
    bearer: list[dict[str, list[str]]] = [{"keyturnBearer": []}]
    flows = {
        "app": [{"keyturnFlow": []}, *bearer, {}],
        "browser": [{"keyturnFlowCookie": [], "keyturnCsrf": []}, *bearer, {}],
    }
    for_users = {"email_list", "email_remove", "password_change", "reauthenticate", "sessions", "sessions_end"}
    for methods in _MADE["paths"].values():
        for operation in methods.values():
            _, client, name = [*operation["operationId"].split("_", 2), "", ""][:3]
            if client in flows and operation["operationId"].startswith("auth_"):
                wanted = operation["security"]
                assert wanted == bearer if name in for_users else wanted in (bearer, flows[client]), name
    assert set(_MADE["components"]["securitySchemes"]) == {
        "keyturnBearer",
        "keyturnClient",
        "keyturnCsrf",
        "keyturnFlow",
        "keyturnFlowCookie",
    }


def test_each_is_described_in_words_of_its_own():
    ids = [operation["operationId"] for methods in _MADE["paths"].values() for operation in methods.values()]

    assert len(ids) == len(set(ids))
    for address, methods in _MADE["paths"].items():
        for operation in methods.values():
            assert operation["summary"], address
            assert operation["summary"] != "An endpoint of django-allauth's", address
            assert "_v1_" not in operation["operationId"], address


def test_the_answers_of_a_sign_up_are_as_the_document_says(client_of, told):
    client = client_of()
    client.call("GET", "config")
    client.call("GET", "auth/session")
    assert client.sign_up(email="new@example.com", username="new").status_code == 401
    assert client.verify("WRONG-CODE").status_code == 400
    assert client.call("POST", "auth/email/verify/resend").status_code in {200, 409, 429}
    code = last_letter("new@example.com").code
    assert client.call("GET", "auth/email/verify", x_email_verification_key=code).status_code == 200
    assert client.verify(code).status_code == 200
    assert client.access
    assert client.call("GET", "auth/session").status_code == 200
    assert client.sign_up(email="other@example.com", username="other").status_code == 409
    assert client.call("GET", "auth/sessions").status_code == 200
    assert client.call("DELETE", "auth/session").status_code == 401


def test_the_answers_of_a_sign_up_that_goes_wrong_are_as_the_document_says(client_of, ada):
    client = client_of()
    assert client.sign_up(email="no address").status_code == 400
    assert client.sign_up(email="new@example.com", password="short").status_code == 400
    assert client.sign_up(email="new@example.com", username="ada").status_code == 400
    assert client.call("POST", "auth/signup", ["no", "object"]).status_code == 400
    assert client.call("POST", "auth/signup", "{").status_code == 400
    assert client.verify("ABC-DEF").status_code == 409
    assert client.call("POST", "auth/email/verify/resend").status_code == 409


def test_the_answers_of_a_link_are_as_the_document_says(client_of, settings):
    settings.KEYTURN = {
        "FRONTEND_URLS": {
            "verify_email": "https://app.example.com/verify?key={key}",
            "reset_password": "https://app.example.com/reset?key={key}",
        }
    }
    assert client_of().sign_up(email="new@example.com", username="new").status_code == 401
    key = last_letter("new@example.com").key
    elsewhere = client_of()
    assert elsewhere.call("GET", "auth/email/verify", x_email_verification_key=key).status_code == 200
    assert elsewhere.verify(key).status_code == 200
    assert elsewhere.verify(key).json()["reason"] == "link_used"
    assert elsewhere.verify(f"{key}x").json()["reason"] == "link_invalid"
    assert elsewhere.call("POST", "auth/password/request", {"email": "new@example.com"}).status_code == 401
    key = last_letter("new@example.com").key
    forgetful = client_of()
    reset = {"key": key, "password": "short"}
    assert forgetful.call("GET", "auth/password/reset", x_password_reset_key=key).status_code == 200
    assert forgetful.call("POST", "auth/password/reset", reset).status_code == 400
    reset["password"] = NEW_PASSWORD
    assert forgetful.call("POST", "auth/password/reset", reset).status_code == 200
    assert client_of().call("POST", "auth/password/reset", reset).json()["reason"] == "link_used"


def test_the_answers_of_a_sign_in_are_as_the_document_says(client_of, ada):
    client = client_of()
    assert client.log_in("ada", "wrong").status_code == 400
    assert client.call("POST", "auth/login", {"password": PASSWORD}).status_code == 400
    assert client.log_in("ada").status_code == 200
    assert client.log_in("ada").status_code == 409
    assert client.call("POST", "auth/reauthenticate", {"password": "wrong"}).status_code == 400
    assert client.call("POST", "auth/reauthenticate", {"password": PASSWORD}).status_code == 200
    sessions = client.call("GET", "auth/sessions").json()["data"]
    assert client.call("DELETE", "auth/sessions", {"sessions": ["nonsense"]}).status_code == 400
    other = client_of()
    assert other.log_in("ada").status_code == 200
    assert other.call("DELETE", "auth/sessions", {"sessions": [sessions[0]["id"]]}).status_code == 200
    assert client.call("GET", "auth/session").status_code == 401


def test_the_answers_about_addresses_are_as_the_document_says(client_of, ada):
    client = client_of()
    assert client.call("GET", "account/email").status_code == 401
    client.log_in("ada")
    assert client.call("GET", "account/email").status_code == 200
    Session.objects.update(auth_time=utc_now() - timedelta(hours=1))
    assert client.call("POST", "account/email", {"email": "second@example.com"}).status_code == 401
    assert client.call("GET", "auth/reauthenticate").status_code == 200
    assert client.call("POST", "auth/code/reauthenticate", {}).status_code == 401
    assert client.call("POST", "auth/reauthenticate", {"password": PASSWORD}).status_code == 200
    assert client.call("POST", "account/email", {"email": "second@example.com"}).status_code == 200
    assert client.call("PUT", "account/email", {"email": "second@example.com"}).status_code in {200, 403}
    assert client.call("PATCH", "account/email", {"email": "no@example.com", "primary": True}).status_code == 400
    assert client.call("DELETE", "account/email", {"email": "no@example.com"}).status_code == 400
    assert client.call("DELETE", "account/email", {"email": "second@example.com"}).status_code == 200


def test_the_answers_about_mails_that_sign_in_and_prove_are_as_the_document_says(client_of, ada, settings):
    assert client_of().call("POST", "auth/code/request", {"email": "ada@example.com"}).status_code == 404
    settings.ACCOUNT_LOGIN_BY_CODE_ENABLED = True
    settings.KEYTURN = {"FRONTEND_URLS": {"sign_in_link": "https://app.example.com/in?key={key}"}}
    ada.set_unusable_password()
    ada.save()
    client = client_of()
    assert client.call("POST", "auth/code/resend").status_code == 409
    assert client.call("POST", "auth/code/request", {"email": "ada"}).status_code == 400
    assert client.call("POST", "auth/code/request", {"email": "ada@example.com"}).status_code == 401
    assert client.call("POST", "auth/code/resend").status_code in {200, 409}
    assert client.call("POST", "auth/code/confirm", {"code": "BBBB-BBBB"}).status_code == 400
    letter = last_letter("ada@example.com")
    assert client_of().call("POST", "auth/code/link", {"key": "a.b"}).status_code == 400
    assert client.call("POST", "auth/code/link", {"key": letter.key}).status_code == 200
    assert client.call("POST", "auth/code/link", {"key": letter.key}).status_code == 409
    assert client.call("POST", "auth/code/reauthenticate", {"code": "BBBB-BBBB"}).status_code == 409
    assert client.call("POST", "auth/code/reauthenticate", {}).status_code == 200
    assert client.call("POST", "auth/code/reauthenticate", {"code": "BBBB-BBBB"}).status_code == 400
    code = last_letter("ada@example.com").code
    assert client.call("POST", "auth/code/reauthenticate", {"code": code}).status_code == 200


def test_the_answers_about_a_password_are_as_the_document_says(client_of, ada):
    client = client_of()
    change = {"current_password": "wrong", "new_password": NEW_PASSWORD}
    assert client.call("POST", "account/password/change", change).status_code == 401
    client.log_in("ada")
    assert client.call("POST", "account/password/change", change).status_code == 400
    change["current_password"] = PASSWORD
    assert client.call("POST", "account/password/change", change).status_code == 200
    forgetful = client_of()
    assert forgetful.call("POST", "auth/password/reset", {"key": "ABC", "password": PASSWORD}).status_code == 409
    assert forgetful.call("POST", "auth/password/request", {"email": "ada@example.com"}).status_code == 401
    code = last_letter("ada@example.com").code
    assert forgetful.call("GET", "auth/password/reset", x_password_reset_key=code).status_code == 200
    reset = {"key": "WRONG-CODE", "password": PASSWORD}
    assert forgetful.call("POST", "auth/password/reset", reset).status_code == 400
    assert forgetful.call("POST", "auth/password/reset", {**reset, "key": code}).status_code == 200


@pytest.mark.parametrize(
    "path", ["account/phone", "auth/phone/verify", "auth/phone/verify/resend", "auth/code/confirm"]
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_answers_of_doors_that_lead_nowhere_here_are_as_the_document_says(client_of, ada, path, method):
    client = client_of()
    for _ in range(2):
        answer = AuthClient.call(
            client, method, path, {"phone": "+4912345", "code": "ABC"} if method == "POST" else None
        )
        assert answer.status_code < 500
        if answer.status_code not in {404, 405}:
            client.told.check(answer)
        client.log_in("ada")


def _shown(secret, *, later=0):
    """What an authenticator app shows (RFC 6238)."""
    return totp.code_at(secret, totp.step_at(utc_now()) + later)


def test_the_answers_of_a_second_factor_are_as_the_document_says(client_of, ada):
    EmailAddress.objects.create(user=ada, email=ada.email, verified=True, primary=True)
    client = client_of()
    app, recovery = "account/authenticators/totp", "account/authenticators/recovery-codes"
    for method, where in (("GET", app), ("DELETE", app), ("GET", recovery), ("POST", recovery)):
        assert client.call(method, where).status_code == 401
    client.log_in("ada")
    assert client.call("GET", recovery).status_code == 404
    assert client.call("POST", recovery).status_code == 400
    asked = client.call("GET", app)
    assert asked.status_code == 404
    secret = asked.json()["meta"]["secret"]
    assert client.call("POST", app, {"code": "000000"}).status_code == 400
    assert client.call("POST", app, {"code": _shown(secret)}).status_code == 200
    assert client.call("POST", app, {"code": _shown(secret)}).status_code == 409
    assert client.call("GET", app).status_code == 200
    assert client.call("GET", "account/authenticators").status_code == 200
    assert client.call("GET", recovery).status_code == 200
    codes = client.call("POST", recovery).json()["data"]["unused_codes"]

    other = client_of()
    assert other.log_in("ada").json()["reason"] == "mfa_required"
    assert other.call("POST", "auth/2fa/authenticate", {"code": "000000"}).status_code == 400
    assert other.call("POST", "auth/2fa/authenticate", {"code": codes[0]}).status_code == 200
    assert other.call("POST", "auth/2fa/reauthenticate", {"code": codes[1]}).status_code == 200
    assert other.call("DELETE", app).status_code == 200
    assert other.call("GET", recovery).status_code == 404


def test_the_answers_of_a_factor_that_must_be_set_up_are_as_the_document_says(client_of, ada, settings):
    settings.KEYTURN = {"FACTOR_REQUIRED_OF": "everybody"}
    client = client_of()
    app = "account/authenticators/totp"
    assert client.log_in("ada").json()["reason"] == "factor_setup_required"
    secret = client.call("GET", app).json()["meta"]["secret"]
    assert client.call("POST", app, {"code": "000000"}).status_code == 400
    answer = client.call("POST", app, {"code": _shown(secret)})
    assert answer.status_code == 200
    assert len(answer.json()["data"]["recovery_codes"]) == 10
    assert client.call("DELETE", app).status_code == 403
