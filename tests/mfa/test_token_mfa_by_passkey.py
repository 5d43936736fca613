"""The second step of ``/token/`` by a passkey."""

import pytest

from keyturn.sessions.models import Session
from tests.accounts.engine import AuthClient
from tests.contract.caller import Caller, claims
from tests.mfa.authenticator import SoftAuthenticator
from tests.mfa.door import enrol, finish, mfa_token
from tests.mfa.keys import options

pytestmark = pytest.mark.django_db


@pytest.fixture
def caller():
    """A client that keeps nothing."""
    return Caller()


def options_of(caller, token):
    answer = caller.call("POST", "/token/mfa/options/", {"mfa_token": token})
    assert answer.status_code == 200, answer.content
    assert set(answer.json()) == {"request_options"}
    return answer.json()["request_options"]


def test_a_passkey_ends_the_sign_in(laptop, caller):
    answer = caller.try_log_in()
    assert answer.json()["methods"] == ["recovery_codes", "webauthn"]
    token = answer.json()["mfa_token"]
    done = finish(caller, token, credential=laptop.get(options_of(caller, token)))
    assert done.status_code == 200, done.content
    amr = claims(done.json()["access"])["amr"]
    assert amr[0] == "pwd"
    assert amr[-1] == "mfa"
    assert "otp" not in amr


def test_options_may_be_asked_for_twice_and_each_answer_serves(laptop, caller):
    token = mfa_token(caller)
    first, second = options_of(caller, token), options_of(caller, token)
    assert first["publicKey"]["challenge"] != second["publicKey"]["challenge"]
    assert finish(caller, token, credential=laptop.get(first)).status_code == 200


def test_one_answer_ends_one_sign_in(laptop, caller):
    first, second = mfa_token(caller), mfa_token(caller)
    shown = laptop.get(options_of(caller, first))
    assert finish(caller, first, credential=shown).status_code == 200
    again = finish(caller, second, credential=shown)
    assert (again.status_code, again.json()["reason"]) == (400, "passkey_invalid")
    assert Session.objects.filter(amr__contains="pwd").count() == 2


def test_an_answer_that_was_asked_for_to_sign_in_alone_does_not_serve(laptop, caller):
    token = mfa_token(caller)
    shown = laptop.get(options(AuthClient(), "auth/webauthn/login"))
    assert finish(caller, token, credential=shown).json()["reason"] == "passkey_invalid"


def test_a_key_of_nobody_s_does_not_serve_and_counts(laptop, caller):
    token = mfa_token(caller)
    stranger = SoftAuthenticator()
    for _ in range(5):
        asked = options_of(caller, token)
        stranger.keys = laptop.keys
        shown = {**laptop.get(asked), "id": "AAAA", "rawId": "AAAA"}
        assert finish(caller, token, credential=shown).json()["reason"] == "passkey_invalid"
    assert finish(caller, token, credential={}).json()["reason"] == "mfa_token_invalid"


@pytest.mark.parametrize(
    "credential",
    [
        {},
        {"id": 1},
        {"id": None, "response": None},
        {"id": "x", "rawId": "x", "type": "public-key", "response": {}},
        {"id": "x" * 60_000},
        {"a": {"b": {"c": {"d": [1, 2, {"e": None}]}}}},
        {"id": "\u202e", "response": {"clientDataJSON": "%%%"}},
    ],
    ids=lambda one: str(one)[:20],
)
def test_what_is_no_answer_of_a_passkey_is_a_wrong_one(laptop, caller, credential):
    token = mfa_token(caller)
    answer = finish(caller, token, credential=credential)
    assert (answer.status_code, answer.json()["reason"]) == (400, "passkey_invalid")
    assert finish(caller, token, credential=laptop.get(options_of(caller, token))).status_code == 200


def test_a_user_without_a_passkey_is_asked_for_none(passkey_site, ada, caller):
    enrol(ada)
    asked = options_of(caller, mfa_token(caller))
    assert asked["publicKey"].get("allowCredentials", []) == []
