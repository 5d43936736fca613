"""Claims that libraries of this field read too generously, and tokens that cost them too much."""

import tracemalloc

import pytest

from keyturn import keys
from keyturn.clock import utc_now
from keyturn.errors import RefusedError
from keyturn.jose import Expectation, verify
from tests.bad_input.doors import refusal, unchanged
from tests.bad_input.forgery import b64, claims_of, header_of, signed_by_us, spliced
from tests.bad_input.presenting import PRESENTATIONS

_ISSUER = "https://auth.example.com"


@pytest.mark.parametrize(
    "issuer", ["auth", "https://auth.example", "m", "", ["https://auth.example.com"], "example.com"]
)
def test_cve_2024_53861_a_part_of_the_issuer_is_not_the_issuer(world, settings, issuer):
    """PyJWT 2.10.0 compared ``iss`` with ``in``, so that any part of the right text was right."""
    settings.SIMPLE_JWT = {"ISSUER": _ISSUER}
    with unchanged():
        for way in PRESENTATIONS.values():
            claims = claims_of(way.good(world))
            wrong = signed_by_us(way.key, {**claims, "iss": issuer})
            assert refusal(way.send(world, wrong))["reason"] == "wrong_issuer"
    right = signed_by_us("access", {**claims_of(world.access), "iss": _ISSUER})
    assert PRESENTATIONS["list sessions with"].send(world, right).status_code == 200


@pytest.mark.parametrize("audience", [[], [""], "", None, {}, [None], [[]], [0]])
def test_cve_2020_26160_an_empty_audience_is_not_everybody(world, settings, audience):
    """jwt-go below 4.0.0-preview1 took an ``aud`` that was an empty array for the wanted one."""
    settings.SIMPLE_JWT = {"AUDIENCE": "api"}
    with unchanged():
        for way in PRESENTATIONS.values():
            token = signed_by_us(way.key, {**claims_of(way.good(world)), "aud": audience})
            assert refusal(way.send(world, token))["reason"] == "wrong_audience"


def test_cve_2024_51744_of_a_forged_token_nothing_is_said_but_that_it_is_forged(world):
    """golang-jwt below 4.5.1 told of a token that was expired and forged that it was expired, and callers that
    tolerate the one tolerated the other. Log-out is such a caller here."""
    for way in PRESENTATIONS.values():
        forged = spliced(way.good(world), claims={**claims_of(way.good(world)), "exp": 1})
        with unchanged():
            assert refusal(way.send(world, forged))["reason"] == "bad_signature"


def _allocated(token):
    """Bytes that refusing a token took at most."""
    tracemalloc.start()
    try:
        with pytest.raises(RefusedError):
            verify(token, keys.access_keys(now=utc_now()), now=0, expect=Expectation())
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_cve_2025_30204_many_dots_cost_nothing(world):
    """golang-jwt below 5.2.2 split a header of nothing but dots into as many pieces before looking at any."""
    dots = "." * 1_000_000
    assert _allocated(dots) < 100_000
    with unchanged():
        refused = refusal(PRESENTATIONS["list sessions with"].send(world, dots))
    assert refused["reason"] == "malformed"


def test_cve_2025_61920_long_parts_cost_nothing(world):
    """Authlib below 1.6.5 decoded headers and signatures of hundreds of megabytes before refusing them."""
    for token in (
        spliced(world.access, header=b"A" * 3_000_000),
        f"{b64('{}')}.{b64('{}')}.{'A' * 4_000_000}",
        spliced(world.access, header={**header_of(world.access), "more": "x" * 3_000_000}),
    ):
        assert _allocated(token) < 100_000
