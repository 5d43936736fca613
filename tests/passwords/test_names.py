"""What a new user name may be, and when two are one."""

# ruff: noqa: RUF001 - letters that look alike are what this is about

import threading

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import connection, transaction

from keyturn.defence.names import check_username, folded, normalised_username

pytestmark = pytest.mark.django_db

ZERO_WIDTH = [
    "\u200b",
    "\u200c",
    "\u200d",
    "\u2060",
    "\ufeff",
    "\u00ad",
    "\ufe0f",
    "\u3164",
    "\u115f",
    "\u034f",
    "\u180e",
]


def code(name, **options):
    with pytest.raises(ValidationError) as refused:
        check_username(name, **options)
    return refused.value.error_list[0].code


@pytest.mark.parametrize(
    "name", ["ada", "Ada.Lovelace-2_x", "łucja", "Ωμέγα", "иван", "山田太郎", "김철수", "محمد", "דוד12"]
)
def test_a_name_in_one_script_is_kept_as_it_is(name):
    assert check_username(name) == name


def test_the_user_models_own_validators_are_asked_too():
    # Django's know no vowel signs.
    with pytest.raises(ValidationError) as refused:
        check_username("अदिति")
    assert refused.value.error_list[0].code == "invalid"


def test_a_name_is_kept_in_nfkc():
    assert check_username("ａｄａ\u0301１") == normalised_username("ａｄａ\u0301１") == "adá1"


@pytest.mark.parametrize(
    "name",
    [
        *(
            "",
            " ",
            "ada lovelace",
            " ada",
            "ada\u00a0l",
            "ada@example.org",
            "ada＠x",
            "a/b",
            "a\\b",
            "<ada>",
            "a'b",
            "a;b",
            "🐢",
        ),
        *("ada\0", "ada\n", "ada\x7f", "ada\u0085", "ada\ud800", "ada\u0378", "ada\ue000", "ada\u2028", "...", "-_-"),
        *("\u0301ada", "ad\u202ea", "ada\u200f"),
        *(f"ad{letter}a" for letter in ZERO_WIDTH),
    ],
    ids=ascii,
)
def test_spaces_signs_controls_and_what_cannot_be_seen_are_refused(name):
    assert code(name) == "username_invalid"


@pytest.mark.parametrize("name", ["аda", "pаypal", "αdmin", "Τom", "иvan"], ids=ascii)
def test_letters_of_scripts_that_look_alike_are_not_mixed(name):
    assert code(name) == "username_invalid"


@pytest.mark.parametrize("name", ["adaדוד", "דודada", "12דוד", "דוד12١", "דוד."], ids=ascii)
def test_letters_that_run_in_both_directions_are_not_mixed(name):
    assert code(name) == "username_invalid"


@pytest.mark.parametrize("length", [151, 1_001, 100_000])
def test_a_name_longer_than_the_field_is_refused(length):
    with pytest.raises(ValidationError):
        check_username("a" * length)


@pytest.mark.parametrize(
    ("taken", "wanted"),
    [
        *(("ada", "ada"), ("ada", "ADA"), ("Ada", "aDa"), ("ada", "ａｄａ"), ("Łucja", "łucja"), ("łucja", "ŁUCJA")),
        *(("иван", "Иван"), ("ΣΟΦΟΣ", "σοφος")),
    ],
)
def test_a_name_is_taken_in_every_case(taken, wanted):
    User.objects.create_user(taken)
    assert code(wanted) == "username_taken"


@pytest.mark.parametrize(("taken", "wanted"), [("łucja", "łUcJa"), ("иВАн", "ИваН")])
def test_a_name_beyond_ascii_is_taken_in_odd_cases_too_where_the_database_knows_their_case(taken, wanted):
    knows = True
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT upper('ł') = 'Ł'")
            knows = cursor.fetchone()[0]
    User.objects.create_user(taken)
    if knows:
        assert code(wanted) == "username_taken"
    else:
        assert check_username(wanted) == wanted


def test_ones_own_name_may_change_its_case():
    ada = User.objects.create_user("ada")
    assert check_username("Ada", user=ada) == "Ada"
    assert code("ADA", user=User.objects.create_user("else")) == "username_taken"


def test_a_pattern_in_a_name_is_taken_literally():
    User.objects.create_user("łaxb")
    assert check_username("ła.b") == "ła.b"
    assert folded("ŁA.B") == folded("ła.b")


@pytest.mark.django_db(transaction=True)
def test_of_twenty_who_want_one_name_in_other_cases_at_once_one_gets_it():
    ready = threading.Barrier(20)
    outcomes: list[str] = []

    def sign_up(name: str) -> None:
        try:
            ready.wait()
            with transaction.atomic():
                User.objects.create_user(check_username(name))
            outcomes.append("made")
        except ValidationError as error:
            outcomes.append(error.error_list[0].code or "")
        finally:
            connection.close()

    names = [
        f"{'A' if number & 1 else 'a'}{'D' if number & 2 else 'd'}{'A' if number & 4 else 'a'}" for number in range(20)
    ]
    threads = [threading.Thread(target=sign_up, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["made"] + ["username_taken"] * 19
    assert User.objects.count() == 1
