"""What a new password may be, and the form in which it is kept."""

import unicodedata

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError

from keyturn.defence.passwords import (
    CharactersValidator,
    CommonPasswordValidator,
    LengthValidator,
    check_new,
    check_size,
    normalised,
    spellings,
)

GOOD = "violet kettle 47"


def codes(password, user=None):
    with pytest.raises(ValidationError) as refused:
        check_new(password, user)
    return {error.code for error in refused.value.error_list}


@pytest.mark.parametrize(
    "password", [GOOD, "x9 kq!Zw", "żółw-żółw-żółw?", "🐢🐇🦔🐿 og mer", "a line of words, with spaces  "]
)
def test_a_password_of_any_letters_is_kept_as_it_is(password):
    assert check_new(password) == password


@pytest.mark.parametrize(("password", "is_long_enough"), [("x9 kq!Z", False), ("x9 kq!Zw", True)])
def test_seven_characters_are_too_few_and_eight_are_enough(password, is_long_enough):
    if is_long_enough:
        assert check_new(password) == password
    else:
        assert codes(password) == {"password_too_short"}


def test_characters_are_counted_in_the_form_in_which_they_are_kept():
    # Seven letters, as fourteen code points.
    assert codes(unicodedata.normalize("NFD", "éèêëàâä")) == {"password_too_short"}


@pytest.mark.parametrize(
    ("password", "fits"),
    [
        ("ab" + "xyz0" * 1_023 + "cd", True),  # 4,096 bytes
        ("ab" + "xyz0" * 1_023 + "cde", False),
        ("ż" + "ółw!x" * 584 + "q" * 6, True),  # 2 + 584 * 7 + 6 = 4,096
        ("ż" + "ółw!x" * 584 + "q" * 7, False),
        ("x" * 1_000_000, False),
    ],
    ids=["4,096 bytes", "4,097 bytes", "4,096 bytes of longer letters", "one byte more", "a million"],
)
def test_4096_bytes_fit_and_one_more_does_not(password, fits):
    if fits:
        assert len(password.encode()) == 4_096
        assert check_new(password) == password
        check_size(password)
    else:
        assert codes(password) == {"password_too_long"}
        with pytest.raises(ValidationError):
            check_size(password)


def test_what_is_too_long_is_not_normalised_to_find_out(monkeypatch):
    def never(*arguments):
        raise AssertionError("normalised")

    with monkeypatch.context() as patched:
        patched.setattr(unicodedata, "normalize", never)
        assert codes("e\u0301" * 4_000) == {"password_too_long"}
        assert spellings("e\u0301" * 4_000) == ()


@pytest.mark.parametrize("letter", ["\0", "\t", "\n", "\x7f", "\x9f", "\u0378", "\U0010ffff", "\ud800"], ids=ascii)
def test_control_characters_unassigned_ones_and_half_characters_are_refused(letter):
    assert "password_characters" in codes(GOOD + letter)


def test_the_same_letters_in_other_code_points_are_the_same_password():
    composed, apart = "caf\u00e9 au lait 9", "cafe\u0301 au\u00a0lait\u30009"
    assert check_new(apart) == check_new(composed) == composed


def test_case_and_compatible_letters_stay_apart():
    assert normalised("ﬁle Ⅳ File") == "ﬁle Ⅳ File"


def test_what_is_typed_is_compared_in_the_kept_form_first_and_then_verbatim():
    assert spellings(GOOD) == (GOOD,)
    assert spellings("cafe\u0301") == ("caf\u00e9", "cafe\u0301")


@pytest.mark.parametrize("typed", ["x" * 4_097, "ż" * 2_049, "half \ud800"], ids=["long", "long in bytes", "no text"])
def test_what_can_be_nobodys_password_has_no_spelling(typed):
    assert spellings(typed) == ()


@pytest.mark.parametrize(
    "password",
    ["password", "PASSWORD", "Password1", "qwertyuiop", "iloveyou", "baseball1", "1qaz2wsx", "11111111", "trustno1"],
)
def test_a_password_known_from_breaches_is_refused_in_any_case(password):
    assert codes(password) == {"password_too_common"}


@pytest.mark.parametrize(
    "password",
    [
        "zzzzzzzzzzzzzzzzzzzz",
        "abcabcabcabcabcabc",
        "ok!?ok!?ok!?ok",
        "żżżżżżżżżżż",
        "cdefghijklmnopqrst",
        "ZYXWVUTSRQP",
    ],
)
def test_a_piece_repeated_or_a_row_of_signs_is_no_password_however_long(password):
    assert codes(password) == {"password_too_common"}


def test_everything_that_is_wrong_is_said_at_once():
    assert codes("abc\t") == {"password_too_short", "password_characters"}


def test_the_projects_own_validators_are_asked_too_and_nothing_is_said_twice(settings):
    path = "django.contrib.auth.password_validation."
    settings.AUTH_PASSWORD_VALIDATORS = [
        {"NAME": f"{path}MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
        {"NAME": f"{path}UserAttributeSimilarityValidator"},
        {"NAME": "keyturn.defence.passwords.LengthValidator"},
    ]
    with pytest.raises(ValidationError) as refused:
        check_new("kx9", User(username="ada.lovelace"))
    assert [error.code for error in refused.value.error_list] == ["password_too_short"]
    assert codes("ada.lovelace", User(username="ada.lovelace")) == {"password_too_similar"}
    assert codes("violet 47 k") == {"password_too_short"}


def test_no_refusal_repeats_the_password():
    for password in ("kxq9", "trustno1", "kx\0q9 lamp", "kxq9" * 1_100):
        with pytest.raises(ValidationError) as refused:
            check_new(password + "\t")
        assert password not in repr(refused.value)
        assert password not in str(refused.value.messages)


@pytest.mark.parametrize("validator", [LengthValidator, CharactersValidator, CommonPasswordValidator])
def test_each_rule_says_what_it_wants_before_it_is_broken(validator):
    assert "password must" in validator().get_help_text()
