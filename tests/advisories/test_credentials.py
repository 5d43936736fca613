"""Logins that told an attacker who has an account, or cost more than they should."""

import unicodedata
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import MD5PasswordHasher, PBKDF2PasswordHasher, make_password
from django.utils.translation import trans_real

from tests.bad_input.doors import DOORS, refusal, unchanged

_LOGINS = ("token", "sliding")

hashed: list[str] = []
"""The passwords that :class:`CountingHasher` hashed."""
iterated: list[int] = []
"""The iterations that :class:`WeighingHasher` ran."""


class CountingHasher(MD5PasswordHasher):
    """Notes every hash it makes."""

    def encode(self, password: str, salt: str) -> str:
        hashed.append(password)
        return super().encode(password, salt)


class WeighingHasher(PBKDF2PasswordHasher):
    """Notes how many iterations it runs."""

    iterations = 5_000

    def encode(self, password: str, salt: str, iterations: int | None = None) -> str:
        iterated.append(iterations or self.iterations)
        return super().encode(password, salt, iterations)


@pytest.fixture(autouse=True)
def _forget():
    hashed.clear()
    iterated.clear()


def _attempt(world, door, username, password="wrong"):
    world.values.update(username=username, password=password)
    with unchanged():
        return refusal(world.send(DOORS[door]))


def _user(name, **columns):
    user = get_user_model().objects.create_user(name, password="right")
    get_user_model().objects.filter(pk=user.pk).update(**columns)


@pytest.fixture
def counted(world, settings):
    """The world, with every kind of user whom a login may find, and hashes counted."""
    settings.PASSWORD_HASHERS = [f"{__name__}.CountingHasher"]
    _user("usable")
    _user("unusable", password=make_password(None))
    _user("empty", password="")
    _user("unknown-hash", password="nohash$1$a$b")
    _user("inactive", is_active=False)
    hashed.clear()
    return world


@pytest.mark.parametrize("door", _LOGINS)
@pytest.mark.parametrize("name", ["usable", "unusable", "empty", "unknown-hash", "inactive", "nobody"])
def test_cve_2024_39329_every_failed_login_costs_one_hash(counted, door, name):
    """Django below 4.2.14 and 5.0.7 made no hash for a user with an unusable password: by the time that the answer
    took, it told that there is one."""
    refused = _attempt(counted, door, name)
    assert len(hashed) == 1
    assert refused == {
        "detail": "No active account found with the given credentials",
        "code": "no_active_account",
        "reason": "bad_credentials",
    }


@pytest.mark.parametrize("door", _LOGINS)
def test_cve_2025_13473_a_right_password_of_an_inactive_user_costs_and_tells_the_same(counted, door):
    """Django below 4.2.28, 5.2.11 and 6.0.2 told by the time it took whether a user was there and active (in its
    handler for mod_wsgi, which we do not use)."""
    assert _attempt(counted, door, "inactive", "right") == _attempt(counted, door, "nobody", "right")
    assert len(hashed) == 2


@pytest.mark.parametrize("door", _LOGINS)
def test_cve_2016_2513_a_user_with_an_older_hash_costs_no_less(world, settings, door):
    """Django below 1.8.10 and 1.9.3 checked a hash made with fewer iterations faster, so that such users stood out."""
    settings.PASSWORD_HASHERS = [f"{__name__}.WeighingHasher"]
    _user("old", password=PBKDF2PasswordHasher().encode("right", "salt", 100))
    _user("new")
    iterated.clear()
    _attempt(world, door, "new")
    today = sum(iterated)
    iterated.clear()
    _attempt(world, door, "old")
    assert sum(iterated) == today == WeighingHasher.iterations


@pytest.mark.parametrize("door", _LOGINS)
def test_cve_2013_1443_a_password_of_a_megabyte_is_not_hashed(counted, door):
    """Django below 1.4.8 and 1.5.4 hashed passwords of any length, for minutes."""
    assert _attempt(counted, door, "usable", "x" * 1_000_000)["code"] == "payload_too_large"
    assert hashed == []


@pytest.mark.parametrize("door", _LOGINS)
def test_cve_2023_46695_a_user_name_is_not_normalised_to_death_nor_to_another(counted, door):
    """Django below 3.2.23, 4.1.13 and 4.2.7 normalised user names of any length. Here their length is bounded by the
    body's, and they are not normalised at all, so that nobody is found under two names."""
    double = "\uff41\uff44\uff41"
    assert unicodedata.normalize("NFKC", double) == "ada"
    for name in (double, "\u00bd" * 10_000, "ad\u0430"):
        assert _attempt(counted, door, name)["reason"] == "bad_credentials"
    assert _attempt(counted, door, "\u00bd" * 60_000)["code"] == "payload_too_large"


@pytest.mark.parametrize("door", DOORS)
def test_cve_2023_23969_languages_are_not_remembered(world, door):
    """Django below 3.2.17, 4.0.9 and 4.1.6 kept every ``Accept-Language`` header it had ever seen, however long."""
    remembering: Any = trans_real
    before = remembering._parse_accept_lang_header.cache_info()
    for number in range(3):
        world.send(DOORS[door], HTTP_ACCEPT_LANGUAGE=f"x{number}-" + "a" * 10_000 + ",de;q=0.5" * 1_000)
    assert remembering._parse_accept_lang_header.cache_info() == before
