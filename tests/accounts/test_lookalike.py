"""Addresses that look like somebody's, or become somebody's when their case is changed (CVE-2019-19844)."""

from typing import Any

import pytest
from allauth.account.models import EmailAddress

from keyturn.accounts.emails import mailbox_of
from tests.accounts.engine import PASSWORD, AuthClient, letters

pytestmark = pytest.mark.django_db

ALIKE = {
    "kelvin sign for k": "mi\u212ae@example.com",
    "long s for s": "mi\u017f@example.com",
    "dotless i for i": "m\u0131ke@example.com",
    "dotted capital i for i": "m\u0130ke@example.com",
    "cyrillic a": "\u0430da@example.com",
    "full-width letters": "\uff4d\uff49\uff4b\uff45@example.com",
    "zero width space": "mi\u200bke@example.com",
    "soft hyphen": "mi\u00adke@example.com",
    "combining mark": "mike\u0301@example.com",
    "right to left override": "\u202emike@example.com",
    "ligature": "\ufb01@example.com",
}
ALIKE_DOMAINS = {
    "kelvin sign in the domain": "mike@\u212aelvin.example",
    "long s in the domain": "mike@\u017fite.example",
    "full stop of another script": "mike@kelvin\u3002example",
    "sharp s": "mike@stra\u00dfe.example",
}


@pytest.fixture(autouse=True)
def public_url(settings):
    settings.KEYTURN = {"PUBLIC_URL": "https://auth.example.com"}


@pytest.fixture(params=["with its address verified", "with a field alone"])
def victims(request: Any, django_user_model: Any) -> None:
    names = ["mike@example.com", "mis@example.com", "ada@example.com", "fi@example.com", "mike@site.example"]
    for number, email in enumerate([*names, "mike@kelvin.example", "mike@strasse.example"]):
        user = django_user_model.objects.create_user(f"user{number}", email, PASSWORD)
        if request.param == "with its address verified":
            EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)


@pytest.mark.parametrize("typed", ALIKE.values(), ids=ALIKE)
def test_what_merely_looks_like_an_address_is_nobodys_and_gets_no_mail(victims, typed):
    answer = AuthClient().call("POST", "auth/password/request", {"email": typed})

    assert mailbox_of(typed) is None
    assert answer.status_code == 400
    assert letters() == []


@pytest.mark.parametrize("typed", ALIKE_DOMAINS.values(), ids=ALIKE_DOMAINS)
def test_mail_for_a_domain_goes_to_the_stored_address_or_nowhere(victims, typed):
    stored = set(EmailAddress.objects.values_list("email", flat=True)) | {"mike@kelvin.example", "mike@site.example"}

    AuthClient().call("POST", "auth/password/request", {"email": typed})

    assert all(letter.to in stored and letter.to.isascii() for letter in letters())


@pytest.mark.parametrize("typed", ["MIKE@EXAMPLE.COM", " mike@example.com ", "Mike@Example.Com"])
def test_ascii_case_and_spaces_do_not_matter_and_mail_goes_to_the_stored_address(victims, typed):
    AuthClient().call("POST", "auth/password/request", {"email": typed})

    (letter,) = letters()
    assert letter.to == "mike@example.com"
    assert letter.kind.endswith("reset_password")


def owner() -> Any:
    mailbox = mailbox_of("same@example.com")
    return mailbox and mailbox.user


def test_an_address_that_two_accounts_name_means_the_one_that_verified_it(django_user_model):
    first = django_user_model.objects.create_user("first", "same@example.com", PASSWORD)
    second = django_user_model.objects.create_user("second", "same@example.com", PASSWORD)
    assert owner() == first

    EmailAddress.objects.create(user=second, email="same@example.com", verified=True, primary=True)
    assert owner() == second


def test_an_inactive_account_does_not_stand_before_an_active_one(django_user_model):
    first = django_user_model.objects.create_user("first", "same@example.com", PASSWORD, is_active=False)
    EmailAddress.objects.create(user=first, email="same@example.com", verified=True, primary=True)
    second = django_user_model.objects.create_user("second", "same@example.com", PASSWORD)

    assert owner() == second


def test_a_second_unverified_address_opens_nothing(django_user_model):
    user = django_user_model.objects.create_user("first", "own@example.com", PASSWORD)
    EmailAddress.objects.create(user=user, email="own@example.com", verified=True, primary=True)
    EmailAddress.objects.create(user=user, email="foreign@example.com", verified=False, primary=False)

    assert mailbox_of("foreign@example.com") is None


@pytest.mark.parametrize("known", [True, False])
def test_looking_costs_two_statements_whether_there_is_anybody(victims, count_statements, known):
    with count_statements(exactly=2):
        assert (mailbox_of("mike@example.com" if known else "nobody@example.com") is not None) == known
