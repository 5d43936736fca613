"""Requests made from the OpenAPI document, right and wrong ones, and answers held against it."""

import base64
from collections.abc import Iterator

import pytest
import schemathesis
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, transaction
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from schemathesis.checks import load_all_checks, not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from keyturn import clients
from keyturn.accounts.half_signed_in import begin
from keyturn.clock import utc_now
from keyturn.mfa import trusted
from keyturn.sessions.client import Binding, BindingKind, Client
from keyturn.tokens.issuing import issue_pair
from keyturn.tokens.sliding import issue_sliding
from tests.bad_input.forgery import claims_of
from tests.bad_input.openapi import SLIDING, whole_document
from tests.mfa.door import code_of, enrol

_PASSKEYS = {
    "PASSKEY_RP_ID": "auth.example.com",
    "PASSKEY_ORIGINS": ["https://auth.example.com", "https://auth.example.org"],
}
_PASSWORD = "correct horse battery staple"

load_all_checks()
_made = whole_document()
api = schemathesis.openapi.from_dict(
    {**_made, "paths": {path: methods for path, methods in _made["paths"].items() if not path.startswith("/auth/")}}
)
accounts = schemathesis.openapi.from_dict(
    {**_made, "paths": {path: methods for path, methods in _made["paths"].items() if path.startswith("/auth/")}}
)
# Each request gets a valid access token below, so that it comes further than the door. That a missing or wrong one is
# refused is checked (ignored_auth) all the same.
for one in (api, accounts):
    one.config.generation.with_security_parameters = False
    one.app = WSGIHandler()

_UNSURE = [
    # JSON Schema cannot say that a user name must not consist of spaces alone or hold a NUL byte.
    positive_data_acceptance,
]


def _unsure_of(case):
    """A multipart body that is none reads as a form without fields, and where none is required that is right."""
    is_form = case.media_type == "multipart/form-data"
    return [*_UNSURE, negative_data_rejection] if is_form and case.method == "PATCH" else _UNSURE


_MANY_EXAMPLES = hypothesis_settings(
    max_examples=60,
    derandomize=True,
    database=None,
    deadline=None,
    # One user and one transaction for all examples is what is wanted.
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.filter_too_much, HealthCheck.too_slow],
)
_FEW_EXAMPLES = hypothesis_settings(_MANY_EXAMPLES, max_examples=15)


@pytest.fixture
def user(db, settings, django_user_model):
    settings.KEYTURN = {**SLIDING, **_PASSKEYS}
    settings.ACCOUNT_LOGIN_BY_CODE_ENABLED = True
    return django_user_model.objects.create_user("ada", password=_PASSWORD)


@pytest.fixture
def one_transaction() -> Iterator[None]:
    """Keep the connection with the test's transaction open from request to request, as Django's test client does."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def _pair(user):
    return issue_pair(user=user, now=utc_now(), client=Client())


def _authorization(operation, user):
    """What the operation asks for: a service's credentials, or an access token."""
    if {"keyturnClient": []} in operation.definition.raw.get("security", []):
        made = clients.create(name="a service", scopes=clients.SCOPES, now=utc_now())
        return "Basic " + base64.b64encode(f"{made.client_id}:{made.secret}".encode()).decode()
    return f"Bearer {_pair(user).access}"


@pytest.mark.once
@api.parametrize()
@_MANY_EXAMPLES
def test_any_request_is_answered_as_the_document_says(case, user, one_transaction):
    headers = {"Authorization": _authorization(case.operation, user)}
    case.call_and_validate(headers=headers, excluded_checks=_unsure_of(case))


@pytest.mark.once
@accounts.parametrize()
@_FEW_EXAMPLES
def test_any_request_to_accounts_is_answered_as_the_document_says(case, user, one_transaction):
    case.call_and_validate(headers={"Authorization": f"Bearer {_pair(user).access}"}, excluded_checks=_UNSURE)


def _good_bodies(user):
    sliding = issue_sliding(user=user, now=utc_now(), client=Client())
    return {
        "token_obtain": {"username": "ada", "password": _PASSWORD},
        "token_sliding_obtain": {"username": "ada", "password": _PASSWORD},
        "token_refresh": {"refresh": _pair(user).refresh},
        "token_blacklist": {"refresh": _pair(user).refresh},
        "token_verify": {"token": _pair(user).refresh},
        "token_sliding_refresh": {"token": sliding},
        "logout": {"refresh_token": _pair(user).refresh},
        "token_introspect": {"token": _pair(user).access},
        "token_revoke": {"token": _pair(user).refresh},
        "me_change": {"first_name": "Other"},
        "me_delete": {"password": _PASSWORD},
    }


def _second_step(name, user):
    """A body for a user who has begun to sign in; only made where it is asked for, as others must not need a factor."""
    if name not in {"token_mfa", "token_mfa_options", "token_mfa_setup"}:
        return None
    door = {"serializer": "", "read": {}, "sent": {}}
    must_set_up = name == "token_mfa_setup"
    token = begin(user=user, must_set_up=must_set_up, door=door, client=Client(), now=utc_now())
    return {"mfa_token": token, **({"code": code_of(enrol(user))} if name == "token_mfa" else {})}


def _path_of(name, user):
    if name == "sessions_revoke":
        return {"session_id": _session_of(user)}
    if name == "me_trusted_device_forget":
        client = Client(bindings=(Binding.to(BindingKind.COOKIE, "device"),))
        with transaction.atomic():
            trusted.trust(user=user, client=client, now=utc_now())
        return {"device_id": str(trusted.devices_of(user.pk, now=utc_now())[0].pk)}
    return {}


_SUCCESSES = {
    "token_obtain": 200,
    "token_mfa": 200,
    "token_mfa_options": 200,
    "token_mfa_setup": 200,
    "me_trusted_devices": 200,
    "me_trusted_devices_forget": 204,
    "me_trusted_device_forget": 204,
    "token_sliding_obtain": 200,
    "token_refresh": 200,
    "token_blacklist": 200,
    "token_verify": 200,
    "token_sliding_refresh": 200,
    "logout": 205,
    "logout_all": 205,
    "sessions_list": 200,
    "sessions_revoke_others": 204,
    "sessions_revoke": 204,
    "me": 200,
    "me_change": 200,
    "me_delete": 204,
    "me_activity": 200,
    "me_export": 200,
    "token_introspect": 200,
    "token_revoke": 200,
    "revocations": 200,
    "jwks": 200,
    "authorization_server": 200,
    "passkey_origins": 200,
}


def _operations():
    operations = [result.ok() for result in api.get_all_operations() if isinstance(result, Ok)]
    return {operation.definition.raw["operationId"]: operation for operation in operations}


@pytest.mark.parametrize("name", _SUCCESSES)
@pytest.mark.parametrize("media_type", ["application/json", "application/x-www-form-urlencoded", "multipart/form-data"])
def test_every_success_is_as_the_document_says(name, media_type, user, one_transaction):
    operation = _operations()[name]
    body = _good_bodies(user).get(name) or _second_step(name, user)
    case = operation.Case(
        path_parameters=_path_of(name, user),
        **({} if body is None else {"body": body, "media_type": media_type}),
    )
    answer = case.call_and_validate(headers={"Authorization": _authorization(operation, user)})
    assert answer.status_code == _SUCCESSES[name]


def _session_of(user):
    return claims_of(_pair(user).access)["sid"]


def test_no_operation_of_the_document_is_left_out_above():
    assert set(_operations()) == set(_SUCCESSES)


# Without a mail server some answers are 503, which the document tells. It tells no 500.
@pytest.mark.server
@pytest.mark.once
def test_the_running_server_answers_as_the_document_says_that_it_serves(live):
    served = schemathesis.openapi.from_url(f"{live.server.url}/schema/")
    served.config.generation.with_security_parameters = False
    operations = [result.ok() for result in served.get_all_operations() if isinstance(result, Ok)]
    assert {operation.path for operation in operations} >= {"/home/", "/token/", "/sessions/"}
    for operation in operations:
        live.log_in()  # the one before may have ended the session

        @_FEW_EXAMPLES
        @given(case=operation.as_strategy())
        def check(case):
            case.call_and_validate(
                headers={"Authorization": f"Bearer {live.access}"},
                excluded_checks=[*_unsure_of(case), not_a_server_error],
            )

        check()
    live.log_in()
    assert "Traceback" not in live.server.output()
