"""The bundled list of passwords known from breaches."""

import random
import string

import pytest

from keyturn.defence import passwords_common
from keyturn.defence.passwords_common import FILE, GROUPS, MAGIC, folded, is_common, packed

CHECKED = 20_000
# Beside 450,000 passwords among 2 to the 32 hashes: one in 9,544.
EXPECTED = 450_000 / 2**32


def test_the_file_takes_less_than_a_megabyte():
    assert FILE.stat().st_size <= 1_000_000


def test_the_file_holds_nearly_450_000_passwords_and_its_counts_fit_its_size():
    data = FILE.read_bytes()
    count = sum(data[len(MAGIC) : len(MAGIC) + GROUPS])
    assert len(data) == len(MAGIC) + GROUPS + 2 * count
    # Twenty or so have the same 32 bits as another.
    assert 449_900 < count <= 450_000


def test_of_passwords_made_at_random_one_in_ten_thousand_is_taken_for_a_common_one():
    letters = string.ascii_letters + string.digits + string.punctuation
    made = random.Random(4711)
    refused = sum(is_common("".join(made.choices(letters, k=16))) for _ in range(CHECKED))
    # Two are expected. Which ones are taken does not change from run to run.
    print(f"{refused} of {CHECKED:,}, {refused / CHECKED:.6f}; expected {EXPECTED:.6f}")
    assert refused <= 6


def test_what_is_packed_is_found_in_any_case_and_its_neighbours_are_not(monkeypatch, tmp_path):
    known = [folded(f"made up {number}") for number in range(3_000)]
    file = tmp_path / "few.bin"
    file.write_bytes(packed(known))
    monkeypatch.setattr(passwords_common, "FILE", file)
    passwords_common._data.cache_clear()
    try:
        assert all(is_common(one.title()) for one in known)
        assert not any(is_common(f"made up {number}") for number in range(3_000, 6_000))
    finally:
        passwords_common._data.cache_clear()


def test_a_file_that_is_none_of_ours_is_refused(monkeypatch, tmp_path):
    file = tmp_path / "other.bin"
    file.write_bytes(b"something else")
    monkeypatch.setattr(passwords_common, "FILE", file)
    passwords_common._data.cache_clear()
    try:
        with pytest.raises(ValueError, match="not a list of common passwords"):
            is_common("password")
    finally:
        passwords_common._data.cache_clear()
