"""Sessions bound to a key: what their tokens say, who can refresh them, and what a thief of them gets."""

import jwt
import pytest

from keyturn.clock import utc_now
from keyturn.jose.thumbprint_spelling import from_hex
from keyturn.sessions.models import Session
from tests.contract.caller import PASSWORD, assert_refused, claims, session_of, turn_back
from tests.dpop.browser import KeyHolder
from tests.engine.stock_tokens import stock_token


def test_signing_in_with_a_proof_binds_the_session_to_its_key(holder):
    tokens = holder.log_in()
    session = session_of(tokens.refresh)
    assert session.binding_kind == "dpop"
    assert from_hex(session.binding_hash) == holder.key.thumbprint
    assert claims(tokens.access)["cnf"] == {"jkt": holder.key.thumbprint}
    assert "cnf" not in claims(tokens.refresh)


def test_without_a_proof_nothing_is_different(ada, caller):
    tokens = caller.log_in()
    assert "cnf" not in claims(tokens.access)
    assert session_of(tokens.refresh).binding_kind == ""
    assert set(caller.try_refresh(tokens.refresh).json()) == {"access", "refresh"}


def test_a_session_that_was_opened_without_a_proof_stays_unbound(ada, caller, holder):
    tokens = caller.log_in()
    answer = holder.try_refresh(tokens.refresh)
    assert set(answer.json()) == {"access", "refresh"}
    assert "cnf" not in claims(answer.json()["access"])
    assert session_of(tokens.refresh).binding_kind == ""


def test_a_bound_session_refreshes_with_proofs_by_its_key(holder):
    tokens = holder.log_in()
    for generation in (1, 2, 3):
        tokens = holder.refresh(tokens.refresh)
        assert claims(tokens.refresh)["gen"] == generation
        assert claims(tokens.access)["cnf"] == {"jkt": holder.key.thumbprint}
        assert holder.home(tokens.access).status_code == 200


def test_a_lost_reply_is_recovered_at_any_age_however_often(holder):
    kept = holder.log_in()
    for hours in (1, 20, 40, 1):
        lost = holder.refresh(kept.refresh)
        turn_back(kept.refresh, hours=hours)
        found = holder.refresh(kept.refresh)
        assert claims(found.refresh)["gen"] == claims(lost.refresh)["gen"]
        kept = found
    assert session_of(kept.refresh).revoked_at is None


@pytest.mark.parametrize("age", [0, 5, 3600])
def test_a_refresh_token_without_a_proof_is_reuse(holder, caller, age):
    tokens = holder.log_in()
    turn_back(tokens.refresh, seconds=age)
    assert_refused(caller.try_refresh(tokens.refresh), "refresh_reused")
    assert session_of(tokens.refresh).revoked_reason == "refresh_reused"
    answer = holder.try_refresh(tokens.refresh)
    assert answer.json()["reason"] == "refresh_reused"


def test_a_refresh_token_with_a_proof_by_another_key_is_reuse(holder, thief):
    tokens = holder.log_in()
    answer = thief.try_refresh(tokens.refresh)
    assert answer.status_code == 401
    assert answer.json()["reason"] == "refresh_reused"
    assert session_of(tokens.refresh).revoked_reason == "refresh_reused"
    assert holder.home(tokens.access).status_code == 401


def test_a_broken_proof_decides_nothing(holder):
    tokens = holder.log_in()
    for proof in ("x", holder.key.proof("GET", "http://testserver/token/refresh/"), "a.b.c"):
        answer = holder.try_refresh(tokens.refresh, proof=proof)
        assert answer.status_code == 400
        assert answer.json()["code"] == "invalid_dpop_proof"
        assert "reason" not in answer.json()
    assert session_of(tokens.refresh).revoked_at is None
    assert session_of(tokens.refresh).generation == 0
    assert holder.refresh(tokens.refresh)


def test_a_proof_seen_by_a_thief_gives_what_only_the_key_opens(holder, caller):
    tokens = holder.log_in()
    proof = holder.key.proof("POST", "http://testserver/token/refresh/")
    own = holder.try_refresh(tokens.refresh, proof=proof).json()
    replayed = holder.try_refresh(tokens.refresh, proof=proof).json()
    assert replayed["refresh"] == own["refresh"]
    for scheme in ("DPoP", "Bearer"):
        answer = caller.home(HTTP_AUTHORIZATION=f"{scheme} {replayed['access']}")
        assert (answer.status_code, answer.json()["reason"]) == (401, "binding_missing")
    assert session_of(tokens.refresh).revoked_at is None


def test_changing_the_password_gives_this_client_a_session_bound_to_the_same_key(holder):
    tokens = holder.log_in()
    answer = holder.call(
        "POST",
        "/auth/app/v1/account/password/change",
        {"current_password": PASSWORD, "new_password": "another horse battery staple"},
        access=tokens.access,
    )
    assert answer.status_code == 200, answer.content
    meta = answer.json()["meta"]
    assert meta["token_type"] == "DPoP"
    assert claims(meta["access_token"])["cnf"] == {"jkt": holder.key.thumbprint}
    assert holder.home(meta["access_token"]).status_code == 200
    assert holder.refresh(meta["refresh_token"])
    assert session_of(tokens.refresh).revoked_at is not None


def test_signing_in_by_a_flow_binds_the_session_too(holder):
    answer = holder.call("POST", "/auth/app/v1/auth/login", {"username": "ada", "password": PASSWORD})
    assert answer.status_code == 200, answer.content
    meta = answer.json()["meta"]
    assert meta["token_type"] == "DPoP"
    assert claims(meta["access_token"])["cnf"] == {"jkt": holder.key.thumbprint}
    assert holder.refresh(meta["refresh_token"])


def test_the_row_holds_nothing_that_opens_anything(holder):
    tokens = holder.log_in()
    values = Session.objects.values().get(pk=claims(tokens.refresh)["sid"])
    secret = holder.key.private_jwk["d"]
    assert not any(secret in str(value) or holder.key.jwk["x"] in str(value) for value in values.values())


def test_a_bound_session_rotates_by_as_few_statements_as_any(holder, count_statements):
    tokens = holder.log_in()
    with count_statements(exactly=1):
        tokens = holder.refresh(tokens.refresh)
    with count_statements(exactly=1):
        holder.refresh(tokens.refresh)


def test_two_clients_of_one_user_hold_a_key_each(holder, thief):
    mine, other = holder.log_in(), thief.log_in()
    assert holder.refresh(mine.refresh)
    assert thief.refresh(other.refresh)
    assert holder.home(other.access).json()["reason"] == "binding_missing"


def test_simplejwts_own_serializers_bind_sessions_too(holder, settings):
    settings.SIMPLE_JWT = {
        "TOKEN_OBTAIN_SERIALIZER": "tests.dpop.own.ObtainSerializer",
        "TOKEN_REFRESH_SERIALIZER": "tests.dpop.own.RefreshSerializer",
    }
    tokens = holder.log_in()
    assert claims(tokens.access)["cnf"] == {"jkt": holder.key.thumbprint}
    assert claims(holder.refresh(tokens.refresh).access)["cnf"] == {"jkt": holder.key.thumbprint}


def test_a_sliding_token_is_never_bound(settings, holder):
    settings.KEYTURN = {"SLIDING_TOKENS": True}
    answer = holder.call("POST", "/token/sliding/", {"username": "ada", "password": PASSWORD})
    token = answer.json()["token"]
    assert "cnf" not in jwt.decode(token, options={"verify_signature": False})
    assert session_of(token).binding_kind == ""
    again = KeyHolder().caller.call("POST", "/token/sliding/refresh/", {"token": token})
    assert again.status_code == 200


def test_a_token_of_stock_simplejwt_is_adopted_bound_to_nothing(holder, ada):
    token = stock_token(ada, issued_at=utc_now())
    answer = holder.try_refresh(token)
    assert answer.status_code == 200, answer.content
    assert set(answer.json()) == {"access", "refresh"}
    assert session_of(answer.json()["refresh"]).binding_kind == ""
    assert holder.caller.refresh(answer.json()["refresh"])
