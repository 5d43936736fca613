"""The successor of a refresh token is the same bytes whenever, wherever and for whatever reason it is minted."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from django.db import connection
from rest_framework_simplejwt.tokens import RefreshToken

from keyturn.clock import utc_now
from keyturn.sessions.models import Session
from tests.engine.acting import COOKIE, CURL, FIREFOX, FIREFOX_UPDATED, IDLE, NOW, later
from tests.engine.overlap import elsewhere
from tests.engine.tokens import claims_of, login, refresh_pair, refreshed

ROOT = Path(__file__).resolve().parents[2]

PRIVATE_KEYS: dict[str, Any] = {
    "RS256": lambda: rsa.generate_private_key(65537, 2048),
    "PS256": lambda: rsa.generate_private_key(65537, 2048),
    "ES256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "EdDSA": ed25519.Ed25519PrivateKey.generate,
}


@cache
def key_pair(algorithm):
    private = PRIVATE_KEYS[algorithm]()
    return {
        "ALGORITHM": algorithm,
        "SIGNING_KEY": private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
        "VERIFYING_KEY": private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode(),
    }


PLAIN = {
    "nothing": {},
    "audience and issuer": {"AUDIENCE": "app", "ISSUER": "https://auth.example.com"},
    "two audiences": {"AUDIENCE": ["app", "web"], "ISSUER": "us"},
    "password claim": {"CHECK_REVOKE_TOKEN": True},
    "password claim by another name": {"CHECK_REVOKE_TOKEN": True, "REVOKE_TOKEN_CLAIM": "pw", "AUDIENCE": "app"},
    "own secret": {"SIGNING_KEY": "k" * 64, "ALGORITHM": "HS512"},
    "user by name": {"USER_ID_FIELD": "username", "USER_ID_CLAIM": "sub"},
    "no type": {"TOKEN_TYPE_CLAIM": None},
    "no jti": {"JTI_CLAIM": None},
    "leeway": {"LEEWAY": 30},
}


@pytest.fixture(params=[*PLAIN, *PRIVATE_KEYS])
def configured(request, settings):
    """simplejwt's settings in many shapes."""
    settings.SIMPLE_JWT = PLAIN[request.param] if request.param in PLAIN else key_pair(request.param)


def test_every_way_to_the_current_generation_gives_the_same_bytes(user, configured):
    first = login(user, now=later(0.25)).refresh
    second = refreshed(first, now=later(1.999999))
    assert refreshed(first, now=later(3)) == second
    assert elsewhere_or_here(lambda: refreshed(first, now=later(4), client=FIREFOX_UPDATED)) == second
    third = refreshed(second, now=later(5.5))
    assert third not in {first, second}
    assert refreshed(first, now=later(6)) == third
    assert refreshed(second, now=later(7)) == third
    assert refreshed(second, now=later(hours=5), client=CURL) == third
    assert refreshed(second, now=later(hours=6)) == third
    assert refreshed(third, now=later(hours=7)) not in {first, second, third}


def elsewhere_or_here(deed):
    """On another connection where the test's data is committed, else here: most tests run inside a transaction."""
    return deed() if connection.in_atomic_block else elsewhere(deed)


@pytest.mark.django_db(transaction=True)
def test_another_connection_gives_the_same_bytes(user):
    first = login(user).refresh
    second = refreshed(first, now=later(1))
    assert elsewhere_or_here(lambda: refreshed(first, now=later(2))) == second


_REFRESH_ELSEWHERE = """
import json, sys
from datetime import datetime
import django
from django.conf import settings
told = json.load(sys.stdin)
settings.DATABASES["default"]["NAME"] = told["database"]
settings.SIMPLE_JWT = told["simple_jwt"]
django.setup()
from keyturn.sessions.client import Client
from keyturn.tokens.refreshing import refresh
client = Client(ip="192.0.2.99", user_agent=told["agent"])
print(refresh(told["token"], now=datetime.fromisoformat(told["now"]), client=client).refresh)
"""


def in_another_process(token, now, simple_jwt):
    told = {
        "database": str(connection.settings_dict["NAME"]),
        "simple_jwt": simple_jwt,
        "agent": FIREFOX.user_agent,
        "token": token,
        "now": now.isoformat(),
    }
    done = subprocess.run(
        [sys.executable, "-c", _REFRESH_ELSEWHERE],
        input=json.dumps(told),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        cwd=ROOT,
        # Another seed for hash(): no order of a set may find its way into a token.
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings", "PYTHONHASHSEED": "4711"},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.django_db(transaction=True)
def test_another_process_gives_the_same_bytes(user, settings):
    settings.SIMPLE_JWT = {"AUDIENCE": ["app", "web"], "ISSUER": "us", "CHECK_REVOKE_TOKEN": True}
    first = login(user, now=later(0.75)).refresh
    second = refreshed(first, now=later(1.999))
    assert in_another_process(first, later(5), settings.SIMPLE_JWT) == second
    third = refreshed(second, now=later(6))
    assert in_another_process(first, later(7), settings.SIMPLE_JWT) == third
    assert in_another_process(second, later(3600), settings.SIMPLE_JWT) == third


def test_claims_of_the_projects_own_are_carried_over_and_stay_in_their_order(user):
    token = RefreshToken.for_user(user)
    own = {
        "tenant": "Müller & Söhne",
        "roles": ["a", "b"],
        "nested": {"z": 1, "a": [None, True, 1.5, 1e-9]},
        "great": 2**70,
        "empty": "",
        "emoji": "\U0001f511",
        "none": None,
    }
    for name, value in own.items():
        token[name] = value
    now = utc_now()
    first = str(token)
    second = refreshed(first, now=now)
    third = refreshed(second, now=now)
    assert refreshed(first, now=now) == third
    assert refreshed(second, now=now) == third
    for raw in (first, second, third):
        assert own.items() <= claims_of(raw).items()
    assert [name for name in claims_of(third) if name in own] == list(own)


def test_claims_of_the_projects_own_reach_the_access_tokens(user):
    token = RefreshToken.for_user(user)
    token["tenant"] = "acme"
    pair = refresh_pair(str(token), now=utc_now(), client=FIREFOX)
    assert claims_of(pair.access)["tenant"] == "acme"
    assert "gen" not in claims_of(pair.access)


def test_no_carried_claim_can_stand_for_one_that_follows_from_the_row(user):
    token = RefreshToken.for_user(user)
    token["jti"], token["iat"] = "mine", 12
    token["exp"] += 30
    second = claims_of(refreshed(str(token), now=utc_now()))
    session = Session.objects.get()
    assert (second["sid"], second["gen"]) == (str(session.pk), 1)
    assert second["jti"] != "mine"
    assert second["iat"] == int(session.rotated_at.timestamp())
    assert second["exp"] == int(session.idle_expires_at.timestamp())


def test_times_and_ids_follow_from_the_row(user):
    first = login(user, now=later(0.9)).refresh
    assert (claims_of(first)["iat"], claims_of(first)["gen"]) == (int(NOW.timestamp()), 0)
    second = claims_of(refreshed(first, now=later(61.9)))
    assert datetime.fromtimestamp(second["iat"], UTC) == later(61)
    assert datetime.fromtimestamp(second["exp"], UTC) == later(61) + IDLE
    assert second["gen"] == 1
    assert len(second["jti"]) == 32
    assert second["jti"] != claims_of(first)["jti"]


def test_every_answer_has_an_access_token_of_its_own(user):
    first = login(user).refresh
    pairs = [refresh_pair(first, now=later(second), client=FIREFOX) for second in (1, 2, 3)]
    assert len({pair.refresh for pair in pairs}) == 1
    assert len({pair.access for pair in pairs}) == 3
    assert len({claims_of(pair.access)["jti"] for pair in pairs}) == 3
    assert {claims_of(pair.access)["sid"] for pair in pairs} == {claims_of(first)["sid"]}
    assert [claims_of(pair.access)["iat"] for pair in pairs] == [int(later(s).timestamp()) for s in (1, 2, 3)]


def test_an_access_token_never_outlives_its_session(user, settings):
    settings.KEYTURN = {"SESSION_ABSOLUTE_LIFETIME": 3600}
    settings.SIMPLE_JWT = {"REFRESH_TOKEN_LIFETIME": timedelta(hours=1)}
    first = login(user).refresh
    pair = refresh_pair(first, now=later(3599), client=FIREFOX)
    assert claims_of(pair.access)["exp"] == claims_of(pair.refresh)["exp"] == int(later(3600).timestamp())


def test_a_bound_session_s_successor_is_the_same_too(user):
    first = login(user, binding=COOKIE).refresh
    second = refreshed(first, now=later(1), binding=COOKIE)
    assert refreshed(first, now=later(2), binding=COOKIE, client=CURL) == second
    assert refreshed(first, now=later(3600), binding=COOKIE, client=CURL) == second


def test_two_sessions_never_share_a_token(user):
    one, other = login(user).refresh, login(user).refresh
    assert one != other
    assert refreshed(one, now=later(1)) != refreshed(other, now=later(1))
