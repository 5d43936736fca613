"""What a session's words say of how its user has proved who they are, and what that is worth."""

import pytest

from keyturn.sessions.assurance import Method, Proof, acr_of, amr_of, stepped_up

PASSWORD = Proof(Method.PASSWORD)
TOTP = Proof(Method.TOTP)
RECOVERY = Proof(Method.RECOVERY_CODES)
MAIL = Proof(Method.MAIL_CODE)
PROVIDER = Proof(Method.PROVIDER)
KEY = Proof(Method.WEBAUTHN)
PASSKEY = Proof(Method.WEBAUTHN, is_synced=True, user_verified=True)


@pytest.mark.parametrize(
    ("proofs", "words"),
    [
        ((), "pwd"),
        ((PASSWORD,), "pwd"),
        ((MAIL,), "otp"),
        ((PROVIDER,), "fed"),
        ((PASSKEY,), "swk user mfa"),
        ((KEY,), "hwk"),
        ((PASSWORD, TOTP), "pwd otp mfa"),
        ((PASSWORD, RECOVERY), "pwd otp mfa"),
        ((PASSWORD, KEY), "pwd hwk mfa"),
        ((MAIL, TOTP), "otp mfa"),
        ((PASSWORD, MAIL), "pwd otp"),
        ((PROVIDER, MAIL), "fed otp"),
        ((PROVIDER, PASSKEY), "fed swk user mfa"),
        ((PASSWORD, PASSWORD), "pwd"),
        ((TOTP, RECOVERY), "otp"),
    ],
)
def test_a_sign_in_has_the_words_of_what_was_shown(proofs, words):
    assert amr_of(proofs) == words


@pytest.mark.parametrize(
    ("before", "proof", "after"),
    [
        ("pwd", PASSWORD, "pwd"),
        ("pwd", TOTP, "pwd otp mfa"),
        ("pwd", RECOVERY, "pwd otp mfa"),
        ("pwd", KEY, "pwd hwk mfa"),
        ("fed", PASSKEY, "fed swk user mfa"),
        ("otp", TOTP, "otp mfa"),
        ("pwd otp mfa", TOTP, "pwd otp mfa"),
        ("pwd otp mfa", PASSKEY, "pwd otp swk user mfa"),
        ("hwk", KEY, "hwk"),
        ("swk user mfa", PASSKEY, "swk user mfa"),
    ],
)
def test_a_second_factor_adds_to_how_a_session_began(before, proof, after):
    assert stepped_up(before, proof) == after


@pytest.mark.parametrize(
    ("before", "proof", "after"),
    [
        ("otp", PASSWORD, "otp pwd"),
        ("fed", MAIL, "fed otp"),
        ("pwd otp mfa", PASSWORD, "pwd"),
        ("swk user mfa", MAIL, "otp"),
    ],
)
def test_a_password_or_a_mailed_code_makes_no_session_one_of_two_factors(before, proof, after):
    assert stepped_up(before, proof) == after
    assert acr_of(after) == "1fa"


def test_what_words_are_worth():
    assert [acr_of(amr) for amr in ("pwd", "otp", "fed", "pwd otp", "pwd otp mfa", "swk user mfa")] == [
        "1fa",
        "1fa",
        "1fa",
        "1fa",
        "2fa",
        "2fa",
    ]
    assert acr_of("impersonation") is None
    assert acr_of("") is None


def test_every_way_of_signing_in_fits_the_column():
    from keyturn.sessions.models import Session

    everything = [Proof(method, user_verified=True) for method in Method] + [PASSKEY]
    words = amr_of(everything)
    for proof in everything:
        words = stepped_up(words, proof) if proof.is_second_factor else words
    assert len(words) <= (Session._meta.get_field("amr").max_length or 0)
