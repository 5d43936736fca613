"""Tokens that nobody signed, or somebody else, or that were changed afterwards."""

import hmac
import json
import socket
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from keyturn import keys
from keyturn.errors import RefusedError
from keyturn.jose import Expectation, verify
from tests.bad_input.doors import refusal, unchanged
from tests.bad_input.forgery import b64, claims_of, header_of, signed_by_us, signing_key, spliced, unsigned
from tests.bad_input.presenting import PRESENTATIONS

_FOREVER = int(datetime(2100, 1, 1, tzinfo=UTC).timestamp())


def _hs256(token, secret, **header):
    """Signed with any secret, the empty one too, which libraries refuse to sign with."""
    signing_input = f"{b64(json.dumps({**header_of(token), **header}))}.{token.split('.')[1]}"
    return f"{signing_input}.{b64(hmac.digest(secret.encode(), signing_input.encode(), 'sha256'))}"


def _longer(token):
    return {**claims_of(token), "exp": _FOREVER, "refresh_exp": _FOREVER}


def _with_alg(alg):
    return lambda token: unsigned({**header_of(token), "alg": alg}, claims_of(token))


def _with_alg_and_signature(alg):
    return lambda token: spliced(token, header={**header_of(token), "alg": alg})


_SHAPES = {
    "nothing but dots": lambda _: "..",
    "no signature": lambda token: token.rpartition(".")[0],
    "an empty signature": lambda token: token.rpartition(".")[0] + ".",
    "only the header": lambda token: token.partition(".")[0],
    "a letter less": lambda token: token[:-1],
    "the first half": lambda token: token[: len(token) // 2],
    "a letter more": lambda token: token + "A",
    "four letters more": lambda token: token + "AAAA",
    "padding": lambda token: token + "=",
    "a fourth part": lambda token: token + ".A",
    "a fifth part": lambda token: token + ".A.A",
    "an empty first part": lambda token: "." + token,
    "its parts the other way round": lambda token: ".".join(reversed(token.split("."))),
    "capitals": lambda token: token.upper(),
    "backwards": lambda token: token[::-1],
    "a line break in the signature": lambda token: token[:-5] + "\n" + token[-5:],
    "a stray sign in the signature": lambda token: token[:-5] + "!" + token[-5:],
    "a stray sign in the payload": lambda token: token.replace(".", ".!", 1),
    "the other alphabet": lambda token: token[:-4] + "+/+/",
    "a letter beyond ASCII": lambda token: token[:-5] + "é" + token[-5:],
    "a fullwidth letter": lambda token: token[:-1] + "\uff21",
    "a letter beyond 16 bits": lambda token: token + "😀",
    "quotes": lambda token: f'"{token}"',
    "twice": lambda token: token + token,
    "200 dots": lambda token: token + "." * 200,
    "20,000 letters": lambda token: token + "A" * 20_000,
    "a payload of 20,000 letters": lambda token: spliced(token, claims={**claims_of(token), "more": "x" * 20_000}),
}

_HEADERS = {
    "alg none": _with_alg("none"),
    "alg None": _with_alg("None"),
    "alg NONE": _with_alg("NONE"),
    "alg nOnE": _with_alg("nOnE"),
    "no alg": lambda token: unsigned({"typ": "JWT"}, claims_of(token)),
    "alg null": _with_alg(None),
    "alg an array": _with_alg(["HS256"]),
    "alg an object": _with_alg({"HS256": 1}),
    "alg a number": _with_alg(256),
    "alg true": _with_alg(True),
    "alg empty": _with_alg(""),
    "alg none and the signature": _with_alg_and_signature("none"),
    "alg hs256 and the signature": _with_alg_and_signature("hs256"),
    "alg HS512 and the signature": _with_alg_and_signature("HS512"),
    "alg RS256 and the signature": _with_alg_and_signature("RS256"),
    "alg ES256 and the signature": _with_alg_and_signature("ES256"),
    "alg EdDSA and the signature": _with_alg_and_signature("EdDSA"),
    "alg in a language": _with_alg_and_signature("ĤŜ256"),
    "no header": lambda token: "." + token.partition(".")[2],
    "a header that is an array": lambda token: spliced(token, header=["HS256"]),
    "a header that is null": lambda token: spliced(token, header=b"null"),
    "a header that is text": lambda token: spliced(token, header="HS256"),
    "a header that is no JSON": lambda token: spliced(token, header=b"{"),
    "a header in bytes": lambda token: spliced(token, header=b"\xff\xfe"),
    "a header with a long number": lambda token: spliced(token, header=b'{"alg":"HS256","a":' + b"9" * 5_000 + b"}"),
    "a deep header": lambda token: spliced(token, header=b"[" * 9_000),
    "an unknown kid": lambda token: _hs256(token, "x" * 32, kid="another"),
    "an empty kid": lambda token: _hs256(token, "", kid=""),
    "a kid that is a path": lambda token: _hs256(token, "", kid="../../../../../../dev/null"),
    "a kid that is a file of known content": lambda token: _hs256(
        token, "2\n", kid="/proc/sys/kernel/randomize_va_space"
    ),
    "a kid that is a URL": lambda token: _hs256(token, "x" * 32, kid="http://127.0.0.1:1/key"),
    "a kid that is SQL": lambda token: _hs256(token, "x" * 32, kid="' UNION SELECT 'x' --"),
    "a kid that is a command": lambda token: _hs256(token, "x" * 32, kid="|/bin/true"),
    "a kid of 10,000 letters": lambda token: _hs256(token, "x" * 32, kid="k" * 10_000),
    "a kid that is an array": lambda token: spliced(
        token, header={**header_of(token), "kid": [header_of(token)["kid"]]}
    ),
    "a kid that is an object": lambda token: spliced(token, header={**header_of(token), "kid": {}}),
    "a kid that is a number": lambda token: spliced(token, header={**header_of(token), "kid": 0}),
    "a kid that is null": lambda token: spliced(token, header={**header_of(token), "kid": None}),
    "no kid": lambda token: spliced(token, header={"alg": "HS256", "typ": "JWT"}),
    "crit": lambda token: spliced(token, header={**header_of(token), "crit": ["exp"], "exp": 1}),
    "b64": lambda token: spliced(token, header={**header_of(token), "b64": False, "crit": ["b64"]}),
}

_FORGERIES = {
    "a later expiry": lambda token: spliced(token, claims=_longer(token)),
    "another user": lambda token: spliced(token, claims={**claims_of(token), "user_id": "1"}),
    "a generation from the future": lambda token: spliced(token, claims={**claims_of(token), "gen": 10}),
    "a negative generation": lambda token: spliced(token, claims={**claims_of(token), "gen": -1}),
    "no claims": lambda token: spliced(token, claims={}),
    "a signature of zeros": lambda token: spliced(token, signature=b"\x00" * 32),
    "a short signature": lambda token: spliced(token, signature=b"\x00"),
    "a signature of 10,000 bytes": lambda token: spliced(token, signature=b"\x00" * 10_000),
    "an empty key": lambda token: _hs256(token, ""),
    "the key secret": lambda token: _hs256(token, "secret"),
    "its own kid as key": lambda token: _hs256(token, header_of(token)["kid"]),
    "its own claims as key": lambda token: _hs256(token, json.dumps(claims_of(token))),
}


_ALL: dict[str, Callable[[str], str]] = {**_SHAPES, **_HEADERS, **_FORGERIES}


@pytest.mark.parametrize("make", _ALL.values(), ids=_ALL)
def test_a_forged_token_is_refused_wherever_it_is_presented(world, make):
    with unchanged():
        for way in PRESENTATIONS.values():
            response = way.send(world, make(way.good(world)))
            refused = refusal(response)
            assert refused["code"] in {"token_not_valid", "bad_authorization_header"}
            assert refused["reason"] in {"malformed", "bad_signature", "unknown_key"}
            assert response.status_code == way.status


@pytest.mark.parametrize("way", PRESENTATIONS.values(), ids=PRESENTATIONS)
def test_the_signature_of_another_token_does_not_fit(world, way):
    token = way.good(world)
    other = signed_by_us(way.key, _longer(token))
    for forged in (
        spliced(other, signature=b"").rpartition(".")[0] + "." + token.rpartition(".")[2],
        spliced(token, signature=b"").rpartition(".")[0] + "." + other.rpartition(".")[2],
    ):
        with unchanged():
            assert refusal(way.send(world, forged))["reason"] == "bad_signature"


# Any type may be verified.
_OF_ONE_TYPE = {name: way for name, way in PRESENTATIONS.items() if name != "verify a refresh token"}


@pytest.mark.parametrize("way", _OF_ONE_TYPE.values(), ids=_OF_ONE_TYPE)
def test_a_token_of_another_type_is_refused(world, way):
    tokens = {"access": world.access, "refresh": world.values["refresh"], "sliding": world.values["sliding"]}
    for kind, token in tokens.items():
        if kind != way.kind:
            with unchanged():
                response = way.send(world, token)
                assert refusal(response)["reason"] == "wrong_type"
            assert response.status_code == way.status


@pytest.mark.parametrize("way", PRESENTATIONS.values(), ids=PRESENTATIONS)
def test_the_key_of_the_other_kind_does_not_open(world, way):
    other = "access" if way.key == "refresh" else "refresh"
    with unchanged():
        response = way.send(world, signed_by_us(other, claims_of(way.good(world))))
        assert refusal(response)["reason"] == "wrong_type"


@pytest.mark.parametrize("way", PRESENTATIONS.values(), ids=PRESENTATIONS)
def test_one_bit_flipped_anywhere_is_refused(world, way):
    """Every bit of the token against the verifier, and some of them through the whole endpoint."""
    token = way.good(world).encode()
    now = datetime.now(UTC).timestamp()
    for position in range(len(token) * 8):
        flipped = bytearray(token)
        flipped[position // 8] ^= 1 << position % 8
        with pytest.raises(RefusedError):
            verify(bytes(flipped), way.key_set(), now=now, expect=Expectation())
        if position % 97 == 0:
            with unchanged():
                assert "reason" in refusal(way.send(world, flipped.decode("latin-1")))


@pytest.mark.parametrize("way", PRESENTATIONS.values(), ids=PRESENTATIONS)
def test_a_token_has_one_spelling(world, way):
    """Base64's last letter has bits that mean nothing (RFC 4648 section 3.5): only zeros are right there."""
    token = way.good(world)
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    for letter in set(alphabet) - {token[-1]}:
        with unchanged():
            assert refusal(way.send(world, token[:-1] + letter))["reason"] in {"bad_signature", "malformed"}


@pytest.mark.parametrize("way", PRESENTATIONS.values(), ids=PRESENTATIONS)
@pytest.mark.parametrize("moved", [timedelta(seconds=1), timedelta(days=3_650)], ids=["a second", "ten years"])
def test_an_expired_token_is_refused_and_is_no_reuse(world, way, moved):
    claims = claims_of(way.good(world))
    ended = int((datetime.now(UTC) - moved).timestamp())
    token = signed_by_us(way.key, {**claims, "exp": ended})
    if way is PRESENTATIONS["log out with"]:
        assert way.send(world, token).status_code == 205  # log-out traps nobody
        return
    with unchanged():
        response = way.send(world, token)
        assert refusal(response)["reason"] == "expired"
    assert response.status_code == way.status


def _attackers_keys():
    elliptic = ec.generate_private_key(ec.SECP256R1())
    return {"RS256": rsa.generate_private_key(65537, 2048), "ES256": elliptic, "HS256": b"x" * 32}


def _brought(url):
    """Header fields with a key of the attacker's, or that say where to fetch one, for each kind of key."""
    at_url = {"jku": url, "x5u": url, "x5c": [b64("certificate")], "x5t": "t", "x5t#S256": "t"}
    for algorithm, key in _attackers_keys().items():
        public = key if isinstance(key, bytes) else key.public_key()
        yield algorithm, key, {**at_url, "jwk": json.loads(jwt.get_algorithm_by_name(algorithm).to_jwk(public))}


def test_a_key_that_the_token_brings_along_is_never_used_and_no_url_in_it_is_asked(world, free_port):
    with socket.create_server(("127.0.0.1", free_port)) as listener:
        listener.setblocking(False)
        url = f"http://127.0.0.1:{free_port}/keys.json"
        for algorithm, key, brought in _brought(url):
            for way in PRESENTATIONS.values():
                token = way.good(world)
                for kid in ({}, {"kid": "attacker"}, {"kid": header_of(token)["kid"]}, {"kid": url}):
                    forged = jwt.encode(claims_of(token), key, algorithm=algorithm, headers={**brought, **kid})
                    with unchanged():
                        assert refusal(way.send(world, forged))["reason"] in {"malformed", "unknown_key"}
            # Even signed by us: nothing of ours has such a header.
            ours = signed_by_us("access", claims_of(world.access), more=brought)
            assert refusal(PRESENTATIONS["list sessions with"].send(world, ours))["reason"] == "malformed"
        with pytest.raises(BlockingIOError):
            listener.accept()


@pytest.mark.parametrize("more", [{"crit": ["exp"]}, {"crit": []}, {"crit": "exp"}, {"crit": None}, {"b64": True}])
@pytest.mark.parametrize("way", PRESENTATIONS.values(), ids=PRESENTATIONS)
def test_a_critical_extension_is_refused_even_in_a_token_of_ours(world, way, more):
    """RFC 7515 section 4.1.11."""
    key = signing_key(way.key)
    claims = json.dumps(claims_of(way.good(world)))
    header = json.dumps({"alg": key.algorithm, "typ": "JWT", "kid": key.kid, **more})
    signing_input = f"{b64(header)}.{b64(claims)}"
    algorithm = jwt.get_algorithm_by_name(key.algorithm)
    token = f"{signing_input}.{b64(algorithm.sign(signing_input.encode(), key.prepared_signing))}"
    with unchanged():
        assert refusal(way.send(world, token))["reason"] == "malformed"


def test_a_token_signed_with_an_old_secret_that_is_no_fallback_is_refused(world, settings):
    settings.SECRET_KEY = "another secret, which has taken the place of the first"
    with unchanged():
        for way in PRESENTATIONS.values():
            assert refusal(way.send(world, way.good(world)))["reason"] == "unknown_key"
    assert keys.refresh_signing_key().kid


@pytest.mark.parametrize("twice", ["header", "claims"])
def test_a_name_that_stands_twice_is_refused_whoever_signed_it(world, twice):
    """RFC 7519 section 4: readers differ in which of the two they take."""
    for way in PRESENTATIONS.values():
        key = signing_key(way.key)
        header = json.dumps({"alg": key.algorithm, "typ": "JWT", "kid": key.kid})
        claims = json.dumps(claims_of(way.good(world)))
        if twice == "header":
            header = header[:-1] + f', "kid": "{key.kid}"}}'
        else:
            claims = claims[:-1] + ', "user_id": "1"}'
        head = f"{b64(header)}.{b64(claims)}"
        signature = jwt.get_algorithm_by_name(key.algorithm).sign(head.encode(), key.prepared_signing)
        with unchanged():
            assert refusal(way.send(world, f"{head}.{b64(signature)}"))["reason"] == "malformed"


@pytest.mark.parametrize("form", ["{0}.{1}.{2}.{2}", "{0}.{1}.{2}{2}", '{{"payload":"{1}","signatures":[]}}'])
def test_two_signatures_are_none(world, form):
    for way in PRESENTATIONS.values():
        with unchanged():
            answer = way.send(world, form.format(*way.good(world).split(".")))
            assert refusal(answer)["reason"] in {"malformed", "bad_signature", "unknown_key"}
