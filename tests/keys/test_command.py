"""``keys``: what it prints, what it refuses, and that no private key is ever in it."""

import io
import json
import sys
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_public_key,
)
from django.core.management import CommandError, call_command

from keyturn import keys
from keyturn.clock import utc_now
from keyturn.feed.models import Revocation
from keyturn.jose import public_half, public_jwk
from keyturn.keys import ring
from keyturn.keys.models import SigningKey
from tests.keys.telling import FIVE_MINUTES, LEAD, is_accepted, kids, states, token

pytestmark = pytest.mark.django_db

P256 = ec.generate_private_key(ec.SECP256R1())
RSA = rsa.generate_private_key(65537, 2048)


def pem(private: Any, *, password: bytes | None = None, form: PrivateFormat = PrivateFormat.PKCS8) -> bytes:
    encryption = BestAvailableEncryption(password) if password else NoEncryption()
    return bytes(private.private_bytes(Encoding.PEM, form, encryption))


def run(*words: str) -> str:
    out = io.StringIO()
    call_command("keys", *words, stdout=out, stderr=out)
    return out.getvalue()


def refused(*words: str) -> str:
    with pytest.raises(CommandError) as error:
        run(*words)
    return str(error.value)


def moved(**span: float) -> None:
    """Let the whole ring be older by a span."""
    for row in SigningKey.objects.all():
        SigningKey.objects.filter(pk=row.pk).update(
            created_at=row.created_at - timedelta(**span), activates_at=row.activates_at - timedelta(**span)
        )
    ring.forget()


@pytest.fixture
def first() -> str:
    token(utc_now())
    return kids()[0]


def test_list_shows_every_key_and_what_it_is(first):
    run("rotate")
    moved(minutes=7)
    run("rotate")
    lines = run("list").splitlines()

    third, second, _ = kids()[::-1]
    assert lines[0].split() == ["kid", "algorithm", "state", "published", "signs", "from", "verifies", "until"]
    assert [line.split()[:3] for line in lines[1:]] == [
        [third, "ES256", "next"],
        [second, "ES256", "active"],
        [first, "ES256", "retiring"],
    ]
    assert lines[3].split()[-1].endswith("Z")


def test_list_as_json(first):
    [row] = json.loads(run("list", "--json"))
    assert row["kid"] == first
    assert (row["state"], row["algorithm"], row["verifies_until"]) == ("active", "ES256", None)
    assert set(row) == {"kid", "algorithm", "state", "published", "signs_from", "verifies_until"}


def test_an_empty_ring_and_a_project_with_its_own_key_have_none(settings):
    assert (
        run("list")
        == "The ring is empty. Its first key is made by the first server that starts, or at the first login.\n"
    )
    assert run("list", "--json") == "[]\n"
    settings.SIMPLE_JWT = {"ALGORITHM": "HS256", "SIGNING_KEY": "k" * 40}
    assert run("list") == "SIMPLE_JWT names the key that signs (HS256); the key ring is not used.\n"
    assert run("list", "--json") == "[]\n"
    for words in (["rotate"], ["revoke", "abcdef"]):
        assert refused(*words) == "SIMPLE_JWT names the key that signs: there is no key ring to change."
    assert kids() == []


def test_rotate_publishes_the_next_key_and_says_from_when_it_signs(first):
    assert run("rotate").startswith("Key ")
    second = kids()[1]
    again = run("rotate")
    assert again.startswith(f"Key {second} is published already. It signs from ")
    assert states(utc_now()) == ["active", "next"]
    assert states(utc_now() + LEAD) == ["retiring", "active"]
    assert SigningKey.objects.get(pk=second).activates_at - SigningKey.objects.get(pk=second).created_at == LEAD


def test_rotate_on_an_empty_ring_makes_the_first_key():
    assert run("rotate").endswith(" signs from now on.\n")
    assert states(utc_now()) == ["active"]


def test_rotate_now_is_refused_until_every_cache_has_the_next_key(first, settings):
    said = refused("rotate", "--now")
    assert said.startswith("No key has been published for long enough: verifiers that cache the keys for 300 s")
    assert "Publish one with: keys rotate" in said
    run("rotate")
    said = refused("rotate", "--now")
    assert kids()[1] in said
    assert "and will by itself" in said
    assert states(utc_now()) == ["active", "next"]

    settings.KEYTURN = {"JWKS_MAX_AGE": 60}
    assert "rotate --now --emergency" in refused("rotate", "--now")
    moved(minutes=3)
    assert run("rotate", "--now") == f"Key {kids()[1]} signs from now on.\n"
    assert states(utc_now()) == ["retiring", "active"]


def test_rotate_now_in_an_emergency_signs_with_the_next_key_at_once(first):
    raw = token(utc_now())
    assert run("rotate", "--now", "--emergency").endswith(" signs from now on.\n")
    assert states(utc_now()) == ["retiring", "active"]
    assert is_accepted(raw, utc_now()), "a rotation logs nobody out"
    run("rotate")
    run("rotate", "--now", "--emergency")
    assert states(utc_now()) == ["retiring", "retiring", "active"]
    assert len(kids()) == 3


def test_emergency_alone_means_nothing(first):
    assert "goes with --now" in refused("rotate", "--emergency")


def test_revoke_is_refused_while_tokens_live(first):
    assert "is active: tokens that it signed live." in refused("revoke", first)
    run("rotate")
    moved(minutes=7)
    said = refused("revoke", first)
    assert "is retiring: tokens that it signed live until " in said
    assert f"keys revoke {first} --emergency" in said
    assert states(utc_now()) == ["retiring", "active"]
    moved(hours=1)
    assert "is retired already" in refused("revoke", first)


def test_a_key_that_has_signed_nothing_can_be_revoked(first):
    run("rotate")
    second = kids()[1]
    assert run("revoke", second[:8]).startswith(f"Key {second} is revoked.")
    assert states(utc_now()) == ["active", "revoked"]
    assert "is revoked already" in refused("revoke", second)
    assert SigningKey.objects.get(pk=second).sealed == ""


def test_an_emergency_ends_every_token_of_the_key_and_another_signs(first):
    raw = token(utc_now())
    said = run("revoke", first, "--emergency").splitlines()

    assert said[0] == f"Key {first} is revoked. Its tokens are refused within a second; clients refresh."
    assert said[1] == f"Key {kids()[1]} signs from now on."
    assert not is_accepted(raw, utc_now())
    assert is_accepted(token(utc_now()), utc_now())
    assert states(utc_now()) == ["revoked", "active"]
    assert [(row.kid, row.reason, row.session_id) for row in Revocation.objects.all()] == [(first, "emergency", None)]
    assert SigningKey.objects.get(pk=first).sealed == ""
    assert first not in keys.jwks(now=utc_now()).body.decode()
    assert json.loads(run("list", "--json"))[1]["reason"] == "emergency"


def test_an_emergency_beside_a_next_key_leaves_that_one_its_time(first):
    run("rotate")
    run("revoke", first, "--emergency")
    assert states(utc_now()) == ["revoked", "next", "active"]
    assert states(utc_now() + LEAD) == ["revoked", "active", "retiring"]


def test_no_id_of_ours_looks_like_an_option(monkeypatch):
    from keyturn.keys import rows

    made = [rows.new_key("EdDSA") for _ in range(200)]
    assert not any(public_jwk(public_half(key), algorithm="EdDSA")["kid"].startswith("-") for key in made)


@pytest.mark.parametrize("kid", ["unknown", "abc", "", "../../etc/passwd", "' OR 1=1 --", "k" * 10_240, "%", "\x00"])
def test_there_is_no_such_key(first, kid):
    assert refused("revoke", "--emergency", "--", kid) == "There is no such key in the ring; see: keys list."
    assert states(utc_now()) == ["active"]


@pytest.mark.parametrize("form", [PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL])
def test_import_publishes_a_key_of_ones_own_as_the_next(first, tmp_path, form):
    (tmp_path / "key.pem").write_bytes(pem(P256, form=form))
    said = run("import", str(tmp_path / "key.pem"))

    kid = public_jwk(public_half(P256), algorithm="ES256")["kid"]
    assert said.startswith(f"Key {kid} is published. It signs from ")
    assert states(utc_now()) == ["active", "next"]
    later = utc_now() + LEAD
    raw = token(later)
    assert keys.access_signing_key(now=later, lifetime=FIVE_MINUTES).kid == kid
    assert is_accepted(raw, later)
    assert refused("import", str(tmp_path / "key.pem")) == f"Key {kid} is in the ring already."


def test_import_reads_standard_input(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(pem(P256))))
    assert run("import", "-").endswith("signs from now on.\n"), "an empty ring has it sign at once"


@pytest.mark.parametrize(
    ("content", "algorithm", "said"),
    [
        (pem(rsa.generate_private_key(65537, 1024)), "RS256", "an RSA key must have 2048 to 8192 bits, not 1024"),
        (pem(ec.generate_private_key(ec.SECP384R1())), "ES256", "EC on the curve P-256 (secp256r1)"),
        (pem(ec.generate_private_key(ec.SECP256K1())), "ES256", "EC on the curve P-256 (secp256r1)"),
        (
            P256.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
            "ES256",
            "holds no private key",
        ),
        (pem(P256, password=b"secret"), "ES256", "encrypted with a passphrase"),
        (b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "ES256", "cannot be read"),
        (b"", "ES256", "not PEM"),
        (b"\x00\xff" * 100, "ES256", "not PEM"),
        (b"k" * 70_000, "ES256", "too long for a key"),
        (pem(RSA), "ES256", "This key is for RS256, but the ring signs with ES256"),
        (pem(ed25519.Ed25519PrivateKey.generate()), "RS256", "This key is for EdDSA"),
    ],
    ids=["weak", "P-384", "secp256k1", "public", "passphrase", "broken", "empty", "bytes", "long", "RSA", "Ed25519"],
)
def test_import_refuses_what_cannot_sign_here(first, tmp_path, settings, content, algorithm, said):
    settings.KEYTURN = {"SIGNING_ALGORITHM": algorithm}
    (tmp_path / "key.pem").write_bytes(content)
    words = refused("import", str(tmp_path / "key.pem"))
    assert said in words
    assert content.decode("latin-1")[30:60] not in words or not content
    assert kids() == [first]


def test_import_of_a_file_that_is_not_there(tmp_path):
    assert refused("import", str(tmp_path / "none.pem")).endswith("none.pem cannot be read: No such file or directory.")


@pytest.mark.parametrize("algorithm", ["ES256", "RS256", "EdDSA"])
def test_export_public_prints_what_others_need_and_nothing_else(settings, algorithm):
    settings.KEYTURN = {"SIGNING_ALGORITHM": algorithm}
    token(utc_now())
    run("rotate")
    document = json.loads(run("export-public"))
    assert document == json.loads(keys.jwks(now=utc_now()).body)
    assert [jwk["kid"] for jwk in document["keys"]] == kids()[::-1]

    text = run("export-public", "--pem")
    assert "PRIVATE" not in text
    assert text.count("-----BEGIN PUBLIC KEY-----") == 2
    assert load_pem_public_key(text.encode()) == keys.access_keys(now=utc_now()).named[kids()[1]].verifying
    for private in ring.load().pairs.values():
        secret = private.signing.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        assert secret.hex() not in (text + json.dumps(document)).encode().hex()


def test_a_wrong_secret_is_said_and_nothing_is_changed(first, settings):
    settings.SECRET_KEY = "another secret, which is long enough to be one"
    before = list(SigningKey.objects.values())
    for words in (["rotate"], ["rotate", "--now", "--emergency"]):
        assert refused(*words).startswith("The signing keys in the database were sealed under another secret")
    assert "sealed under another secret" in run("list")
    assert list(SigningKey.objects.values()) == before


def test_a_lost_secret_is_got_over_by_an_emergency(first, settings):
    settings.SECRET_KEY = "another secret, which is long enough to be one"
    run("revoke", first, "--emergency")
    assert is_accepted(token(utc_now()), utc_now())
    assert states(utc_now()) == ["revoked", "active"]
