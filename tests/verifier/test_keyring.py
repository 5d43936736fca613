"""The issuer's keys: cached, renewed, asked for with restraint, and not used for ever."""

import threading
import time

import pytest

from keyturn.errors import Reason, RefusedError, UnavailableError
from keyturn.verifier.jwk import keys_of
from keyturn.verifier.keyring import _max_age
from tests.verifier.fake import SigningKey


def refused(verifier, raw):
    with pytest.raises(RefusedError) as caught:
        verifier.verify(raw)
    return caught.value.reason


def test_keys_are_asked_for_once(keyturn, make):
    verifier = make(feed=False)
    for _ in range(50):
        verifier.verify(keyturn.token())
    assert keyturn.asked == {"metadata": 1, "jwks": 1}


def test_a_new_key_is_found_at_its_first_token(keyturn, make):
    verifier = make(feed=False)
    verifier.verify(keyturn.token())
    keyturn.keys.append(SigningKey())
    assert verifier.verify(keyturn.token(keyturn.keys[1])).subject == "7"
    assert keyturn.asked["jwks"] == 2


def test_made_up_key_names_fetch_once_in_ten_seconds(keyturn, make):
    verifier = make(feed=False)
    verifier.verify(keyturn.token())
    began = time.monotonic()
    for number in range(100):
        assert refused(verifier, keyturn.token(header={"kid": f"made-up-{number}"})) is Reason.UNKNOWN_KEY
    assert keyturn.asked["jwks"] <= 2 + (time.monotonic() - began) // 10


def test_many_threads_ask_once(keyturn, make):
    verifier = make(feed=False)
    assert verifier.wait_until_ready(20)
    new = SigningKey()
    keyturn.keys.append(new)
    tokens, together, found = [keyturn.token(new) for _ in range(20)], threading.Barrier(20), []

    def verify(raw):
        together.wait()
        found.append(verifier.verify(raw).subject)

    threads = [threading.Thread(target=verify, args=(raw,)) for raw in tokens]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert found == ["7"] * 20
    assert keyturn.asked["jwks"] == 2


def test_keys_are_renewed_in_the_background_and_by_etag(keyturn, make, eventually):
    keyturn.cache_control = "max-age=1"
    verifier = make(feed=False)
    verifier.verify(keyturn.token())
    eventually(lambda: keyturn.not_modified >= 1)
    old, keyturn.keys = keyturn.keys[0], [SigningKey()]
    eventually(lambda: verifier.status().keys == (keyturn.keys[0].kid,))
    verifier.verify(keyturn.token())
    assert refused(verifier, keyturn.token(old)) is Reason.UNKNOWN_KEY


def test_a_token_that_was_recognised_dies_with_its_key(keyturn, make, eventually):
    keyturn.cache_control = "max-age=1"
    verifier, raw = make(feed=False), keyturn.token()
    verifier.verify(raw)
    keyturn.keys = [SigningKey()]
    eventually(lambda: verifier.status().keys == (keyturn.keys[0].kid,))
    assert refused(verifier, raw) is Reason.UNKNOWN_KEY


def test_unreachable_keys_are_used_for_a_stated_time_and_then_not(keyturn, make, eventually):
    verifier = make(feed=False, jwks_keep=3.0)
    assert verifier.wait_until_ready(20)
    keyturn.go_offline()
    age = verifier.status().keys_age
    assert age is not None
    if age < 2:
        verifier.verify(keyturn.token())

    def told():
        try:
            verifier.verify(keyturn.token())
        except UnavailableError as error:
            return str(error)
        return ""

    eventually(told)
    eventually(lambda: "more than 3 s ago" in told() and "cannot be reached" in told())
    assert not verifier.status().ready
    keyturn.go_online()
    eventually(lambda: not told())


def test_an_unknown_key_while_unreachable_decides_nothing(keyturn, make):
    verifier = make(feed=False)
    verifier.verify(keyturn.token())
    keyturn.go_offline()
    new = SigningKey()
    for _ in range(3):
        with pytest.raises(UnavailableError, match="not known here"):
            verifier.verify(keyturn.token(new))
    verifier.verify(keyturn.token())


@pytest.mark.parametrize("place", ["metadata", "jwks"])
@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (500, "answered with 500"),
        (404, "answered with 404"),
        (304, "answered with 304"),
        ("redirect", "answered with 302"),
        ("garbage", "is not JSON"),
        ("array", "is no JSON object"),
        ("hang up", "hangs up"),
        ("truncated", "as HTTP wants it"),
        ("huge", "longer than"),
        ("stall", "in time"),
        ("drip", "in time"),
    ],
)
def test_no_keys_at_all_decide_nothing_and_say_why(keyturn, make, place, fault, said):
    keyturn.faults[place] = fault
    verifier = make(feed=False, timeout=0.5)
    with pytest.raises(UnavailableError) as caught:
        verifier.verify(keyturn.token())
    assert said in str(caught.value)
    assert caught.value.retry_after >= 1
    assert not verifier.status().ready
    assert said in verifier.status().trouble[0]


def test_keys_come_when_the_issuer_does(keyturn, make, eventually):
    keyturn.faults["jwks"] = 500
    verifier = make(feed=False)
    with pytest.raises(UnavailableError):
        verifier.verify(keyturn.token())
    keyturn.faults.clear()
    eventually(lambda: verifier.status().ready)
    verifier.verify(keyturn.token())


@pytest.mark.parametrize("fault", [500, "garbage", "array", "stall", "hang up"])
def test_bad_answers_later_leave_the_keys_as_they_are(keyturn, make, eventually, fault):
    keyturn.cache_control = "max-age=1"
    verifier = make(feed=False, timeout=0.3)
    assert verifier.wait_until_ready(20)
    keyturn.faults["jwks"] = fault
    eventually(lambda: verifier.status().trouble)
    assert verifier.verify(keyturn.token()).subject == "7"


@pytest.mark.parametrize(
    ("metadata", "said"),
    [
        ({"issuer": "https://evil.example.com"}, "another issuer"),
        ({"issuer": None}, "another issuer"),
        ({"jwks_uri": None}, "has no jwks_uri"),
        ({"jwks_uri": 5}, "has no jwks_uri"),
        ({"jwks_uri": "http://192.0.2.1/jwks.json"}, "must begin with https://"),
        ({"jwks_uri": "file:///etc/passwd"}, "no URL"),
        ({"jwks_uri": "https://u:p@example.com/"}, "no URL"),
    ],
    ids=str,
)
def test_metadata_that_cannot_be_trusted_is_not_used(keyturn, make, metadata, said):
    keyturn.metadata = metadata
    with pytest.raises(UnavailableError, match=said):
        make(feed=False).verify(keyturn.token())


def test_keys_at_a_given_place_need_no_metadata(keyturn, make):
    keyturn.faults["metadata"] = 404
    verifier = make(feed=False, jwks_uri=f"{keyturn.issuer}/.well-known/jwks.json")
    assert verifier.verify(keyturn.token()).subject == "7"


def test_an_empty_set_refuses_every_token(keyturn, make):
    key = keyturn.keys.pop()
    assert refused(make(feed=False), keyturn.token(key)) is Reason.UNKNOWN_KEY


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("max-age=300", 300),
        ("public, MAX-AGE=60", 60),
        ("s-maxage=10, max-age=20", 20),
        ("max-age=0", 1),
        ("no-store", 300),
        ("", 300),
        ("max-age=x", 300),
        ("max-age=99999999999999999", 999_999_999),
    ],
)
def test_the_time_that_an_answer_is_fresh(value, seconds):
    assert _max_age(value) == seconds


@pytest.mark.parametrize(
    "document", [{}, {"keys": None}, {"keys": {}}, {"keys": [{}] * 101}], ids=lambda d: str(d)[:20]
)
def test_what_is_no_key_set(document):
    with pytest.raises(ValueError, match="no JWK set"):
        keys_of(document)


def test_keys_without_a_usable_name_are_left_out():
    jwk = SigningKey().jwk
    odd = [{**jwk, "kid": kid} for kid in (None, "", 5, "k" * 201, ["a"])]
    assert keys_of({"keys": [*odd, {name: value for name, value in jwk.items() if name != "kid"}]}) == {}
