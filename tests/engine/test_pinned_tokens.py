"""Refresh tokens as former versions wrote them: nodes of two versions give a client the same bytes."""

from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest

from keyturn.sessions.models import Session
from keyturn.tokens.claims import read_refresh
from keyturn.tokens.minting import encode_refresh, refresh_payload

SECRET = "what tests are pinned with, of no value to anybody else"
LAST_USED = datetime(2026, 3, 4, 5, 6, 7, 890_123, tzinfo=UTC)
NOW = LAST_USED + timedelta(hours=1)

ROW = {
    "id": UUID("0195a7c0-1111-7abc-8def-0123456789ab"),
    "user_id": 7,
    "created_at": datetime(2026, 3, 1, tzinfo=UTC),
    "auth_time": datetime(2026, 3, 1, tzinfo=UTC),
    "absolute_expires_at": datetime(2026, 6, 1, tzinfo=UTC),
    "generation": 41,
    "rotated_at": LAST_USED,
    "idle_expires_at": LAST_USED + timedelta(days=2),
    "amr": "pwd otp",
}

CARRIED = {
    "token_type": "refresh",
    "exp": 1,
    "iat": 2,
    "jti": "the one before",
    "user_id": "7",
    "sid": "0195a7c0-1111-7abc-8def-0123456789ab",
    "gen": 40,
    "theme": "d\u00fcster \U0001f319",
    "nested": {"b": [1, 2.5, None, True], "a": {}},
}

PINS = {
    "nothing": (
        {},
        (
            "eyJhbGciOiJIUzI1NiIsImtpZCI6InJlZnJlc2gtYzQ2MjQ4YmNhYmIxIiwidHlwIjoiSldUIn0",
            (
                "eyJ0b2tlbl90eXBlIjoicmVmcmVzaCIsImV4cCI6MTc3Mjc3MzU2NywiaWF0IjoxNzcyNjAwNzY3LCJqdGkiOiJlZjBmZmZkNDQ0"
                "OGJkODE5NDhlZmE0MjBkOGU1NzhjYyIsInVzZXJfaWQiOiI3Iiwic2lkIjoiMDE5NWE3YzAtMTExMS03YWJjLThkZWYtMDEyMzQ1"
                "Njc4OWFiIiwiZ2VuIjo0MSwidGhlbWUiOiJkXHUwMGZjc3RlciBcdWQ4M2NcdWRmMTkiLCJuZXN0ZWQiOnsiYiI6WzEsMi41LG51"
                "bGwsdHJ1ZV0sImEiOnt9fX0"
            ),
            "y3KAlS0jE9HdYFXjeOwPcoQC7Jo-9CBZKfcyzeLMg0s",
        ),
    ),
    "audience and issuer": (
        {"AUDIENCE": ["app", "web"], "ISSUER": "https://auth.example.com"},
        (
            "eyJhbGciOiJIUzI1NiIsImtpZCI6InJlZnJlc2gtYzQ2MjQ4YmNhYmIxIiwidHlwIjoiSldUIn0",
            (
                "eyJ0b2tlbl90eXBlIjoicmVmcmVzaCIsImV4cCI6MTc3Mjc3MzU2NywiaWF0IjoxNzcyNjAwNzY3LCJqdGkiOiJlZjBmZmZkNDQ0"
                "OGJkODE5NDhlZmE0MjBkOGU1NzhjYyIsInVzZXJfaWQiOiI3Iiwic2lkIjoiMDE5NWE3YzAtMTExMS03YWJjLThkZWYtMDEyMzQ1"
                "Njc4OWFiIiwiZ2VuIjo0MSwidGhlbWUiOiJkXHUwMGZjc3RlciBcdWQ4M2NcdWRmMTkiLCJuZXN0ZWQiOnsiYiI6WzEsMi41LG51"
                "bGwsdHJ1ZV0sImEiOnt9fSwiYXVkIjpbImFwcCIsIndlYiJdLCJpc3MiOiJodHRwczovL2F1dGguZXhhbXBsZS5jb20ifQ"
            ),
            "5DguuJv2dlTtRbPrGprXKP3LTo-bMj8lhLh_m0hbwzk",
        ),
    ),
    "own secret": (
        {"SIGNING_KEY": "k" * 64, "ALGORITHM": "HS512"},
        (
            "eyJhbGciOiJIUzUxMiIsInR5cCI6IkpXVCJ9",
            (
                "eyJ0b2tlbl90eXBlIjoicmVmcmVzaCIsImV4cCI6MTc3Mjc3MzU2NywiaWF0IjoxNzcyNjAwNzY3LCJqdGkiOiJlZjBmZmZkNDQ0"
                "OGJkODE5NDhlZmE0MjBkOGU1NzhjYyIsInVzZXJfaWQiOiI3Iiwic2lkIjoiMDE5NWE3YzAtMTExMS03YWJjLThkZWYtMDEyMzQ1"
                "Njc4OWFiIiwiZ2VuIjo0MSwidGhlbWUiOiJkXHUwMGZjc3RlciBcdWQ4M2NcdWRmMTkiLCJuZXN0ZWQiOnsiYiI6WzEsMi41LG51"
                "bGwsdHJ1ZV0sImEiOnt9fX0"
            ),
            "fpirHu1a7LgUlNMg0O-Dy3FQc92oOj6Et1WGr0rAy_SfaMgVhk-_Bn_4jdpDV-FSagZznUoulNqyJPuDK3nTgQ",
        ),
    ),
    "names of its own": (
        {"TOKEN_TYPE_CLAIM": "use", "JTI_CLAIM": "id", "USER_ID_CLAIM": "user_id"},
        (
            "eyJhbGciOiJIUzI1NiIsImtpZCI6InJlZnJlc2gtYzQ2MjQ4YmNhYmIxIiwidHlwIjoiSldUIn0",
            (
                "eyJ1c2UiOiJyZWZyZXNoIiwiZXhwIjoxNzcyNzczNTY3LCJpYXQiOjE3NzI2MDA3NjcsImlkIjoiZWYwZmZmZDQ0NDhiZDgxOTQ4"
                "ZWZhNDIwZDhlNTc4Y2MiLCJ0b2tlbl90eXBlIjoicmVmcmVzaCIsImp0aSI6InRoZSBvbmUgYmVmb3JlIiwidXNlcl9pZCI6Ijci"
                "LCJzaWQiOiIwMTk1YTdjMC0xMTExLTdhYmMtOGRlZi0wMTIzNDU2Nzg5YWIiLCJnZW4iOjQxLCJ0aGVtZSI6ImRcdTAwZmNzdGVy"
                "IFx1ZDgzY1x1ZGYxOSIsIm5lc3RlZCI6eyJiIjpbMSwyLjUsbnVsbCx0cnVlXSwiYSI6e319fQ"
            ),
            "0oiOGJxgnfaE7XcS2km-5nZAju4HVA2OEwKzg71pnAM",
        ),
    ),
    "neither type nor jti": (
        {"TOKEN_TYPE_CLAIM": None, "JTI_CLAIM": None},
        (
            "eyJhbGciOiJIUzI1NiIsImtpZCI6InJlZnJlc2gtYzQ2MjQ4YmNhYmIxIiwidHlwIjoiSldUIn0",
            (
                "eyJleHAiOjE3NzI3NzM1NjcsImlhdCI6MTc3MjYwMDc2NywidG9rZW5fdHlwZSI6InJlZnJlc2giLCJqdGkiOiJ0aGUgb25lIGJl"
                "Zm9yZSIsInVzZXJfaWQiOiI3Iiwic2lkIjoiMDE5NWE3YzAtMTExMS03YWJjLThkZWYtMDEyMzQ1Njc4OWFiIiwiZ2VuIjo0MSwi"
                "dGhlbWUiOiJkXHUwMGZjc3RlciBcdWQ4M2NcdWRmMTkiLCJuZXN0ZWQiOnsiYiI6WzEsMi41LG51bGwsdHJ1ZV0sImEiOnt9fX0"
            ),
            "WPAEDVnlhndDe5x3M-Hvl077tflpPgSGRSgQvTtWWWk",
        ),
    ),
}


def token(session=None):
    return encode_refresh(refresh_payload(session or Session(**ROW), CARRIED))


@pytest.fixture(params=PINS)
def pinned(request, settings):
    """The settings of one pin, and the token."""
    settings.SECRET_KEY = SECRET
    settings.SECRET_KEY_FALLBACKS = []
    settings.SIMPLE_JWT, parts = PINS[request.param]
    return ".".join(parts)


def test_a_refresh_token_is_the_bytes_that_it_always_was(pinned):
    assert token() == pinned


def test_and_is_read_as_ever(pinned):
    claims = read_refresh(pinned, now=NOW)
    assert (claims.sid, claims.generation, claims.user_id) == (ROW["id"], 41, "7")
    assert claims.payload["theme"] == CARRIED["theme"]


def test_the_zone_in_which_a_row_was_read_changes_nothing(pinned):
    there = timezone(timedelta(hours=-3, minutes=-30))
    moved = {name: value.astimezone(there) if isinstance(value, datetime) else value for name, value in ROW.items()}
    assert token(Session(**moved)) == pinned
