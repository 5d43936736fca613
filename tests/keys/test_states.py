"""What a key is, at and around each of its bounds; and that a rotation never loses a token."""

from datetime import timedelta

import jwt
import pytest

from keyturn import keys
from keyturn.keys import changing, ring
from keyturn.keys.models import SigningKey
from keyturn.keys.states import Ring, RingKey, State
from tests.keys.telling import FIVE_MINUTES, LEAD, NOW, after, is_accepted, kids, retires, states, token

pytestmark = pytest.mark.django_db

TICK = timedelta(microseconds=1)


def key(kid, sequence, *, activates, lifetime=FIVE_MINUTES, revoked=None, sealed="x"):
    return RingKey(
        kid=kid,
        sequence=sequence,
        algorithm="ES256",
        public_jwk="{}",
        sealed=sealed,
        created_at=NOW,
        activates_at=activates,
        longest_lifetime=lifetime,
        revoked_at=revoked,
        revoked_reason="",
    )


class TestArithmetic:
    FIRST = key("first", 1, activates=NOW)
    SECOND = key("second", 2, activates=after(hours=1))
    END = after(hours=1, minutes=5, seconds=30 + 60)

    @pytest.mark.parametrize(
        ("now", "expected"),
        [
            (NOW - TICK, (State.ACTIVE, State.NEXT)),
            (NOW, (State.ACTIVE, State.NEXT)),
            (after(hours=1) - TICK, (State.ACTIVE, State.NEXT)),
            (after(hours=1), (State.RETIRING, State.ACTIVE)),
            (END - TICK, (State.RETIRING, State.ACTIVE)),
            (END, (State.RETIRED, State.ACTIVE)),
        ],
    )
    def test_two_keys_take_turns(self, now, expected):
        rows = Ring((self.SECOND, self.FIRST), timedelta(seconds=30))
        assert (rows.state(self.FIRST, now), rows.state(self.SECOND, now)) == expected
        since, until = rows.same_until(now)
        assert since <= now < until

    def test_one_that_lived_longer_stays_longer(self):
        first = key("first", 1, activates=NOW, lifetime=timedelta(days=1))
        rows = Ring((first, self.SECOND), timedelta(0))
        assert rows.ends_at(first) == after(hours=25, minutes=1)
        assert rows.ends_at(self.SECOND) is None

    def test_one_revoked_before_its_time_takes_over_from_nobody(self):
        second = key("second", 2, activates=after(hours=1), revoked=after(minutes=30), sealed="")
        rows = Ring((self.FIRST, second), timedelta(0))
        assert rows.active(after(hours=2)) == self.FIRST
        assert rows.ends_at(self.FIRST) is None
        assert rows.state(second, after(hours=2)) is State.REVOKED

    def test_one_revoked_while_it_signed_did_take_over(self):
        second = key("second", 2, activates=after(hours=1), revoked=after(hours=2), sealed="")
        third = key("third", 3, activates=after(hours=2))
        rows = Ring((self.FIRST, second, third), timedelta(0))
        assert rows.ends_at(self.FIRST) == after(hours=1, minutes=6)
        assert rows.active(after(hours=3)) == third

    def test_whose_clock_is_behind_signs_with_the_first_to_come(self):
        rows = Ring((self.SECOND,), timedelta(0))
        assert rows.active(NOW) == self.SECOND
        assert rows.upcoming(NOW) is None

    def test_an_empty_ring_and_one_of_erased_keys_have_nobody_to_sign(self):
        for rows in (Ring((), timedelta(0)), Ring((key("erased", 1, activates=NOW, sealed=""),), timedelta(0))):
            assert rows.active(NOW) is None
            assert rows.verifying(NOW) == ()


def test_the_first_key_signs_at_once():
    raw = token(NOW)
    assert jwt.get_unverified_header(raw) == {"alg": "ES256", "typ": "JWT", "kid": kids()[0]}
    assert states(NOW) == ["active"]
    assert is_accepted(raw, NOW)


def test_verification_makes_no_key():
    assert keys.access_keys(now=NOW).named
    assert keys.jwks(now=NOW).body == b'{"keys":[]}'
    assert kids() == []


def test_from_due_to_retired(settings):
    settings.KEYTURN = {"KEY_ROTATION": timedelta(days=30)}
    token(NOW)
    [first] = kids()
    keys.tend(now=after(days=30) - TICK)
    assert kids() == [first]

    due = after(days=30)
    keys.tend(now=due)
    first, second = kids()
    assert states(due) == ["active", "next"]
    assert SigningKey.objects.get(pk=second).activates_at == due + LEAD
    keys.tend(now=due + LEAD - TICK)
    assert len(kids()) == 2, "one next key is enough"

    before, behind = token(due + LEAD - TICK), token(due + LEAD)
    assert [jwt.get_unverified_header(raw)["kid"] for raw in (before, behind)] == [first, second]
    assert states(due + LEAD) == ["retiring", "active"]
    end = due + LEAD + FIVE_MINUTES + timedelta(minutes=1)
    assert retires(first) == end
    assert is_accepted(before, due + LEAD + FIVE_MINUTES - timedelta(seconds=1))

    keys.tend(now=end - TICK)
    assert SigningKey.objects.get(pk=first).sealed
    assert first in keys.jwks(now=end - TICK).body.decode()
    keys.tend(now=end)
    assert SigningKey.objects.get(pk=first).sealed == "", "its private half is gone"
    assert states(end) == ["retired", "active"]
    assert first not in keys.jwks(now=end).body.decode()
    assert first not in keys.access_keys(now=end).named

    keys.tend(now=end + timedelta(days=91))
    assert first not in kids(), "nobody has a use for it any more"


def test_none_rotates_by_hand_only(settings):
    settings.KEYTURN = {"KEY_ROTATION": None}
    token(NOW)
    keys.tend(now=after(days=3000))
    assert states(after(days=3000)) == ["active"]


def test_longer_lived_tokens_keep_their_key_longer():
    """A project's own token class may live for a day."""
    token(NOW)
    long = token(after(days=1), lifetime=timedelta(days=1))
    assert SigningKey.objects.get().longest_lifetime == 86_400
    token(after(days=2))
    assert SigningKey.objects.get().longest_lifetime == 86_400
    assert is_accepted(long, after(days=2) - timedelta(seconds=1))

    keys.tend(now=after(days=30))
    last = token(after(days=30) + LEAD - TICK, lifetime=timedelta(days=1))
    end = after(days=31) + LEAD
    assert retires(kids()[0]) == end + timedelta(minutes=1)
    keys.tend(now=end - timedelta(seconds=1))
    assert is_accepted(last, end - timedelta(seconds=1))


def test_a_token_for_ever_is_no_crash():
    token(NOW, lifetime=timedelta(days=36_500))
    token(NOW, lifetime=timedelta(0))
    assert SigningKey.objects.get().longest_lifetime > 2_000_000_000


@pytest.mark.parametrize("max_age", [timedelta(minutes=5), timedelta(0)])
def test_ten_rotations_fail_no_client_that_caches_the_keys_for_their_max_age(settings, max_age):
    """A verifier that fetches the JWK Set only when its copy is older than ``max_age``, and never for an unknown kid.

    Requests come every 30 simulated seconds; each token is checked when it is made and again as it ends. Every server
    remembers the ring for as long as it may, which the client's fetches get to feel.
    """
    import json

    settings.KEYTURN = {"KEY_ROTATION": timedelta(minutes=8), "JWKS_MAX_AGE": max_age}
    step = timedelta(seconds=30)
    token(NOW)
    now, fetched, cache = NOW, None, {}
    waiting, failed, checked, stale = [], [], 0, (NOW, keys.jwks(now=NOW))
    while len(kids()) < 11 or states(now)[-1] != "active":
        keys.tend(now=now)
        raw = token(now)
        waiting.append((now, raw))
        if now - stale[0] >= timedelta(seconds=40):
            # A node whose memory of the ring is up to a minute old serves the document.
            stale = (now, keys.jwks(now=now))
        if fetched is None or now - fetched >= max_age:
            fetched, cache = now, {jwk["kid"]: jwk for jwk in json.loads(stale[1].body)["keys"]}
        ends = [(at, one) for at, one in waiting if at + FIVE_MINUTES <= now + step]
        waiting = [pair for pair in waiting if pair not in ends]
        for at, one in [(now, raw), *ends]:
            checked += 1
            jwk = cache.get(jwt.get_unverified_header(one)["kid"])
            if jwk is None:
                failed.append((at, now))
            else:
                jwt.decode(one, jwt.PyJWK(jwk), algorithms=["ES256"], options={"verify_exp": False})
            if not is_accepted(one, min(now, at + FIVE_MINUTES - TICK)):
                failed.append((at, now))
        now += step
        assert now < after(days=3)
    assert checked > 300
    assert states(now).count("retired") >= 9
    assert failed == []


def test_hs256_to_the_ring_to_other_algorithms_logs_nobody_out(settings):
    from keyturn.jose import sign
    from keyturn.keys.derived import configured

    derived = next(one for kid, one in configured().access.named.items() if kid.startswith("access-"))
    raws = [(NOW, sign({"exp": after(minutes=5).timestamp()}, derived))]
    now = NOW
    seen = []
    for algorithm in ("ES256", "RS256", "EdDSA", "ES256"):
        settings.KEYTURN = {"SIGNING_ALGORITHM": algorithm}
        for _ in range(40):
            keys.tend(now=now)
            raw = token(now)
            seen.append(jwt.get_unverified_header(raw)["alg"])
            raws.append((now, raw))
            for at, one in raws:
                assert is_accepted(one, now) == (now < at + FIVE_MINUTES), (algorithm, at, now)
            raws = [(at, one) for at, one in raws if now < at + FIVE_MINUTES]
            now += timedelta(seconds=20)
    assert list(dict.fromkeys(seen)) == ["ES256", "RS256", "EdDSA"]
    assert seen[-1] == "ES256"
    assert len(kids()) == 4


def test_one_algorithm_a_key_whatever_the_header_says():
    """A public key of the ring is never taken for a shared secret, nor an ES256 key used for anything else."""
    import hashlib
    import hmac
    import json

    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    from tests.bad_input.forgery import b64

    raw = token(NOW)
    kid = kids()[0]
    public = keys.access_keys(now=NOW).named[kid].verifying
    jwk = SigningKey.objects.get().public_jwk
    for secret in (
        public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        jwk.encode(),
        json.loads(jwk)["x"].encode(),
        kid.encode(),
        b"",
    ):
        for alg, digest in (("HS256", hashlib.sha256), ("HS512", hashlib.sha512), ("ES256", hashlib.sha256)):
            head = f"{b64(json.dumps({'alg': alg, 'kid': kid, 'typ': 'at+jwt'}))}.{raw.split('.')[1]}"
            assert not is_accepted(f"{head}.{b64(hmac.new(secret, head.encode(), digest).digest())}", NOW)
    for alg in ("none", "None", "ES384", "RS256", "EdDSA", ""):
        head = b64(json.dumps({"alg": alg, "kid": kid}))
        assert not is_accepted(".".join((head, *raw.split(".")[1:])), NOW)


@pytest.mark.parametrize(
    "kid",
    [
        "unknown",
        "A" * 43,
        "../../etc/passwd",
        "/dev/null",
        "' OR 1=1 --",
        "\x00",
        "",
        None,
        7,
        ["a"],
        "k" * 10_240,
        "é" * 43,
        "https://attacker.example/jwks.json",
    ],
)
def test_a_key_id_that_names_no_key_is_refused(kid):
    import json

    from keyturn.errors import Reason, RefusedError
    from keyturn.jose import Expectation, verify
    from tests.bad_input.forgery import b64

    head, payload, signature = token(NOW).split(".")
    assert head
    forged = f"{b64(json.dumps({'alg': 'ES256', 'typ': 'at+jwt', 'kid': kid}))}.{payload}.{signature}"
    with pytest.raises(RefusedError) as refused:
        verify(forged, keys.access_keys(now=NOW), now=NOW.timestamp(), expect=Expectation())
    assert refused.value.reason in {Reason.UNKNOWN_KEY, Reason.MALFORMED, Reason.BAD_SIGNATURE}


def test_a_retired_key_verifies_nothing():
    raw = token(NOW, lifetime=FIVE_MINUTES)
    changing.rotate(now=NOW)
    end = NOW + LEAD + FIVE_MINUTES + timedelta(minutes=1)
    assert kids()[0] in keys.access_keys(now=end - TICK).named
    assert kids()[0] not in keys.access_keys(now=end).named
    assert not is_accepted(raw, end)
    assert ring.load().ring.state(ring.load().ring.keys[0], end) is State.RETIRED
