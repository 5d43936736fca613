"""A header is read once for all tokens that have it, which makes no token good that is not."""

import base64
import json

import pytest

from keyturn.errors import Reason, RefusedError
from keyturn.jose import Expectation, Key, KeySet, sign, tokens, verify

CLAIMS = {"exp": 10}


@pytest.fixture(autouse=True)
def heads(monkeypatch):
    """None is known at first."""
    known: dict[str, dict[str, object]] = {}
    monkeypatch.setattr(tokens, "_heads", known)
    return known


def secret(name, fill, algorithm="HS256"):
    return Key(algorithm, fill * 64, fill * 64, name)


def keys(*known):
    return KeySet(named={str(key.kid): key for key in known})


def reason(token, key_set, **expected):
    with pytest.raises(RefusedError) as refused:
        verify(token, key_set, now=0, expect=Expectation(**expected))
    return refused.value.reason


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def test_a_header_is_known_once_a_signature_under_it_was_good(heads):
    key = secret("a", b"a")
    token = sign(CLAIMS, key)
    assert verify(token, keys(key), now=0, expect=Expectation()) == CLAIMS
    assert list(heads) == [token.split(".")[0]]
    assert verify(token, keys(key), now=0, expect=Expectation()) == CLAIMS


@pytest.mark.parametrize(
    "header",
    [
        {"alg": "HS256", "kid": "a", "made": "up"},
        {"alg": "HS256", "kid": "another"},
        {"alg": "none", "kid": "a"},
        {"alg": "HS256"},
        {"alg": "HS256", "kid": "a", "crit": ["x"], "x": 1},
        {"alg": "HS256", "kid": "a", "jku": "https://elsewhere.example.com"},
    ],
    ids=json.dumps,
)
def test_what_strangers_send_is_not_remembered(heads, header):
    forged = f"{b64(json.dumps(header).encode())}.{b64(b'{}')}.{b64(bytes(32))}"
    for _ in range(3):
        reason(forged, keys(secret("a", b"a")))
    assert heads == {}


def test_under_a_known_header_each_signature_is_checked():
    key = secret("a", b"a")
    head, body, mark = sign(CLAIMS, key).split(".")
    verify(f"{head}.{body}.{mark}", keys(key), now=0, expect=Expectation())
    other = b64(json.dumps({"exp": 99}).encode())
    assert reason(f"{head}.{other}.{mark}", keys(key)) is Reason.BAD_SIGNATURE
    assert reason(f"{head}.{body}.{b64(bytes(32))}", keys(key)) is Reason.BAD_SIGNATURE
    assert reason(f"{head}.{body}.", keys(key)) is Reason.BAD_SIGNATURE
    assert reason(f"{head}.{body}", keys(key)) is Reason.MALFORMED
    assert reason(f"{head}.{body}.{mark}=", keys(key)) is Reason.MALFORMED
    assert reason(f"{head}.{body}.{mark[:-1]}{'B' if mark[-1] != 'B' else 'C'}", keys(key)) in {
        Reason.MALFORMED,
        Reason.BAD_SIGNATURE,
    }


def test_a_known_header_is_no_key():
    key = secret("a", b"a")
    token = sign(CLAIMS, key)
    verify(token, keys(key), now=0, expect=Expectation())
    assert reason(token, keys()) is Reason.UNKNOWN_KEY
    assert reason(token, keys(secret("a", b"b"))) is Reason.BAD_SIGNATURE
    assert reason(token, keys(secret("a", b"a", "HS512"))) is Reason.BAD_SIGNATURE
    assert reason(token, keys(key), types=("at+jwt",)) is Reason.WRONG_TYPE


def test_a_header_with_a_key_of_its_own_stays_refused_where_our_keys_are_named():
    """Another issuer's header of that kind is taken where its keys are remote, and known from then on."""
    key = secret("a", b"a")

    class Elsewhere:
        def find(self, raw):
            return key

    header = {"alg": "HS256", "kid": "a", "typ": "JWT", "jku": "https://elsewhere.example.com"}
    signed = f"{b64(json.dumps(header).encode())}.{b64(json.dumps(CLAIMS).encode())}"
    token = f"{signed}.{b64(key.sign(signed.encode()))}"
    assert verify(token, KeySet(remote=Elsewhere()), now=0, expect=Expectation()) == CLAIMS
    assert reason(token, keys(key)) is Reason.MALFORMED
    assert reason(token, KeySet(unnamed=(key,))) is Reason.UNKNOWN_KEY


def test_no_more_headers_are_known_than_a_few_hundred(heads):
    for number in range(700):
        key = secret(str(number), b"a")
        verify(sign(CLAIMS, key), keys(key), now=0, expect=Expectation())
        assert 1 <= len(heads) <= 256
