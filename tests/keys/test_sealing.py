"""Private keys at rest: who can open them, and that nobody overwrites what he cannot open."""

import json
import os

import pytest
from django.core.checks import run_checks

from keyturn import keys
from keyturn.jose import Key, public_half, public_jwk, sign
from keyturn.jose.private import generate, load_der, to_der
from keyturn.keys import ring
from keyturn.keys.models import SigningKey
from keyturn.keys.sealing import DamagedKeyError, SealedUnderAnotherSecretError, is_sealed_under, seal, unseal
from keyturn.keys.watching import sealed_elsewhere
from tests.keys.telling import NOW, after, is_accepted, kids, states, token

SECRETS = ("the secret of today, and long enough", "the secret of yesterday, long enough too")


def test_what_is_sealed_opens_under_the_same_secret_and_shows_nothing():
    private = to_der(generate("ES256"))
    sealed = seal(private, secret=SECRETS[0], kid="kid", algorithm="ES256")
    again = seal(private, secret=SECRETS[0], kid="kid", algorithm="ES256")

    assert sealed != again, "a nonce of its own each time"
    for secrets in (SECRETS[:1], SECRETS, SECRETS[::-1]):
        assert unseal(sealed, secrets=secrets, kid="kid", algorithm="ES256") == private
    assert is_sealed_under(sealed, SECRETS[0])
    assert not is_sealed_under(sealed, SECRETS[1])
    version, name, _nonce, _ciphertext = sealed.split(".")
    assert (version, len(name)) == ("v1", 8)


def test_another_secret_is_told_apart_from_damage():
    sealed = seal(b"x", secret=SECRETS[0], kid="kid", algorithm="ES256")
    with pytest.raises(SealedUnderAnotherSecretError):
        unseal(sealed, secrets=SECRETS[1:], kid="kid", algorithm="ES256")
    for kid, algorithm in (("other", "ES256"), ("kid", "RS256")):
        with pytest.raises(DamagedKeyError):
            unseal(sealed, secrets=SECRETS, kid=kid, algorithm=algorithm)


@pytest.mark.parametrize("text", ["", "v1", "v1.a.b", "v1.a.b.c.d", "....", "v1.\x00.é.ü", "v2.12345678.AAAA.AAAA"])
def test_what_is_no_sealed_key_is_damage(text):
    with pytest.raises((DamagedKeyError, SealedUnderAnotherSecretError)):
        unseal(text, secrets=SECRETS, kid="kid", algorithm="ES256")


def test_every_changed_letter_is_noticed():
    sealed = seal(os.urandom(64), secret=SECRETS[0], kid="kid", algorithm="ES256")
    for position, letter in enumerate(sealed[:-1]):
        changed = sealed[:position] + ("A" if letter != "A" else "B") + sealed[position + 1 :]
        with pytest.raises((DamagedKeyError, SealedUnderAnotherSecretError)):
            unseal(changed, secrets=SECRETS, kid="kid", algorithm="ES256")


@pytest.mark.django_db
class TestTheRing:
    def test_no_private_key_is_in_the_row(self):
        token(NOW)
        row = SigningKey.objects.get()
        private = to_der(ring.load().pairs[row.kid].signing)
        assert private not in row.sealed.encode()
        assert public_half(load_der(private)) == ring.load().publics[row.kid].verifying
        assert '"d"' not in row.public_jwk

    def test_a_changed_secret_with_the_old_one_as_fallback_changes_nothing_for_tokens(self, settings):
        old, raw = settings.SECRET_KEY, token(NOW)
        before = SigningKey.objects.get().sealed

        settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = SECRETS[0], [old]
        assert is_accepted(raw, NOW)
        assert is_accepted(token(after(seconds=1)), after(seconds=1))
        assert SigningKey.objects.get().sealed == before

        keys.tend(now=after(seconds=2))
        assert is_sealed_under(SigningKey.objects.get().sealed, SECRETS[0])
        settings.SECRET_KEY_FALLBACKS = []
        assert is_accepted(raw, after(seconds=3))
        assert is_accepted(token(after(seconds=3)), after(seconds=3))
        assert len(kids()) == 1

    def test_a_wrong_secret_signs_nothing_and_overwrites_nothing(self, settings):
        token(NOW)
        before = list(SigningKey.objects.values())

        settings.SECRET_KEY = SECRETS[0]
        for _ in range(2):
            with pytest.raises(SealedUnderAnotherSecretError, match="sealed under another secret"):
                token(after(days=40))
            keys.tend(now=after(days=40))
        assert list(SigningKey.objects.values()) == before

    def test_the_start_says_so_in_one_sentence(self, settings):
        token(NOW)
        assert sealed_elsewhere(["default"]) is None
        assert sealed_elsewhere([]) is None

        settings.SECRET_KEY = SECRETS[0]
        sentence = str(sealed_elsewhere(["default"]))
        assert sentence.startswith("The signing keys in the database were sealed under another secret: set SECRET_KEY")
        assert "\n" not in sentence
        found = {message.id: message for message in run_checks(databases=["default"])}
        assert found["keyturn.E007"].msg == sentence
        assert SECRETS[0] not in sentence

    def test_rows_that_were_swapped_or_tampered_with_are_not_used(self, settings):
        raw = token(NOW)
        first = SigningKey.objects.get()
        keys.tend(now=after(days=31))
        second = SigningKey.objects.exclude(pk=first.pk).get()
        SigningKey.objects.filter(pk=first.pk).update(sealed=second.sealed)
        keys.refresh()

        with pytest.raises(DamagedKeyError, match=first.kid):
            token(NOW)
        assert not is_accepted(raw, NOW)

    def test_a_key_that_somebody_writes_into_the_table_verifies_nothing(self):
        """Whoever can write into this table alone cannot forge tokens: what verifies is made from what was sealed."""
        raw = token(NOW)
        row = SigningKey.objects.get()
        private = generate("ES256")
        jwk = public_jwk(public_half(private), algorithm="ES256")
        SigningKey.objects.create(
            kid=jwk["kid"],
            sequence=2,
            algorithm="ES256",
            public_jwk=str(jwk),
            sealed=row.sealed,
            created_at=NOW,
            activates_at=NOW,
            longest_lifetime=300,
        )
        forged = sign({"exp": 4_000_000_000}, Key("ES256", private, None, jwk["kid"]))
        assert not is_accepted(forged, NOW)
        assert is_accepted(raw, NOW)
        assert jwk["kid"] not in keys.jwks(now=NOW).body.decode()

    def test_what_somebody_writes_over_a_public_key_is_not_published(self):
        token(NOW)
        before = keys.jwks(now=NOW)
        jwk = public_jwk(public_half(generate("ES256")), algorithm="ES256")
        SigningKey.objects.update(public_jwk=json.dumps(jwk))
        assert keys.jwks(now=NOW) == before

    def test_a_process_goes_on_with_what_it_opened_when_another_has_sealed_it_anew(self, transactional_db, settings):
        raw = token(NOW)
        row = SigningKey.objects.get()
        private = to_der(ring.load().pairs[row.kid].signing)
        SigningKey.objects.update(sealed=seal(private, secret=SECRETS[0], kid=row.kid, algorithm=row.algorithm))

        keys.refresh()
        assert is_accepted(raw, NOW)
        assert token(NOW)
        assert states(NOW) == ["active"]
