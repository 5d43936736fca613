"""Access tokens bound to a key are taken with a proof by it, and in no other way (RFC 9449 section 7)."""

import time

import pytest

from tests.bad_input.forgery import claims_of, signed_by_us
from tests.contract.caller import claims, session_of
from tests.dpop.browser import ORIGIN
from tests.dpop.key import DpopKey

HOME = f"{ORIGIN}/home/"


def refused(answer, reason):
    assert answer.status_code == 401, answer.content
    assert answer.json()["reason"] == reason
    assert answer.json()["code"] == "token_not_valid"
    return answer["WWW-Authenticate"]


def test_it_is_taken_with_a_proof_for_it(holder):
    tokens = holder.log_in()
    answer = holder.home(tokens.access)
    assert answer.status_code == 200
    assert answer.json()["message"]


def test_the_scheme_may_be_written_in_any_letters(holder):
    tokens = holder.log_in()
    proof = holder.key.proof("GET", HOME, token=tokens.access)
    for scheme in ("dpop", "DPOP", "DPoP"):
        answer = holder.caller.home(HTTP_AUTHORIZATION=f"{scheme} {tokens.access}", HTTP_DPOP=proof)
        assert answer.status_code == 200


def test_a_bound_token_is_no_bearer_token(holder):
    tokens = holder.log_in()
    challenge = refused(holder.caller.home(tokens.access), "binding_missing")
    assert challenge == 'Bearer realm="api", error="invalid_token", error_description="binding_missing"'
    proof = holder.key.proof("GET", HOME, token=tokens.access)
    refused(holder.caller.home(tokens.access, HTTP_DPOP=proof), "binding_missing")
    assert session_of(tokens.refresh).revoked_at is None


def test_an_unbound_token_is_refused_by_the_scheme_of_bound_ones(holder, caller):
    tokens = caller.log_in()
    challenge = refused(holder.home(tokens.access), "binding_missing")
    assert challenge == ('DPoP realm="api", algs="ES256", error="invalid_token", error_description="binding_missing"')


def test_without_a_proof_it_is_refused(holder):
    tokens = holder.log_in()
    refused(holder.caller.home(HTTP_AUTHORIZATION=f"DPoP {tokens.access}"), "binding_missing")


def test_a_proof_by_another_key_is_refused(holder, thief):
    tokens = holder.log_in()
    refused(thief.home(tokens.access), "binding_missing")


@pytest.mark.parametrize(
    "changed",
    [
        {"method": "POST"},
        {"url": f"{ORIGIN}/me/"},
        {"token": "another"},
        {"token": None},
        {"jti": 7},
        {"header": {"typ": "JWT"}},
    ],
    ids=["method", "url", "token", "no token", "jti", "typ"],
)
def test_a_proof_for_anything_else_is_refused(holder, changed):
    tokens = holder.log_in()
    facts = {"method": "GET", "url": HOME, "token": tokens.access, **changed}
    answer = holder.home(tokens.access, proof=holder.key.proof(facts.pop("method"), facts.pop("url"), **facts))
    assert answer.status_code == 401
    assert answer.json()["code"] == "invalid_dpop_proof"
    assert "reason" not in answer.json()
    assert answer["WWW-Authenticate"] == 'DPoP realm="api", algs="ES256", error="invalid_dpop_proof"'
    assert holder.home(tokens.access).status_code == 200


def test_a_clock_that_is_wrong_is_told_a_nonce_and_then_let_in(holder):
    tokens = holder.log_in()
    wrong = int(time.time()) - 8 * 3600
    answer = holder.home(tokens.access, proof=holder.key.proof("GET", HOME, token=tokens.access, iat=wrong))
    assert (answer.status_code, answer.json()["code"]) == (401, "use_dpop_nonce")
    assert answer["WWW-Authenticate"] == 'DPoP realm="api", algs="ES256", error="use_dpop_nonce"'
    nonce = answer["DPoP-Nonce"]
    proof = holder.key.proof("GET", HOME, token=tokens.access, iat=wrong, nonce=nonce)
    assert holder.home(tokens.access, proof=proof).status_code == 200


def test_every_answer_to_a_proof_carries_a_fresh_nonce(holder, caller):
    tokens = holder.log_in()
    for path in ("/home/", "/me/", "/sessions/", "/auth/app/v1/account/email"):
        assert len(holder.call("GET", path, access=tokens.access)["DPoP-Nonce"]) == 32
    assert len(holder.try_refresh("x")["DPoP-Nonce"]) == 32
    assert "DPoP-Nonce" not in holder.call("GET", "/.well-known/jwks.json")
    assert "DPoP-Nonce" not in caller.call("GET", "/home/")
    assert "DPoP-Nonce" not in caller.try_log_in()


def test_refused_tokens_are_refused_as_ever_and_the_challenge_names_the_scheme(holder):
    tokens = holder.log_in()
    assert holder.caller.call("POST", "/token/blacklist/", {"refresh": tokens.refresh}).status_code == 200
    challenge = refused(holder.home(tokens.access), "session_revoked")
    assert challenge.startswith('DPoP realm="api", algs="ES256", error="invalid_token"')
    answer = holder.home("rubbish")
    assert answer.status_code == 401
    assert answer.json()["reason"] == "malformed"


@pytest.mark.parametrize("credentials", ["DPoP", "DPoP ", "DPoP a b", "DPoP  a  b"])
def test_anything_but_one_token_after_the_scheme_is_refused(holder, credentials):
    answer = holder.caller.home(HTTP_AUTHORIZATION=credentials)
    assert answer.status_code == 401
    assert answer.json()["code"] == "bad_authorization_header"


def test_the_doors_that_authenticate_in_their_own_way_ask_for_the_proof_too(holder):
    tokens = holder.log_in()
    bearer = {"HTTP_AUTHORIZATION": f"Bearer {tokens.access}"}
    logout = holder.caller.call("POST", "/logout/", {"refresh_token": tokens.refresh}, **bearer)
    refused(logout, "binding_missing")
    emails = holder.caller.call("GET", "/auth/app/v1/account/email", **bearer)
    refused(emails, "binding_missing")
    session = holder.caller.call("DELETE", "/auth/app/v1/auth/session", **bearer)
    refused(session, "binding_missing")
    assert session_of(tokens.refresh).revoked_at is None
    assert holder.call("GET", "/auth/app/v1/account/email", access=tokens.access).status_code == 200
    assert holder.call("HEAD", "/auth/app/v1/account/email", access=tokens.access).status_code == 200
    body = {"refresh_token": tokens.refresh}
    assert holder.call("POST", "/logout/", body, access=tokens.access).status_code == 205
    assert session_of(tokens.refresh).revoked_at is not None


def test_the_public_url_will_do_as_well_as_the_requests_own(holder, settings):
    tokens = holder.log_in()
    settings.KEYTURN = {"PUBLIC_URL": "https://Auth.example:443/"}
    for url in ("https://auth.example/home/", HOME):
        proof = holder.key.proof("GET", url, token=tokens.access)
        assert holder.home(tokens.access, proof=proof).status_code == 200
    proof = holder.key.proof("GET", "http://auth.example/home/", token=tokens.access)
    assert holder.home(tokens.access, proof=proof).json()["code"] == "invalid_dpop_proof"


def test_a_public_url_with_a_prefix_will_do_where_a_proxy_takes_it_off(holder, settings):
    tokens = holder.log_in()
    settings.KEYTURN = {"PUBLIC_URL": "https://example.com/auth"}
    proof = holder.key.proof("GET", "https://example.com/auth/home/", token=tokens.access)
    assert holder.home(tokens.access, proof=proof).status_code == 200


def test_a_host_that_is_not_ours_will_not_do(holder, settings):
    settings.ALLOWED_HOSTS = ["testserver"]
    tokens = holder.log_in()
    proof = holder.key.proof("GET", "http://evil.example/home/", token=tokens.access)
    answer = holder.home(tokens.access, proof=proof, HTTP_HOST="evil.example")
    assert answer.status_code in {400, 401}


def test_it_is_read_unread_and_by_as_few_statements_as_any(holder, count_statements):
    tokens = holder.log_in()
    holder.home(tokens.access)
    with count_statements(at_most=1):
        assert holder.home(tokens.access).status_code == 200


def test_a_proof_along_with_a_bearer_token_matters_only_where_tokens_are_given(holder, caller):
    tokens = caller.log_in()
    assert caller.home(tokens.access, HTTP_DPOP="rubbish").status_code == 200
    answer = caller.call("POST", "/logout/all/", {}, access=tokens.access, HTTP_DPOP="rubbish")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_dpop_proof")
    assert claims(tokens.access)["sid"] == str(session_of(tokens.refresh).pk)
    assert session_of(tokens.refresh).revoked_at is None


def test_a_token_whose_binding_cannot_be_read_is_nobodys(ada, caller):
    token = caller.log_in().access
    spoilt = signed_by_us("access", {**claims_of(token), "cnf": {"jkt": 7}})
    refused(caller.home(spoilt), "binding_missing")
    holder_of_nothing = DpopKey().proof("GET", HOME, token=spoilt)
    refused(caller.home(HTTP_AUTHORIZATION=f"DPoP {spoilt}", HTTP_DPOP=holder_of_nothing), "binding_missing")
