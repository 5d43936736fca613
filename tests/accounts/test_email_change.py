"""/auth/…/account/email: see, change, have sent again, take away.

It is one long file, since every test begins with the same signed-in client and the same change.
"""

from collections import Counter
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from allauth.account.models import EmailAddress

from keyturn.accounts.link_keys import LinkKind, write_key
from keyturn.accounts.models import Flow
from keyturn.clock import stored, utc_now
from keyturn.sessions.client import Client as SessionClient
from keyturn.sessions.models import Session
from keyturn.tokens.impersonating import impersonate
from keyturn.tokens.issuing import issue_pair
from keyturn.trail.models import AuditEvent
from tests.accounts.engine import PASSWORD, AuthClient, last_letter, letters
from tests.accounts.racing import at_once
from tests.contract.caller import Caller

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def public_url(settings):
    settings.KEYTURN = {"PUBLIC_URL": "https://auth.example.com"}


@pytest.fixture
def ada(django_user_model: Any) -> Any:
    user = django_user_model.objects.create_user("ada", "ada@example.com", PASSWORD)
    EmailAddress.objects.create(user=user, email="ada@example.com", verified=True, primary=True)
    return user


def signed_in(username: str = "ada") -> AuthClient:
    client = AuthClient()
    assert client.log_in(username).status_code == 200
    assert client.call("POST", "auth/reauthenticate", {"password": PASSWORD}).status_code == 200
    return client


def change(client: AuthClient, email: Any = "new@example.com") -> Any:
    return client.call("POST", "account/email", {"email": email})


def emails_of(user: Any) -> tuple[str, set[tuple[str, bool, bool]]]:
    user.refresh_from_db()
    return user.email, set(EmailAddress.objects.filter(user=user).values_list("email", "verified", "primary"))


OLD = ("ada@example.com", {("ada@example.com", True, True)})
NEW = ("new@example.com", {("new@example.com", True, True)})


@pytest.mark.parametrize("by", ["code", "key"])
def test_the_new_address_counts_once_its_mail_was_answered(ada, by):
    client = signed_in()
    assert change(client).status_code == 200
    assert emails_of(ada) == OLD
    letter = last_letter("new@example.com")

    answer = client.verify(getattr(letter, by))

    assert answer.status_code == 200, answer.content
    assert emails_of(ada) == NEW
    assert Caller().try_log_in("new@example.com").status_code == 200
    assert Caller(ip="198.51.100.7").try_log_in("ada@example.com").status_code == 401


def test_a_link_needs_no_session(ada):
    change(signed_in())

    answer = AuthClient(ip="198.51.100.7").verify(last_letter("new@example.com").key)

    assert answer.status_code == 200
    assert "access_token" not in answer.json().get("meta", {})
    assert emails_of(ada) == NEW


def test_the_old_address_is_told(ada):
    client = signed_in()
    change(client)
    client.verify(last_letter("new@example.com").code)

    told = letters("ada@example.com")[-1]
    assert told.kind.endswith("email_changed")
    assert "new@example.com" in told.text
    events = list(AuditEvent.objects.filter(user_id=str(ada.pk)).values_list("event", flat=True))
    assert events.count("email_changed") == 1
    assert events.count("email_verified") == 1


def test_sessions_go_on(ada):
    other = Caller().log_in()
    client = signed_in()
    change(client)
    client.verify(last_letter("new@example.com").code)

    assert Caller().home(other.access).status_code == 200
    assert Caller().home(client.access).status_code == 200


def test_a_link_works_once(ada):
    change(signed_in())
    key = last_letter("new@example.com").key
    AuthClient().verify(key)

    answer = AuthClient().verify(key)

    assert (answer.status_code, answer.json()["reason"]) == (400, "link_used")


def test_a_used_link_works_no_more_after_the_address_was_changed_back(ada):
    client = signed_in()
    change(client)
    key = last_letter("new@example.com").key
    client.verify(key)
    change(client, "ada@example.com")
    client.verify(last_letter("ada@example.com").key)
    assert emails_of(ada)[0] == "ada@example.com"

    answer = AuthClient().verify(key)

    assert answer.status_code == 400
    assert answer.json()["reason"] in {"link_used", "link_outdated"}
    assert emails_of(ada)[0] == "ada@example.com"


def test_a_link_for_a_change_fails_after_the_address_changed_otherwise(ada):
    client = signed_in()
    change(client, "first@example.com")
    stale = last_letter("first@example.com").key
    change(client)
    client.verify(last_letter("new@example.com").code)

    answer = AuthClient().verify(stale)

    assert (answer.status_code, answer.json()["reason"]) == (400, "link_outdated")
    assert emails_of(ada) == NEW


def test_an_expired_link_is_refused(ada):
    key = write_key(LinkKind.VERIFY_EMAIL, user=ada, email="new@example.com", now=utc_now() - timedelta(days=2))

    assert AuthClient().verify(key).json()["reason"] == "link_expired"
    assert emails_of(ada) == OLD


def test_an_address_of_another_account_is_answered_like_any_other_and_never_taken(ada, django_user_model):
    eve = django_user_model.objects.create_user("eve", "new@example.com", PASSWORD)
    EmailAddress.objects.create(user=eve, email="new@example.com", verified=True, primary=True)
    client = signed_in()

    free, taken = change(client, "free@example.com"), change(client)

    assert taken.status_code == free.status_code == 200
    for letter in letters("new@example.com"):
        if "key=" in letter.text:
            assert AuthClient().verify(letter.key).json()["reason"] == "email_taken"
    assert emails_of(ada) == OLD


def test_an_address_that_another_account_verifies_first_is_refused(ada, django_user_model):
    client = signed_in()
    change(client)
    letter = last_letter("new@example.com")
    eve = django_user_model.objects.create_user("eve", "new@example.com", PASSWORD)
    EmailAddress.objects.create(user=eve, email="new@example.com", verified=True, primary=True)

    for key in (letter.code, letter.key):
        answer = client.verify(key)
        assert (answer.status_code, answer.json()["reason"]) == (400, "email_taken")
    assert emails_of(ada) == OLD


def test_a_change_needs_reauthentication(ada, settings):
    settings.ACCOUNT_REAUTHENTICATION_TIMEOUT = 0
    client = AuthClient()
    client.log_in()

    answer = change(client)

    assert (answer.status_code, answer.json()["reason"]) == (401, "reauthentication_required")
    assert letters("new@example.com") == []
    assert {"id": "reauthenticate"} in answer.json()["data"]["flows"]


def test_a_sign_in_is_no_reauthentication_an_hour_later(ada):
    from keyturn.sessions.models import Session

    client = AuthClient()
    client.log_in()
    Session.objects.update(auth_time=utc_now() - timedelta(hours=1))

    assert change(client).status_code == 401


@pytest.mark.parametrize(
    "email",
    ["", "new", "a@b", "a@b\r\nBcc: x@y.zz", "x" * 300 + "@a.bc", "ne\u212a@example.com", "\x00@a.bc", None, 5, [], {}],
    ids=ascii,
)
def test_a_bad_address_is_a_400_and_gets_no_mail(ada, email):
    before = len(letters())

    answer = change(signed_in(), email)

    assert answer.status_code == 400
    assert {"detail", "code"} <= set(answer.json())
    assert len(letters()) == before
    assert emails_of(ada) == OLD


def test_ones_own_address_is_a_400(ada):
    assert change(signed_in(), "ADA@example.com").status_code == 400


def test_the_list_shows_the_address_and_the_one_that_waits(ada):
    client = signed_in()
    change(client)

    shown = client.call("GET", "account/email").json()["data"]

    assert {(one["email"], one["verified"]) for one in shown} == {("ada@example.com", True), ("new@example.com", False)}


def test_a_mail_is_sent_again_and_then_no_more(ada):
    client = signed_in()
    change(client)
    statuses = [client.call("PUT", "account/email", {"email": "new@example.com"}).status_code for _ in range(8)]

    assert statuses[0] == 200
    assert statuses[-1] in {403, 429}
    assert len(letters("new@example.com")) <= 5


def test_an_address_that_is_confirmed_is_sent_no_other_mail(ada):
    answer = signed_in().call("PUT", "account/email", {"email": "ada@example.com"})

    assert (answer.status_code, answer.json()["code"]) == (403, "permission_denied")
    assert letters("ada@example.com") == []


def test_that_the_last_address_was_removed_is_told_at_that_address(ada):
    client = signed_in()

    assert client.call("DELETE", "account/email", {"email": "ada@example.com"}).status_code == 200
    assert emails_of(ada) == ("", set())
    assert last_letter("ada@example.com").subject == "An e-mail address was removed"


def test_the_main_address_is_told_of_another_beside_it_once_that_is_confirmed(ada, settings):
    settings.ACCOUNT_CHANGE_EMAIL = False
    client = signed_in()
    assert change(client).status_code == 200
    assert letters("ada@example.com") == []

    assert client.verify(last_letter("new@example.com").code).status_code == 200

    assert emails_of(ada) == (OLD[0], {*OLD[1], ("new@example.com", True, False)})
    (notice,) = letters("ada@example.com")
    assert notice.subject == "An e-mail address was added"
    assert "new@example.com" in notice.text


def test_a_waiting_change_can_be_given_up(ada):
    client = signed_in()
    change(client)

    assert client.call("DELETE", "account/email", {"email": "new@example.com"}).status_code == 200
    assert client.verify(last_letter("new@example.com").code).status_code == 409
    assert emails_of(ada) == OLD


def test_an_address_of_another_account_can_be_neither_removed_nor_made_primary(ada, django_user_model):
    eve = django_user_model.objects.create_user("eve", "eve@example.com", PASSWORD)
    EmailAddress.objects.create(user=eve, email="eve@example.com", verified=True, primary=True)
    client = signed_in()

    for method, body in (
        ("DELETE", {"email": "eve@example.com"}),
        ("PATCH", {"email": "eve@example.com", "primary": True}),
        ("PUT", {"email": "eve@example.com"}),
    ):
        answer = client.call(method, "account/email", body)
        assert answer.status_code == 400, (method, answer.content)
    assert EmailAddress.objects.filter(user=eve, verified=True, primary=True).exists()


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
def test_it_needs_a_good_access_token(ada, method):
    assert AuthClient().call(method, "account/email", {"email": "ada@example.com"}).status_code == 401


def test_mails_are_limited_by_the_mailbox_they_go_to(ada):
    client = signed_in()
    statuses = [change(client, "New@example.com").status_code for _ in range(7)]

    assert statuses[:5] == [200] * 5
    assert set(statuses[5:]) == {429}
    assert len(letters("new@example.com")) == 5


def test_an_administrator_who_acts_as_the_user_sees_and_changes_nothing(ada, django_user_model):
    root = django_user_model.objects.create_superuser("root", "root@example.com", PASSWORD)
    client = AuthClient()
    client.access = impersonate(actor=root, user=ada, reason="a call for help", now=utc_now()).access

    assert client.call("GET", "account/email").status_code == 200
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        answer = client.call(method, "account/email", {"email": "ada@example.com", "primary": True})
        assert (answer.status_code, answer.json()["code"]) == (403, "impersonated")
    assert emails_of(ada) == OLD


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("by", ["code", "key"])
def test_of_twenty_confirmations_at_once_exactly_one_wins(ada, settings, by):
    settings.KEYTURN = {**settings.KEYTURN, "LIMITS": {"link_address": None, "code_pair": None, "code_account": None}}
    client = signed_in()
    change(client)
    key = getattr(last_letter("new@example.com"), by)

    def confirming(number):
        each = AuthClient(ip=f"192.0.2.{number}")
        if by == "code":
            each.access = client.access
        return lambda: each.verify(key).status_code

    answers = at_once([confirming(number) for number in range(20)])

    assert Counter(answers)[200] == 1, answers
    assert set(answers) <= {200, 400, 409}
    assert emails_of(ada) == NEW
    assert AuditEvent.objects.filter(event="email_changed").count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_accounts_that_verify_one_address_at_once_one_gets_it(ada, django_user_model):
    eve = django_user_model.objects.create_user("eve", "eve@example.com", PASSWORD)
    EmailAddress.objects.create(user=eve, email="eve@example.com", verified=True, primary=True)
    keys = []
    for name in ("ada", "eve"):
        change(signed_in(name))
        keys.append(last_letter("new@example.com").key)

    answers = at_once([partial(AuthClient().verify, key) for key in keys])

    assert sorted(answer.status_code for answer in answers) == [200, 400]
    assert {answer.json()["reason"] for answer in answers if answer.status_code == 400} == {"email_taken"}
    assert EmailAddress.objects.filter(email="new@example.com", verified=True).count() == 1


def test_the_link_of_a_change_that_was_given_up_changes_nothing(ada):
    client = signed_in()
    change(client, "mistyped@example.com")
    assert client.call("DELETE", "account/email", {"email": "mistyped@example.com"}).status_code == 200

    answer = AuthClient().verify(last_letter("mistyped@example.com").key)

    assert (answer.status_code, answer.json()["reason"]) == (400, "link_outdated"), answer.content
    assert emails_of(ada) == OLD


def test_the_link_of_a_change_dies_once_another_is_asked_for(ada):
    client = signed_in()
    change(client, "mistyped@example.com")
    change(client)

    answer = AuthClient().verify(last_letter("mistyped@example.com").key)

    assert (answer.status_code, answer.json()["reason"]) == (400, "link_outdated"), answer.content
    assert emails_of(ada) == OLD
    assert AuthClient().verify(last_letter("new@example.com").key).status_code == 200
    assert emails_of(ada) == NEW


def test_who_has_no_password_must_have_signed_in_just_now(ada):
    ada.set_unusable_password()
    ada.save()
    client = AuthClient()
    client.access = issue_pair(user=ada, now=utc_now(), client=SessionClient()).access
    Session.objects.update(auth_time=stored(utc_now() - timedelta(seconds=301)))

    answer = change(client)

    assert (answer.status_code, answer.json().get("reason")) == (401, "reauthentication_required"), answer.content
    assert not letters("new@example.com")
    assert not Flow.objects.exists()


def test_who_has_no_password_and_has_just_signed_in_changes_the_address(ada):
    ada.set_unusable_password()
    ada.save()
    client = AuthClient()
    client.access = issue_pair(user=ada, now=utc_now(), client=SessionClient()).access

    assert change(client).status_code == 200
    assert client.verify(last_letter("new@example.com").code).status_code == 200
    assert emails_of(ada) == NEW
