"""Tokens with a good signature of ours that say what we never say: a leaked key must not be able to crash us."""

import uuid
from typing import Any

import jwt
import pytest

from keyturn.sessions.models import Session
from tests.bad_input.catalogue.claims import CLAIMS, GENERATIONS, LATER, PAYLOADS, STRANGERS, Absent, Raw, payload_with
from tests.bad_input.doors import DOORS, refusal, unchanged
from tests.bad_input.forgery import claims_of, signed_by_us
from tests.bad_input.presenting import PRESENTATIONS, REFRESHING

_REFRESH_WAYS = {name: way for name, way in PRESENTATIONS.items() if way.kind == "refresh"}
_OTHER_WAYS = {name: way for name, way in PRESENTATIONS.items() if way.kind != "refresh"}
# Log-out looks at the signature and at whose token it is: it must work whatever became of the session.
_JUDGING = {**REFRESHING, **{name: way for name, way in _OTHER_WAYS.items() if name != "log out with"}}


def _without_extra(claims):
    return [pytest.param(name, value, reason, id=label) for name, value, reason, label in claims]


@pytest.mark.parametrize(("name", "value", "reason"), _without_extra([*CLAIMS, *GENERATIONS]))
def test_a_refresh_token_with_an_odd_claim_is_refused_everywhere(world, name, value, reason):
    with unchanged():
        for way in _REFRESH_WAYS.values():
            token = signed_by_us("refresh", payload_with(claims_of(way.good(world)), name, value))
            response = way.send(world, token)
            refused = refusal(response)
            assert refused["reason"] == reason
            assert refused["code"] == "token_not_valid"
            assert response.status_code == way.status


@pytest.mark.parametrize(("name", "value", "reason"), _without_extra(CLAIMS))
def test_an_access_or_sliding_token_with_an_odd_claim_is_refused_everywhere(world, name, value, reason):
    with unchanged():
        for label, way in _OTHER_WAYS.items():
            if label == "log out with" and reason == "expired":
                continue  # log-out traps nobody
            token = signed_by_us("access", payload_with(claims_of(way.good(world)), name, value))
            response = way.send(world, token)
            assert refusal(response)["reason"] == reason
            assert response.status_code == way.status


@pytest.mark.parametrize("payload", PAYLOADS.values(), ids=PAYLOADS)
def test_a_payload_that_is_no_object_is_refused_everywhere(world, payload):
    with unchanged():
        for way in PRESENTATIONS.values():
            response = way.send(world, signed_by_us(way.key, payload))
            assert refusal(response)["reason"] == "malformed"
            assert response.status_code == way.status


@pytest.mark.parametrize("way", PRESENTATIONS.values(), ids=PRESENTATIONS)
def test_a_generation_in_an_access_or_sliding_token_makes_it_a_refresh_token_of_the_wrong_key(world, way):
    claims = claims_of(way.good(world))
    with unchanged():
        response = way.send(world, signed_by_us("access", {**claims, "gen": 0}))
        assert refusal(response)["reason"] == "wrong_type"


@pytest.mark.parametrize("stranger", STRANGERS, ids=lambda text: f"{text[:30]!r} {len(text)}")
def test_a_user_id_that_is_not_the_sessions_user_is_refused(world, stranger):
    with unchanged():
        for way in _JUDGING.values():
            token = signed_by_us(way.key, {**claims_of(way.good(world)), "user_id": stranger})
            response = way.send(world, token)
            assert refusal(response)["reason"] == "user_mismatch"
            assert response.status_code == way.status


@pytest.mark.parametrize("way", PRESENTATIONS.values(), ids=PRESENTATIONS)
def test_the_session_of_another_user_is_never_touched(world, way):
    """A ``sid`` of somebody else's with one's own user id, and one's own ``sid`` with somebody else's user id."""
    claims = claims_of(way.good(world))
    other = Session.objects.get(pk=world.others)
    for mixed in ({"sid": world.others}, {"user_id": str(other.user_id)}):
        token = signed_by_us(way.key, {**claims, **mixed})
        before = Session.objects.filter(pk=world.others).values().get()
        response = way.send(world, token)
        assert Session.objects.filter(pk=world.others).values().get() == before
        if response.status_code < 300:
            # Log-out looks at nothing but the signature and whose token it is.
            assert way in {PRESENTATIONS[name] for name in ("blacklist", "log out", "log out with")}
        else:
            assert refusal(response)["reason"] == "user_mismatch"


@pytest.mark.parametrize("way", _JUDGING.values(), ids=_JUDGING)
def test_a_session_that_never_was_is_refused(world, way):
    token = signed_by_us(way.key, {**claims_of(way.good(world)), "sid": str(uuid.uuid4())})
    with unchanged():
        response = way.send(world, token)
        assert refusal(response)["reason"] == "session_revoked"
    assert response.status_code == way.status


@pytest.mark.parametrize("iat", [LATER, 253_402_300_799, 0, -1, -62_135_596_800, 1.5])
@pytest.mark.parametrize("way", PRESENTATIONS.values(), ids=PRESENTATIONS)
def test_when_a_token_was_issued_is_no_reason_to_refuse_it(world, way, iat):
    token = signed_by_us(way.key, {**claims_of(way.good(world)), "iat": iat})
    assert way.send(world, token).status_code in {200, 204, 205}


@pytest.mark.parametrize("ahead", [1, 2, 1_000, 2**53 - 2])
def test_a_signed_generation_from_the_future_means_that_the_database_forgot_and_is_adopted(world, ahead):
    claims = claims_of(world.values["refresh"])
    response = REFRESHING["refresh"].send(world, signed_by_us("refresh", {**claims, "gen": ahead}))
    assert response.status_code == 200
    assert claims_of(response.json()["refresh"])["gen"] == ahead + 1
    assert Session.objects.get(pk=world.session).generation == ahead + 1


@pytest.mark.parametrize("more", [{"a": [1, {"b": None}]}, {"sub": "x"}, {"aud": "else"}, {"iss": "else"}, {"": ""}])
@pytest.mark.parametrize("way", PRESENTATIONS.values(), ids=PRESENTATIONS)
def test_claims_that_nobody_asks_for_are_no_reason_to_refuse(world, way, more):
    token = signed_by_us(way.key, {**claims_of(way.good(world)), **more})
    assert way.send(world, token).status_code in {200, 204, 205}


_BAD_PARTIES = [None, "", "else", "API", "ap", "apix", "api,else", 17, True, [], ["else"], [["api"]], [17], {"api": 1}]


@pytest.mark.parametrize("audience", _BAD_PARTIES, ids=repr)
def test_another_audience_is_refused(world, settings, audience):
    settings.SIMPLE_JWT = {"AUDIENCE": "api"}
    with unchanged():
        for way in PRESENTATIONS.values():
            token = signed_by_us(way.key, {**claims_of(way.good(world)), "aud": audience})
            assert refusal(way.send(world, token))["reason"] == "wrong_audience"


@pytest.mark.parametrize("issuer", [*_BAD_PARTIES, ["api"], "api/", " api"], ids=repr)
def test_another_issuer_is_refused(world, settings, issuer):
    settings.SIMPLE_JWT = {"ISSUER": "api"}
    with unchanged():
        for way in PRESENTATIONS.values():
            token = signed_by_us(way.key, {**claims_of(way.good(world)), "iss": issuer})
            assert refusal(way.send(world, token))["reason"] == "wrong_issuer"


_REFRESH_ENDS: list[tuple[Any, str]] = [
    (Absent, "missing_claim"),
    (None, "missing_claim"),
    ("9999999999", "missing_claim"),
    (True, "missing_claim"),
    ([], "missing_claim"),
    (Raw("1e400"), "invalid_claim"),
    (2**63, "invalid_claim"),
    (Raw("9" * 4_000), "invalid_claim"),
    (Raw("NaN"), "malformed"),
    (0, "expired"),
    (-1, "expired"),
    (-(2**63), "invalid_claim"),
]


@pytest.mark.parametrize(("value", "reason"), _REFRESH_ENDS, ids=range(len(_REFRESH_ENDS)))
def test_a_sliding_token_with_an_odd_end_is_refused(world, value, reason):
    way = PRESENTATIONS["refresh a sliding token"]
    token = signed_by_us("access", payload_with(claims_of(way.good(world)), "refresh_exp", value))
    with unchanged():
        assert refusal(way.send(world, token))["reason"] == reason


@pytest.mark.parametrize("iat", [-62_135_596_800, 0, 253_402_300_799])
@pytest.mark.parametrize("exp", [253_402_300_799, LATER, LATER + 0.5])
def test_a_stock_token_from_the_ends_of_time_is_adopted_or_refused_but_never_an_error(world, settings, iat, exp):
    """It has no ``kid`` and no ``sid`` and is signed as stock simplejwt signs: with the secret key."""
    user_id = claims_of(world.access)["user_id"]
    claims = {"token_type": "refresh", "exp": exp, "iat": iat, "jti": "a" * 32, "user_id": user_id}
    token = jwt.encode(claims, settings.SECRET_KEY, algorithm="HS256")
    response = REFRESHING["refresh"].send(world, token)
    assert response.status_code == 200
    assert claims_of(response.json()["refresh"])["sid"]


@pytest.mark.parametrize("name", ["token", "refresh"])
def test_sliding_doors_are_not_there_unless_turned_on(world, settings, name):
    settings.KEYTURN = {"SLIDING_TOKENS": False}
    door = DOORS["sliding" if name == "token" else "sliding refresh"]
    for body in (None, b"{", b"\xff", b"x" * 100_000):
        with unchanged():
            response = world.send(door, body)
            assert refusal(response)["code"] == "not_found"
        assert response.status_code == 404
