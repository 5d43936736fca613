"""What is computed and stored for an account that exists, and for one that does not."""

import pytest
from allauth.account.models import EmailAddress
from allauth.account.signals import user_signed_up
from django.contrib.auth.hashers import MD5PasswordHasher
from django.contrib.auth.models import User
from django.db.models.signals import post_save

from keyturn.defence.steady import steady
from keyturn.signin.models import AccountState
from tests.accounts.engine import AuthClient

pytestmark = pytest.mark.django_db

PASSWORD = "violet kettle 47"
APART = "cafe\u0301 au lait 9"


@pytest.fixture(autouse=True)
def owner():
    user = User.objects.create_user("ada", "ada@example.org", PASSWORD)
    EmailAddress.objects.create(user=user, email="ada@example.org", verified=True, primary=True)
    return user


@pytest.fixture
def hashed(monkeypatch):
    """The passwords that were hashed, in order."""
    seen = []
    encode = MD5PasswordHasher.encode

    def watching(self, password, salt):
        seen.append(password)
        return encode(self, password, salt)

    monkeypatch.setattr(MD5PasswordHasher, "encode", watching)
    return seen


def token(name, password):
    return lambda: AuthClient().http.post("/token/", {"username": name, "password": password}, "application/json")


def log_in(key, name, password):
    return lambda: AuthClient().call("POST", "auth/login", {key: name, "password": password})


def sign_up(email):
    return lambda: AuthClient().sign_up(email, PASSWORD, username="somebody")


def reset(email):
    return lambda: AuthClient().call("POST", "auth/password/request", {"email": email})


@pytest.mark.parametrize(
    ("known", "unknown", "hashes"),
    [
        (token("ada", "wrong"), token("bob", "wrong"), 1),
        (token("ada@example.org", "wrong"), token("bob@example.org", "wrong"), 1),
        (token("ada", APART), token("bob", APART), 2),
        (log_in("username", "ada", "wrong"), log_in("username", "bob", "wrong"), 1),
        (log_in("email", "ada@example.org", "wrong"), log_in("email", "bob@example.org", "wrong"), 1),
        (log_in("email", "ada@example.org", APART), log_in("email", "bob@example.org", APART), 2),
        (sign_up("ada@example.org"), sign_up("bob@example.org"), 1),
        (reset("ada@example.org"), reset("bob@example.org"), 0),
    ],
    ids=[
        *("token", "token by e-mail", "token, two spellings", "log-in", "log-in by e-mail", "log-in, two spellings"),
        *("sign-up", "reset"),
    ],
)
def test_as_many_hashes_are_computed_whether_or_not_the_account_exists(hashed, known, unknown, hashes):
    first = known()
    assert len(hashed) == hashes, first.content
    del hashed[:]
    second = unknown()
    assert len(hashed) == hashes, second.content
    assert first.status_code == second.status_code


def test_as_many_hashes_are_computed_for_an_inactive_user_and_one_without_a_password(hashed):
    User.objects.create_user("gone", password=PASSWORD, is_active=False)
    User.objects.create_user("none")
    for name in ("gone", "none"):
        del hashed[:]
        assert token(name, PASSWORD)().status_code == 401
        assert len(hashed) == 1, name


def test_a_pretended_sign_up_leaves_nothing_and_tells_nobody():
    told = []

    def note(sender, **_):
        if sender in {User, EmailAddress, AccountState}:
            told.append(sender)

    post_save.connect(note)
    user_signed_up.connect(note)
    try:
        assert sign_up("ada@example.org")().status_code == 401
    finally:
        post_save.disconnect(note)
        user_signed_up.disconnect(note)
    assert told == []
    assert User.objects.count() == EmailAddress.objects.count() == 1
    assert not AccountState.objects.exists()


def test_a_taken_user_name_is_refused_alike_for_a_known_and_an_unknown_address():
    answers = [
        AuthClient().sign_up(email, PASSWORD, username="ADA") for email in ("ada@example.org", "bob@example.org")
    ]
    assert [answer.status_code for answer in answers] == [400, 400]
    assert answers[0].json() == answers[1].json()
    assert User.objects.count() == 1


def test_sign_ups_are_answered_at_even_distances_of_time(monkeypatch):
    waited = []

    def noting(every):
        waited.append(every.total_seconds())
        return steady(every, sleep=lambda _: None)

    monkeypatch.setattr("keyturn.api.account_flow_views.steady", noting)
    sign_up("ada@example.org")()
    sign_up("bob@example.org")()
    assert waited == [0.5, 0.5]
