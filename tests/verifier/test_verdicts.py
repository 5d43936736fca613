"""Good tokens are taken, all others are refused with a reason, and nobody is asked more than needed."""

import hmac
import json
import time
import uuid

import jwt
import pytest

from keyturn.errors import Reason, RefusedError
from keyturn.verifier import VerifiedToken, Verifier
from tests.bad_input.forgery import b64, claims_of, spliced
from tests.verifier.fake import SigningKey


def refused(verifier: Verifier, raw: str | bytes) -> str:
    with pytest.raises(RefusedError) as caught:
        verifier.verify(raw)
    return caught.value.reason.value


def signed(header: str, payload: str, key: SigningKey) -> str:
    """A token of exactly this header and payload, with a good signature."""
    text = f"{b64(header)}.{b64(payload)}"
    return f"{text}.{b64(jwt.get_algorithm_by_name(key.algorithm).sign(text.encode(), key.private))}"


@pytest.mark.parametrize("algorithm", ["ES256", "RS256", "EdDSA"])
def test_a_good_token_says_whose_it_is(keyturn, make, algorithm):
    keyturn.keys = [SigningKey(algorithm)]
    raw = keyturn.token()

    token = make(feed=False).verify(raw)

    claims = claims_of(raw)
    assert isinstance(token, VerifiedToken)
    assert (token.subject, str(token.session_id), token.token_id) == ("7", claims["sid"], claims["jti"])
    assert (token.client_id, token.methods) == ("web", ("pwd",))
    assert token.expires_at.timestamp() == claims["exp"]
    assert token.authenticated_at is not None
    assert dict(token.claims) == claims
    with pytest.raises(TypeError):
        token.claims["sub"] = "8"  # type: ignore[index]


def test_bytes_are_as_good_as_text(keyturn, verifier):
    assert verifier.verify(keyturn.token().encode()).subject == "7"


def test_the_same_token_is_verified_again_after_it_was_recognised(keyturn, verifier):
    raw = keyturn.token(exp=int(time.time()) + 2)
    assert verifier.verify(raw) is verifier.verify(raw)


def test_a_recognised_token_expires(keyturn, make, eventually):
    verifier = make(feed=False, leeway=0)
    raw = keyturn.token(exp=time.time() + 1)
    assert verifier.verify(raw).subject == "7"

    def expired():
        try:
            verifier.verify(raw)
        except RefusedError as error:
            return error.reason is Reason.EXPIRED
        return False

    eventually(expired)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"exp": 1}, "expired"),
        ({"exp": "soon"}, "invalid_claim"),
        ({"exp": True}, "invalid_claim"),
        ({"exp": 1e300}, "invalid_claim"),
        ({"exp": None}, "invalid_claim"),
        ({"nbf": 4_000_000_000}, "not_yet_valid"),
        ({"iss": "https://evil.example.com"}, "wrong_issuer"),
        ({"iss": None}, "wrong_issuer"),
        ({"iss": ["x"]}, "wrong_issuer"),
        ({"aud": "invoices"}, "wrong_audience"),
        ({"aud": []}, "wrong_audience"),
        ({"aud": {"orders": 1}}, "wrong_audience"),
        ({"aud": None}, "wrong_audience"),
        ({"sub": ""}, "invalid_claim"),
        ({"sub": 7}, "invalid_claim"),
        ({"sub": None}, "missing_claim"),
        ({"sid": "not-a-uuid"}, "invalid_claim"),
        ({"sid": 5}, "invalid_claim"),
        ({"sid": None}, "missing_claim"),
        ({"jti": 5}, "invalid_claim"),
        ({"iat": "now"}, "invalid_claim"),
        ({"token_type": "refresh"}, "wrong_type"),
        ({"token_type": "sliding"}, "wrong_type"),
        ({"token_type": None}, "wrong_type"),
        ({"token_type": ["access"]}, "wrong_type"),
        ({"gen": 3}, "wrong_type"),
    ],
    ids=str,
)
def test_a_wrong_claim_is_refused(keyturn, verifier, changed, reason):
    key, claims = keyturn.keys[0], {**claims_of(keyturn.token()), **changed}
    raw = signed(json.dumps({"alg": "ES256", "typ": "at+jwt", "kid": key.kid}), json.dumps(claims), key)
    assert refused(verifier, raw) == reason


@pytest.mark.parametrize("name", ["exp", "iat", "sub", "sid", "jti"])
def test_a_missing_claim_is_refused(keyturn, verifier, name):
    assert refused(verifier, keyturn.token(without=(name,))) == "missing_claim"


@pytest.mark.parametrize(
    ("name", "reason"), [("iss", "wrong_issuer"), ("aud", "wrong_audience"), ("token_type", "wrong_type")]
)
def test_a_missing_claim_of_the_parties_is_refused(keyturn, verifier, name, reason):
    assert refused(verifier, keyturn.token(without=(name,))) == reason


def test_one_audience_of_several_is_enough(keyturn, make):
    verifier = make(feed=False, audience=["orders", "invoices"])
    assert verifier.verify(keyturn.token(aud=["mail", "invoices"])).subject == "7"


def test_no_audience_looks_at_none(keyturn, make):
    assert make(feed=False, audience=None).verify(keyturn.token(without=("aud",))).subject == "7"


def test_clocks_may_differ_by_the_leeway(keyturn, make):
    raw = keyturn.token(exp=int(time.time()) - 20)
    assert make(feed=False, leeway=60).verify(raw).subject == "7"
    assert refused(make(feed=False, leeway=5), raw) == "expired"


@pytest.mark.parametrize(
    ("kid", "reason"),
    [
        ("unknown", "unknown_key"),
        ("../../etc/passwd", "unknown_key"),
        ("/dev/null", "unknown_key"),
        ("' OR 1=1 --", "unknown_key"),
        ("\x00", "unknown_key"),
        ("", "unknown_key"),
        ("k" * 10_000, "unknown_key"),
        (None, "unknown_key"),
        (7, "malformed"),
        (["a"], "malformed"),
        ({"a": 1}, "malformed"),
        (True, "malformed"),
    ],
    ids=lambda value: repr(value)[:20],
)
def test_odd_key_names_are_refused(keyturn, verifier, kid, reason):
    raw = spliced(keyturn.token(), header={"alg": "ES256", "typ": "at+jwt", "kid": kid})
    assert refused(verifier, raw) == reason


def test_a_token_without_key_name_is_refused(keyturn, verifier):
    assert refused(verifier, spliced(keyturn.token(), header={"alg": "ES256", "typ": "at+jwt"})) == "unknown_key"


@pytest.mark.parametrize("typ", [None, "JWT", "at+jwt ", "dpop+jwt", "", 5, ["at+jwt"]], ids=repr)
def test_only_access_tokens_by_their_type_are_taken(keyturn, verifier, typ):
    key = keyturn.keys[0]
    header = {"alg": "ES256", "kid": key.kid, **({} if typ is None else {"typ": typ})}
    raw = signed(json.dumps(header), json.dumps(claims_of(keyturn.token())), key)
    assert refused(verifier, raw) == "wrong_type"


@pytest.mark.parametrize("typ", ["AT+JWT", "application/at+jwt"])
def test_the_type_may_be_written_as_media_types_are(keyturn, verifier, typ):
    assert verifier.verify(keyturn.token(header={"typ": typ})).subject == "7"


@pytest.mark.parametrize(
    "more",
    [
        {"jku": "https://evil.example.com/jwks.json"},
        {"x5u": "https://evil.example.com/cert.pem"},
        {"x5c": ["MIIB"]},
        {"jwk": SigningKey().jwk},
        {"crit": ["exp"], "exp": 1},
        {"crit": []},
        {"b64": False, "crit": ["b64"]},
        {"b64": True},
    ],
    ids=lambda more: "+".join(f"{name} {len(str(value))}" for name, value in more.items()),
)
def test_headers_that_want_to_be_believed_are_refused(keyturn, verifier, more):
    key = keyturn.keys[0]
    header = {"alg": "ES256", "typ": "at+jwt", "kid": key.kid, **more}
    for signer in (key, SigningKey()):
        assert (
            refused(verifier, signed(json.dumps(header), json.dumps(claims_of(keyturn.token())), signer)) == "malformed"
        )
    assert keyturn.asked["jwks"] == 1


def test_a_strangers_key_of_the_same_name_is_refused(keyturn, verifier):
    stranger = SigningKey()
    assert refused(verifier, keyturn.token(stranger, header={"kid": keyturn.keys[0].kid})) == "bad_signature"


def test_the_public_key_is_no_secret(keyturn, make):
    from cryptography.hazmat.primitives import serialization as s

    keyturn.keys = [SigningKey("RS256"), SigningKey("ES256")]
    verifier = make(feed=False)
    for key in keyturn.keys:
        public = key.private.public_key()
        pem = public.public_bytes(s.Encoding.PEM, s.PublicFormat.SubjectPublicKeyInfo)
        der = public.public_bytes(s.Encoding.DER, s.PublicFormat.SubjectPublicKeyInfo)
        for secret in (pem, pem.strip(), der, json.dumps(key.jwk).encode(), key.jwk.get("n", "").encode(), b""):
            for alg, digest in (("HS256", "sha256"), ("HS384", "sha384"), ("HS512", "sha512")):
                header = {"alg": alg, "typ": "at+jwt", "kid": key.kid}
                text = f"{b64(json.dumps(header))}.{b64(json.dumps(claims_of(keyturn.token())))}"
                raw = f"{text}.{b64(hmac.digest(secret, text.encode(), digest))}"
                assert refused(verifier, raw) == "bad_signature"


@pytest.mark.parametrize(
    "alg", ["none", "None", "NONE", "", None, 5, "HS256", "RS256", "ES384", "es256", "EdDSA"], ids=repr
)
def test_only_the_keys_own_algorithm_is_taken(keyturn, verifier, alg):
    header = {"alg": alg, "typ": "at+jwt", "kid": keyturn.keys[0].kid}
    assert refused(verifier, spliced(keyturn.token(), header=header)) in {"bad_signature", "malformed"}
    assert refused(verifier, spliced(keyturn.token(), header=header, signature=b"")) in {"bad_signature", "malformed"}


def test_one_rsa_key_has_one_algorithm(keyturn, make):
    keyturn.keys = [key] = [SigningKey("RS256")]
    claims = claims_of(keyturn.token())
    raw = jwt.encode(claims, key.private, algorithm="PS256", headers={"typ": "at+jwt", "kid": key.kid})
    assert refused(make(feed=False), raw) == "bad_signature"


def test_a_published_secret_verifies_nothing(keyturn, make):
    secret = b"0123456789abcdef0123456789abcdef"
    keyturn.extra_jwks = [
        {"kty": "oct", "kid": "shared", "alg": "HS256", "k": b64(secret)},
        {"kty": "oct", "kid": "none", "alg": "none", "k": ""},
        "no object",
        {},
        {"kty": "RSA", "kid": "broken", "alg": "RS256", "n": "!", "e": "AQAB"},
    ]
    verifier = make(feed=False)
    raw = jwt.encode(claims_of(keyturn.token()), secret, algorithm="HS256", headers={"typ": "at+jwt", "kid": "shared"})
    assert refused(verifier, raw) == "unknown_key"
    assert verifier.verify(keyturn.token()).subject == "7"


def test_two_keys_of_one_name_verify_nothing(keyturn, make):
    twin = SigningKey()
    keyturn.extra_jwks = [{**twin.jwk, "kid": keyturn.keys[0].kid}]
    assert refused(make(feed=False), keyturn.token()) == "unknown_key"


def test_a_key_for_encryption_verifies_nothing(keyturn, make):
    other = SigningKey()
    keyturn.extra_jwks = [{**other.jwk, "use": "enc"}]
    assert refused(make(feed=False), keyturn.token(other)) == "unknown_key"


@pytest.mark.parametrize("part", ["header", "payload"])
def test_a_name_that_occurs_twice_is_refused(keyturn, verifier, part):
    key = keyturn.keys[0]
    header = json.dumps({"alg": "ES256", "typ": "at+jwt", "kid": key.kid})
    payload = json.dumps(claims_of(keyturn.token()))
    if part == "header":
        header = header[:-1] + f', "kid": "{key.kid}"}}'
    else:
        payload = payload[:-1] + ', "sub": "1"}'
    assert refused(verifier, signed(header, payload, key)) == "malformed"


def test_what_is_no_compact_token_is_refused(keyturn, verifier):
    head, payload, signature = keyturn.token().split(".")
    general = json.dumps(
        {
            "payload": payload,
            "signatures": [{"protected": head, "signature": signature}, {"protected": head, "signature": signature}],
        }
    )
    flat = json.dumps({"payload": payload, "protected": head, "signature": signature})
    for raw in (
        "",
        ".",
        "..",
        "...",
        general,
        flat,
        f"{head}.{payload}",
        f"{head}.{payload}.{signature}.{signature}",
        f"{head}.{payload}.{signature}.a.b",
        f"{head}=.{payload}.{signature}",
        f" {head}.{payload}.{signature}",
        f"{head}.{payload}.{signature}\n",
        f"{head}.{payload}.{signature}\x00",
        f"{head}.{payload}.{signature}é",
        b"\xff\xfe" + head.encode(),
        b64("[]") + f".{payload}.{signature}",
        b64("null") + f".{payload}.{signature}",
        b64("[" * 3000) + f".{payload}.{signature}",
        "a" * 20_000,
        "a" * 5_000_000,
    ):
        assert refused(verifier, raw) in {"malformed", "bad_signature"}, raw[:80]


def test_a_changed_byte_is_refused(keyturn, verifier):
    raw = keyturn.token()
    head, payload, signature = raw.split(".")
    claims = {**claims_of(raw), "sub": "1"}
    assert refused(verifier, spliced(raw, claims=claims)) == "bad_signature"
    assert refused(verifier, spliced(raw, signature=b"\x00" * 64)) == "bad_signature"
    assert refused(verifier, f"{head}.{payload}.{signature[:-4]}AAAA") == "bad_signature"


def test_refusals_hold_no_token(keyturn, verifier):
    raw = keyturn.token(exp=1)
    with pytest.raises(RefusedError) as caught:
        verifier.verify(raw)
    assert raw not in f"{caught.value!r}{caught.value}{caught.value.evidence}"
    assert caught.value.refusal.status == 401


def test_many_bad_tokens_ask_nobody_anything(keyturn, verifier):
    asked = dict(keyturn.asked)
    for _ in range(200):
        refused(verifier, keyturn.token(sid=str(uuid.uuid4()), exp=1))
    assert keyturn.asked.get("introspect", 0) == 0
    assert keyturn.asked["jwks"] == asked["jwks"]
