"""Argon2id in the OWASP profile, and hashes made elsewhere."""

import pytest
from django.contrib.auth.hashers import (
    Argon2PasswordHasher,
    BCryptPasswordHasher,
    BCryptSHA256PasswordHasher,
    MD5PasswordHasher,
    PBKDF2PasswordHasher,
    PBKDF2SHA1PasswordHasher,
    ScryptPasswordHasher,
    check_password,
    make_password,
)

from keyturn_server.hashers import PASSWORD_HASHERS


@pytest.fixture(autouse=True)
def _hashers(settings):
    settings.PASSWORD_HASHERS = PASSWORD_HASHERS


def test_a_new_hash_is_argon2id_with_19_mib_two_passes_and_one_lane():
    assert make_password("correct horse").startswith("argon2$argon2id$v=19$m=19456,t=2,p=1$")


@pytest.mark.parametrize(
    "hasher",
    [
        Argon2PasswordHasher,
        BCryptPasswordHasher,
        BCryptSHA256PasswordHasher,
        MD5PasswordHasher,
        PBKDF2PasswordHasher,
        PBKDF2SHA1PasswordHasher,
        ScryptPasswordHasher,
    ],
)
def test_a_hash_from_another_django_project_is_verified_and_made_anew(hasher):
    imported = hasher().encode("correct horse", hasher().salt())
    made_anew: list[str] = []
    assert check_password("correct horse", imported, setter=made_anew.append)
    assert made_anew == ["correct horse"]
    assert not check_password("wrong", imported)


def test_a_hash_of_our_own_is_not_made_anew():
    made_anew: list[str] = []
    assert check_password("correct horse", make_password("correct horse"), setter=made_anew.append)
    assert made_anew == []


@pytest.mark.parametrize("unknown", ["sha1$salt$abc", "nonsense$1$2", "", "!unusable"])
def test_a_hash_nobody_can_verify_is_refused_and_breaks_nothing(unknown):
    assert not check_password("correct horse", unknown)
