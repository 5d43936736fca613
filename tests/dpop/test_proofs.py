"""Every check of RFC 9449 section 4.3, one by one: each proof here is good but for one thing.

It is one long file, in the order of the section, since every test begins with the same good proof.
"""

import base64
import json
import time

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from keyturn.errors import InvalidProofError, UseNonceError
from keyturn.jose import public_jwk
from keyturn.jose.dpop import Proof, bound_to, token_hash, verify_proof
from keyturn.jose.nonces import Nonces
from keyturn.jose.thumbprint_spelling import from_hex, to_hex
from tests.dpop.key import DpopKey, b64

URL = "https://auth.example/token/"
NONCES = Nonces((b"0" * 32,))
KEY = DpopKey()
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""Of P-256 (FIPS 186-5, SP 800-186 section 3.2.1.3)."""


def verified(raw, **facts):
    facts = {"method": "POST", "urls": [URL], "now": time.time(), "nonces": NONCES, **facts}
    return verify_proof(raw, **facts)


def refused(raw, saying, **facts):
    with pytest.raises(InvalidProofError) as error:
        verified(raw, **facts)
    assert saying in error.value.detail
    assert error.value.code == "invalid_dpop_proof"


def wants_nonce(raw, **facts):
    with pytest.raises(UseNonceError) as error:
        verified(raw, **facts)
    assert error.value.code == "use_dpop_nonce"


def test_a_good_proof_names_its_key():
    found = verified(KEY.proof("POST", URL, jti="j"))
    assert found == Proof(KEY.thumbprint, "j")
    assert found.is_by(KEY.thumbprint)
    assert not found.is_by(DpopKey().thumbprint)
    assert not found.is_by("")


def test_the_example_of_the_rfc_is_read_as_the_rfc_says():
    # Sections 4.1 and 6.1.
    raw = (
        "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJo"
        "RjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19.eyJq"
        "dGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2VuIiwiaWF0Ijox"
        "NTYyMjYyNjE2fQ.2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg"
    )
    found = verify_proof(raw, method="POST", urls=["https://server.example.com/token"], now=1562262618)
    assert found.thumbprint == "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"


# 1. There is not more than one header.
def test_two_headers_are_none():
    one = KEY.proof("POST", URL)
    refused(f"{one},{one}", "not one JWT")
    refused(f"{one}, {one}", "not one JWT")


# 2. It is a single and well-formed JWT.
@pytest.mark.parametrize(
    "raw",
    [
        "x",
        "a.b",
        "a.b.c.d",
        "..",
        "a..c",
        "é.é.é",
        "\x00.\x00.\x00",
        "a b.c.d",
        KEY.signed("[]", "{}"),
        KEY.signed("{}", "[]"),
        KEY.signed("null", "null"),
        KEY.signed('{"typ": NaN}', "{}"),
        KEY.signed("{", "{}"),
        KEY.signed("[" * 5_000, "{}"),
        "/w.e30.e30",
        "_w.e30.e30",
        "e30.e30.e",
    ],
    # Signatures differ each time, and names of tests must not.
    ids=[f"raw{number}" for number in range(17)],
)
def test_what_is_no_jwt_proves_nothing(raw):
    with pytest.raises(InvalidProofError):
        verified(raw)


def test_a_padded_or_too_long_proof_is_refused():
    raw = KEY.proof("POST", URL)
    refused(raw + "=", "not one JWT")
    refused(KEY.proof("POST", URL, more="x" * 9_000), "too long")


def test_a_name_that_stands_twice_is_refused():
    head = json.dumps({"typ": "dpop+jwt", "alg": "ES256", "jwk": KEY.jwk})
    body = json.dumps({"jti": "j", "htm": "POST", "htu": URL, "iat": int(time.time())})
    assert verified(KEY.signed(head, body))
    refused(KEY.signed(head[:-1] + ', "typ": "dpop+jwt"}', body), "JSON objects")
    refused(KEY.signed(head, body[:-1] + ', "htm": "POST"}'), "JSON objects")


# 3. All required claims are there.
@pytest.mark.parametrize("name", ["jti", "htm", "htu", "iat"])
def test_each_required_claim_must_be_there(name):
    refused(KEY.proof("POST", URL, without=(name,)), f"no {name}")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("jti", 1),
        ("jti", ""),
        ("jti", None),
        ("jti", "j" * 101),
        ("jti", ["j"]),
        ("htm", None),
        ("htm", ["POST"]),
        ("htu", None),
        ("htu", [URL]),
        ("htu", {}),
        ("iat", None),
        ("iat", True),
        ("iat", "1795353086"),
        ("iat", [1795353086]),
        ("nonce", 1),
        ("nonce", ["n"]),
        ("nonce", "n" * 201),
    ],
)
def test_a_claim_of_another_type_is_refused(name, value):
    with pytest.raises(InvalidProofError):
        verified(KEY.proof("POST", URL, **{name: value}))


@pytest.mark.parametrize("digits", ["1e999", "-1e999", "9" * 400, "1" + "0" * 5_000])
def test_a_number_beyond_all_numbers_is_refused(digits):
    head = json.dumps({"typ": "dpop+jwt", "alg": "ES256", "jwk": KEY.jwk})
    body = json.dumps({"jti": "j", "htm": "POST", "htu": URL})[:-1] + f', "iat": {digits}}}'
    with pytest.raises((InvalidProofError, UseNonceError)):
        verified(KEY.signed(head, body))


# 4. typ is dpop+jwt.
@pytest.mark.parametrize("typ", [None, "JWT", "jwt", "at+jwt", "DPOP+JWT", "application/dpop+jwt", 1, ["dpop+jwt"]])
def test_another_typ_is_refused(typ):
    refused(KEY.proof("POST", URL, header={"typ": typ}), "typ")


# 5. alg is one of those supported, and none of a shared secret.
@pytest.mark.parametrize("alg", [None, "none", "HS256", "RS256", "ES384", "ES256K", "es256", "EdDSA", 256, []])
def test_another_alg_is_refused(alg):
    refused(KEY.proof("POST", URL, header={"alg": alg}), "alg")


def test_a_proof_without_a_signature_is_refused():
    head, body, _ = KEY.proof("POST", URL).split(".")
    refused(f"{head}.{body}.", "not one JWT")
    refused(f"{head}.{body}.AA", "signature")


def test_a_proof_by_a_shared_secret_is_refused():
    claims = {"jti": "j", "htm": "POST", "htu": URL, "iat": int(time.time())}
    secret = b64(b"0" * 32)
    header = {"typ": "dpop+jwt", "jwk": {"kty": "oct", "k": secret}}
    refused(jwt.encode(claims, b"0" * 32, algorithm="HS256", headers=header), "alg")
    head = {"typ": "dpop+jwt", "alg": "ES256", "jwk": {"kty": "oct", "k": secret}}
    refused(KEY.signed(json.dumps(head), json.dumps(claims)), "private key")


def test_good_proofs_by_other_kinds_of_keys_are_refused():
    claims = {"jti": "j", "htm": "POST", "htu": URL, "iat": int(time.time())}
    for private, algorithm in (
        (ec.generate_private_key(ec.SECP384R1()), "ES384"),
        (rsa.generate_private_key(65537, 2048), "RS256"),
    ):
        jwk = {
            name: value
            for name, value in public_jwk(private.public_key(), algorithm=algorithm).items()
            if name not in {"use", "alg", "kid"}
        }
        raw = jwt.encode(claims, private, algorithm=algorithm, headers={"typ": "dpop+jwt", "jwk": jwk})
        refused(raw, "alg")


@pytest.mark.parametrize("name", ["crit", "b64"])
def test_an_extension_that_we_do_not_know_is_refused(name):
    refused(KEY.proof("POST", URL, header={name: ["exp"]}), "critical")


# 6. The signature is by the key in the header.
def test_a_signature_by_another_key_is_refused():
    refused(KEY.proof("POST", URL, header={"jwk": DpopKey().jwk}), "signature")


@pytest.mark.parametrize(
    "signature",
    [
        # CVE-2022-21449, "psychic signatures": r and s of zero are good for any message where nobody looks.
        bytes(64),
        bytes(32) + (1).to_bytes(32, "big"),
        (1).to_bytes(32, "big") + bytes(32),
        # The order of the curve, which is zero too.
        _ORDER.to_bytes(32, "big") * 2,
        b"\xff" * 64,
        bytes(63),
        bytes(65),
        b"\x00",
    ],
    ids=["zero", "r zero", "s zero", "order", "ones", "short", "long", "one byte"],
)
def test_signatures_that_libraries_have_taken_for_good_are_refused(signature):
    head, body, _ = KEY.proof("POST", URL).split(".")
    refused(f"{head}.{body}.{b64(signature)}", "signature")


def test_a_signature_in_another_form_is_refused():
    head, body, signature = KEY.proof("POST", URL).split(".")
    raw = base64.urlsafe_b64decode(signature + "==")
    der = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    refused(f"{head}.{body}.{b64(der)}", "signature")


def test_a_key_that_was_seen_before_must_sign_each_proof_anew():
    assert verified(KEY.proof("POST", URL))
    refused(DpopKey().proof("POST", URL, header={"jwk": KEY.jwk}), "signature")


@pytest.mark.parametrize("which", [0, 1, 2])
def test_no_letter_of_a_proof_can_be_changed(which):
    parts = KEY.proof("POST", URL, jti="jjjjjjjjjjjjjjjj").split(".")
    text = parts[which]
    at = len(text) // 2
    parts[which] = text[:at] + ("A" if text[at] != "A" else "B") + text[at + 1 :]
    with pytest.raises(InvalidProofError):
        verified(".".join(parts))


@pytest.mark.parametrize(
    "jwk",
    [
        None,
        "key",
        [],
        {},
        {"kty": "EC"},
        {**KEY.jwk, "kty": "RSA"},
        {**KEY.jwk, "kty": ["EC"]},
        {**KEY.jwk, "crv": "P-384"},
        {**KEY.jwk, "crv": None},
        {**KEY.jwk, "x": 1},
        {**KEY.jwk, "x": None},
        {**KEY.jwk, "x": ""},
        {**KEY.jwk, "x": KEY.jwk["x"] + "="},
        {**KEY.jwk, "x": "A" * 43},
        {**KEY.jwk, "x": "_" * 43},
        {**KEY.jwk, "y": KEY.jwk["x"]},
        {**KEY.jwk, "x": "é" * 43},
        {**KEY.jwk, "x": "A" * 100_000},
    ],
)
def test_what_is_no_key_of_the_curve_is_refused(jwk):
    with pytest.raises(InvalidProofError):
        verified(KEY.proof("POST", URL, header={"jwk": jwk}))


def test_a_key_has_one_spelling_and_so_one_thumbprint():
    last = KEY.jwk["x"][-1]
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    other = letters[letters.index(last) + 1]
    spelled = KEY.jwk["x"][:-1] + other
    assert base64.urlsafe_b64decode(spelled + "=") == base64.urlsafe_b64decode(KEY.jwk["x"] + "=")
    refused(KEY.proof("POST", URL, header={"jwk": {**KEY.jwk, "x": spelled}}), "P-256")


def test_further_public_members_do_not_change_the_thumbprint():
    named = {**KEY.jwk, "kid": "mine", "use": "sig", "alg": "ES256", "x5u": "https://evil.example/"}
    assert verified(KEY.proof("POST", URL, header={"jwk": named})).thumbprint == KEY.thumbprint


# 7. The key in the header is no private one.
def test_a_key_with_its_secret_half_is_refused():
    refused(KEY.proof("POST", URL, header={"jwk": KEY.private_jwk}), "private key")
    refused(KEY.proof("POST", URL, header={"jwk": {**KEY.jwk, "d": ""}}), "private key")


# 8. htm is the request's method.
@pytest.mark.parametrize("method", ["GET", "post", "Post", "", "POST "])
def test_a_proof_for_another_method_is_refused(method):
    refused(KEY.proof(method, URL), "htm")


# 9. htu is the request's URL.
@pytest.mark.parametrize(
    "url",
    [
        "https://auth.example/",
        "https://auth.example/token",
        "https://auth.example/token/refresh/",
        "https://auth.example/TOKEN/",
        "https://auth.example//token/",
        "https://auth.example/x/../token/",
        "http://auth.example/token/",
        "https://auth.example:8443/token/",
        "https://auth.example.evil.example/token/",
        "https://evil.example/token/",
        "https://auth.example@evil.example/token/",
        "https://ada@auth.example/token/",
        "https://ada:secret@auth.example/token/",
        "https://auth.example\\@evil.example/token/",
        "https://auth.example./token/",
        "/token/",
        "//auth.example/token/",
        "ftp://auth.example/token/",
        "https:///token/",
        "https://[::1/token/",
        "https://auth.example:no/token/",
        "https://auth.example:99999/token/",
        "https://auth.example/tok\x00en/",
        "https://auth.éxample/token/",
        "https://auth.example/token/ ",
        "https://auth.example/token%2F",
        "",
    ],
)
def test_a_proof_for_another_url_is_refused(url):
    refused(KEY.proof("POST", url), "htu")


@pytest.mark.parametrize(
    "url",
    [
        URL + "?next=/",
        URL + "#part",
        URL + "?a=1#b",
        "HTTPS://Auth.EXAMPLE/token/",
        "https://auth.example:443/token/",
        "https://auth.example/%74oken/",
    ],
)
def test_another_spelling_of_the_same_url_will_do(url):
    assert verified(KEY.proof("POST", url))


def test_what_must_be_encoded_is_compared_whatever_its_letters():
    assert verified(KEY.proof("POST", "https://a.example/%c3%a9"), urls=["https://a.example/%C3%A9"])
    assert verified(KEY.proof("POST", "https://a.example"), urls=["https://a.example/"])
    assert verified(KEY.proof("POST", "https://[2001:DB8::1]:8443/x"), urls=["https://[2001:db8::1]:8443/x"])


def test_where_no_url_is_known_none_will_do():
    refused(KEY.proof("POST", "no url"), "htu", urls=["no url"])
    refused(KEY.proof("POST", URL), "htu", urls=[])


# 10. and 11. The nonce is ours, or the proof was made about now.
NOW = 1_900_000_000


@pytest.mark.parametrize("age", [-5, -4, 0, 59, 60])
def test_a_proof_made_about_now_needs_no_nonce(age):
    assert verified(KEY.proof("POST", URL, iat=NOW - age), now=NOW)
    assert verified(KEY.proof("POST", URL, iat=NOW - age), now=NOW, nonces=None)


@pytest.mark.parametrize("age", [-6, 61, 3_600, -3_600, NOW, 10**12, -(10**12)])
def test_a_proof_made_at_another_time_needs_a_nonce(age):
    raw = KEY.proof("POST", URL, iat=NOW - age)
    wants_nonce(raw, now=NOW)
    refused(raw, "iat", now=NOW, nonces=None)
    assert verified(KEY.proof("POST", URL, iat=NOW - age, nonce=NONCES.fresh(now=NOW - 9)), now=NOW)


def test_a_nonce_that_is_too_old_speaks_for_nothing():
    stale = NONCES.fresh(now=NOW - 301)
    wants_nonce(KEY.proof("POST", URL, iat=NOW - 301, nonce=stale), now=NOW)
    assert verified(KEY.proof("POST", URL, iat=NOW, nonce=stale), now=NOW)


@pytest.mark.parametrize("nonce", ["", "x", "x" * 32, Nonces((b"1" * 32,)).fresh(now=NOW), "é" * 32, "\ud800" * 32])
def test_a_nonce_that_we_never_gave_is_refused_whatever_the_time(nonce):
    wants_nonce(KEY.proof("POST", URL, iat=NOW, nonce=nonce), now=NOW)


def test_a_nonce_means_nothing_where_none_are_given():
    assert verified(KEY.proof("POST", URL, iat=NOW, nonce="of another server"), now=NOW, nonces=None)


# 12. It belongs to the access token.
@pytest.mark.parametrize("ath", [None, "", 1, token_hash("another token"), "é"])
def test_a_proof_for_another_token_is_refused(ath):
    refused(KEY.proof("POST", URL, ath=ath), "ath", token="the token")


def test_a_proof_without_a_token_is_none_for_it():
    refused(KEY.proof("POST", URL), "ath", token="the token")
    assert verified(KEY.proof("POST", URL, token="the token"), token="the token")
    assert verified(KEY.proof("POST", URL, token="the token"), token=b"the token")
    assert verified(KEY.proof("POST", URL, token="the token"))


@pytest.mark.parametrize(
    ("cnf", "key"),
    [
        (None, None),
        ({}, None),
        ("k", None),
        ({"x5t#S256": "k"}, None),
        ({"jkt": "k"}, "k"),
        ({"jkt": 1}, ""),
        ({"jkt": None}, ""),
        ({"jkt": ["k"]}, ""),
    ],
)
def test_what_cannot_be_read_as_a_key_is_nobodys_key(cnf, key):
    assert bound_to({"cnf": cnf}) == key
    assert bound_to({}) is None


def test_a_thumbprint_goes_into_hex_and_back():
    assert from_hex(to_hex(KEY.thumbprint)) == KEY.thumbprint
    assert len(to_hex(KEY.thumbprint)) == 64
    for wrong in ("", "A" * 42, "A" * 44, "é" * 43):
        with pytest.raises(ValueError, match="thumbprint"):
            to_hex(wrong)


def test_what_is_refused_is_never_repeated():
    with pytest.raises(InvalidProofError) as error:
        verified(KEY.proof("POST", "https://evil.example/<script>"))
    assert "evil" not in error.value.detail
