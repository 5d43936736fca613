"""PUT /auth/…/account/email: accounts that django-allauth has never seen confirm the address that they have."""

from typing import Any

import pytest
from allauth.account.models import EmailAddress

from tests.accounts.engine import PASSWORD, AuthClient, last_letter, letters

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def public_url(settings):
    settings.KEYTURN = {"PUBLIC_URL": "https://auth.example.com"}


@pytest.fixture
def ada(django_user_model: Any) -> Any:
    return django_user_model.objects.create_user("ada", "Ada@example.com", PASSWORD)


def signed_in() -> AuthClient:
    client = AuthClient()
    assert client.log_in("ada").status_code == 200
    return client


def rows_of(user: Any) -> list[tuple[str, bool, bool]]:
    return list(EmailAddress.objects.filter(user=user).values_list("email", "verified", "primary"))


@pytest.mark.parametrize("by", ["code", "key"])
def test_an_account_made_without_allauth_confirms_its_address(ada, by):
    client = signed_in()
    assert rows_of(ada) == []

    assert client.call("PUT", "account/email", {"email": "ada@example.com"}).status_code == 200
    assert rows_of(ada) == [("ada@example.com", False, True)]
    answer = client.verify(getattr(last_letter("ada@example.com"), by))

    assert answer.status_code == 200, answer.content
    assert rows_of(ada) == [("ada@example.com", True, True)]


def test_asking_twice_makes_one_row(ada):
    client = signed_in()
    for _ in range(2):
        assert client.call("PUT", "account/email", {"email": "ada@example.com"}).status_code == 200
    assert rows_of(ada) == [("ada@example.com", False, True)]


@pytest.mark.parametrize("typed", ["eve@example.com", "", None, 5, "\u0130da@example.com", "ada@example.com\x00"])
def test_another_address_is_none_of_the_account(ada, typed):
    answer = signed_in().call("PUT", "account/email", {"email": typed})

    assert answer.status_code == 400
    assert rows_of(ada) == []
    assert letters() == []


def test_an_account_that_has_an_address_there_gets_no_second_one(ada):
    EmailAddress.objects.create(user=ada, email="other@example.com", verified=True, primary=True)

    assert signed_in().call("PUT", "account/email", {"email": "ada@example.com"}).status_code == 400
    assert rows_of(ada) == [("other@example.com", True, True)]


def test_the_address_that_somebody_else_has_confirmed_stays_theirs(ada, django_user_model):
    other = django_user_model.objects.create_user("eve", "eve@example.com", PASSWORD)
    EmailAddress.objects.create(user=other, email="ada@example.com", verified=True, primary=True)
    client = signed_in()
    assert client.call("PUT", "account/email", {"email": "ada@example.com"}).status_code == 200

    answer = client.verify(last_letter("ada@example.com").code)

    assert answer.status_code == 400
    assert answer.json()["reason"] == "email_taken"
    assert rows_of(ada) == [("ada@example.com", False, True)]
    assert rows_of(other) == [("ada@example.com", True, True)]
