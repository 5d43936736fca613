"""Making an account: sign-up, and the address that has to be verified before the first session is opened."""

from contextlib import nullcontext
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress

from keyturn.accounts.models import Flow
from keyturn.sessions.models import Session
from keyturn.signin.models import AccountState
from tests.accounts.engine import PASSWORD, AuthClient, last_letter, letters

pytestmark = pytest.mark.django_db


def without_token(answer):
    """What an answer says, but for the token of the flow."""
    body = answer.json()
    assert body["meta"].pop("session_token")
    return body


@pytest.mark.parametrize("kind", ["app", "browser"])
def test_a_sign_up_waits_for_the_code_that_was_mailed_and_then_signs_in(kind, django_user_model):
    client = AuthClient(kind)
    answer = client.sign_up("new@example.com")
    assert answer.status_code == 401, answer.content
    body = answer.json()
    assert (body["code"], body["reason"]) == ("email_not_verified", "email_not_verified")
    assert {"id": "verify_email", "is_pending": True} in body["data"]["flows"]
    assert answer["WWW-Authenticate"] == 'Bearer realm="api"'
    assert answer["Cache-Control"] == "no-store"
    assert not Session.objects.exists()
    assert AccountState.objects.filter(signed_up_at__isnull=False, verified_at=None).count() == 1

    verified = client.verify(last_letter("new@example.com").code)
    assert verified.status_code == 200, verified.content
    assert verified.json()["meta"]["is_authenticated"] is True
    assert AccountState.objects.exclude(verified_at=None).count() == 1
    assert Session.objects.get().user == django_user_model.objects.get()
    assert Flow.objects.count() == 0
    assert client.access is not None


def test_a_code_is_of_no_use_to_somebody_without_the_flow():
    AuthClient().sign_up("new@example.com")
    answer = AuthClient().verify(last_letter("new@example.com").code)
    assert answer.status_code == 409
    assert answer.json()["code"] == "conflict"
    assert len(letters()) == 1


def test_a_sign_up_with_a_taken_address_answers_like_any_other_and_writes_to_the_owner(ada, django_user_model):
    AuthClient().signed_up("owner@example.com")
    before = django_user_model.objects.count()
    for address in ("ada@example.com", "owner@example.com", "OWNER@example.com"):
        fresh, taken = AuthClient(), AuthClient()
        one = fresh.sign_up(f"fresh-{address.lower()}")
        other = taken.sign_up(address)
        assert without_token(one) == without_token(other)
        assert one.status_code == other.status_code == 401
        assert last_letter(address.lower()).kind == "account_exists"
        django_user_model.objects.filter(email__startswith="fresh").delete()
        # What follows is alike as well.
        for path, body in (("auth/email/verify/resend", None), ("auth/email/verify", {"key": "BBBB-BBBB"})):
            assert taken.call("POST", path, body).status_code in {200, 400}
    assert django_user_model.objects.count() == before


def test_nobody_is_let_in_by_a_pretended_sign_up(ada):
    client = AuthClient()
    client.sign_up("ada@example.com")
    for guess in ("", "BBBB-BBBB", " ", "-"):
        assert client.verify(guess).status_code in {400, 409, 410}
    assert not Session.objects.exists()


def test_signing_in_before_the_address_is_verified_sends_another_code_and_waits():
    AuthClient().sign_up("new@example.com", username="newcomer")
    client = AuthClient()
    for name in ("newcomer", "new@example.com"):
        answer = (
            client.log_in(name)
            if "@" not in name
            else client.call("POST", "auth/login", {"email": name, "password": PASSWORD})
        )
        assert answer.status_code == 401
        assert answer.json()["reason"] == "email_not_verified"
    assert len(letters("new@example.com")) == 3
    assert client.verify(last_letter("new@example.com").code).status_code == 200


def test_the_plain_door_obeys_the_same_rule():
    client = AuthClient()
    client.sign_up("new@example.com", username="newcomer")
    body = {"username": "newcomer", "password": PASSWORD}
    refused = client.http.post("/token/", body, content_type="application/json")
    assert refused.status_code == 401
    assert refused.json()["reason"] == "email_not_verified"
    client.verify(last_letter("new@example.com").code)
    assert client.http.post("/token/", body, content_type="application/json").status_code == 200


def test_an_account_that_nobody_signed_up_for_needs_no_verified_address(ada):
    assert AuthClient().log_in("ada").status_code == 200
    assert not EmailAddress.objects.filter(verified=True).exists()


def test_who_has_verified_once_is_not_asked_again():
    AuthClient().signed_up("new@example.com", username="newcomer")
    EmailAddress.objects.update(verified=False)
    assert AuthClient().log_in("newcomer").status_code == 200


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"username": "ADA"}, "username"),
        ({"username": "a@b"}, "username"),
        ({"username": "zero\u200bwidth"}, "username"),
        ({"email": "no address"}, "email"),
        ({"email": "a@example.com\nBcc: b@example.com"}, "email"),
        ({"email": "a@[127.0.0.1]"}, "email"),
        ({"email": "a" * 300 + "@example.com"}, "email"),
        ({"email": ["a@example.com"]}, "email"),
        ({"email": None}, "email"),
        ({"password": "short"}, "password"),
        ({"password": "password1"}, "password"),
        ({"password": "x" * 4_097}, "password"),
        ({"password": 12345678901}, "password"),
    ],
    ids=str,
)
def test_a_sign_up_that_breaks_a_rule_makes_nothing(ada, fields, param, django_user_model):
    body = {"email": "new@example.com", "password": PASSWORD, **fields}
    answer = AuthClient().call("POST", "auth/signup", body)
    assert answer.status_code == 400, answer.content
    told = answer.json()
    assert param in {error["param"] for error in told["errors"]}
    assert told["code"] == "invalid"
    assert told["reason"]
    assert django_user_model.objects.count() == 1
    assert letters() == []
    assert not Flow.objects.exists()


def test_a_password_is_kept_with_its_spaces():
    password = "  spaces on both sides  "
    client = AuthClient()
    client.sign_up("new@example.com", password, username="newcomer")
    client.verify(last_letter("new@example.com").code)
    for door, status in ((password, 200), (password.strip(), 401)):
        body = {"username": "newcomer", "password": door}
        assert client.http.post("/token/", body, content_type="application/json").status_code == status
    assert AuthClient().log_in("newcomer", password).status_code == 200


def test_sign_ups_of_one_address_are_limited_and_the_others_go_on(settings, django_user_model):
    settings.KEYTURN = {"LIMITS": {"sign_up_address": "3/1h"}}
    for number in range(3):
        assert AuthClient().sign_up(f"new{number}@example.com").status_code == 401
    refused = AuthClient().sign_up("one-too-many@example.com")
    assert refused.status_code == 429
    assert int(refused["Retry-After"]) > 0
    assert django_user_model.objects.count() == 3
    assert AuthClient(ip="198.51.100.9").sign_up("elsewhere@example.com").status_code == 401


@pytest.mark.parametrize("email", ["ada@example.com", "nobody@example.com"])
def test_trying_one_address_over_and_over_is_limited_whether_or_not_it_is_taken(ada, email, settings):
    settings.KEYTURN = {"LIMITS": {"sign_up_email": "2/1h"}}
    answers = [AuthClient(ip=f"198.51.100.{n}").sign_up(email).status_code for n in range(4)]
    assert answers == [401, 401, 429, 429]


def test_nobody_can_sign_up_where_that_is_closed(settings, django_user_model):
    settings.KEYTURN = {"SIGN_UP": False}
    answer = AuthClient().sign_up("new@example.com")
    assert answer.status_code == 403
    assert (answer.json()["code"], answer.json()["reason"]) == ("permission_denied", "sign_up_closed")
    assert not django_user_model.objects.exists()
    assert {"id": "signup"} not in AuthClient().call("GET", "auth/session").json()["data"]["flows"]


def test_a_sign_up_is_refused_where_no_mail_can_be_sent(settings, django_user_model, monkeypatch):
    monkeypatch.setattr("keyturn.mail.outbox.is_configured", lambda: False)
    answer = AuthClient().sign_up("new@example.com")
    assert answer.status_code == 503
    assert answer.json()["code"] == "mail_unavailable"
    assert not django_user_model.objects.exists()


def test_links_are_never_made_of_the_host_header():
    client = AuthClient()
    client.http.defaults["HTTP_HOST"] = "localhost"
    client.sign_up("new@example.com")
    assert "localhost" not in last_letter("new@example.com").text
    assert "http" not in last_letter("new@example.com").text


@pytest.mark.parametrize(
    ("path", "body"), [("auth/email/verify", {"key": "BBBB-BBBB"}), ("auth/email/verify/resend", None)]
)
def test_what_follows_a_sign_up_is_answered_at_the_same_moment_whether_or_not_it_is_pretended(
    ada, path, body, monkeypatch
):
    waits: list[timedelta] = []

    def noting(every, **_):
        waits.append(every)
        return nullcontext()

    monkeypatch.setattr("keyturn.api.account_views.steady", noting)
    for email in ("ada@example.com", "new@example.com"):
        client = AuthClient()
        client.sign_up(email)
        client.call("POST", path, body)
    assert len(waits) == 2
    assert waits[0] == waits[1] >= timedelta(milliseconds=50)
    # Whoever holds no flow keeps nobody waiting.
    stranger = AuthClient()
    stranger.flow = "x" * 43
    stranger.call("POST", path, body)
    AuthClient().call("POST", path, body)
    assert len(waits) == 2


@pytest.mark.parametrize("kind", ["app", "browser"])
def test_wrong_codes_end_the_flow_whether_or_not_the_address_has_an_account(ada, kind):
    def told(email: str) -> list[object]:
        client = AuthClient(kind)
        client.sign_up(email)
        answers = [client.verify("BBBB-BBBB") for _ in range(4)] + [client.call("GET", "auth/session")]
        return [
            (one.status_code, one.json().get("reason"), any("keyturn_flow" in name for name in one.cookies))
            for one in answers
        ]

    assert told("new@example.com") == told("ada@example.com")
    assert not Flow.objects.exists()
