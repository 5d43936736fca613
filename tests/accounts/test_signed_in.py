"""What a signed-in client can do under ``/auth/``: see, prove itself anew, refresh, look at sessions, leave."""

from datetime import timedelta

import pytest

from keyturn.accounts.models import Flow
from keyturn.clock import utc_now
from keyturn.sessions.client import Client as SessionClient
from keyturn.sessions.models import Session
from keyturn.tokens.impersonating import impersonate
from keyturn.tokens.issuing import issue_pair
from tests.accounts.engine import PASSWORD, AuthClient, claims

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(ada) -> AuthClient:
    """Signed in."""
    found = AuthClient()
    assert found.log_in().status_code == 200
    return found


def test_the_session_endpoint_tells_who_is_signed_in_and_how(client, ada):
    answer = client.call("GET", "auth/session")
    assert answer.status_code == 200
    body = answer.json()
    assert body["data"]["user"]["id"] == ada.pk
    assert [method["method"] for method in body["data"]["methods"]] == ["password"]
    assert body["meta"] == {"is_authenticated": True}
    assert not Flow.objects.exists()


def test_a_session_opened_at_the_plain_door_is_as_good(ada):
    client = AuthClient()
    pair = client.http.post(
        "/token/", {"username": "ada", "password": PASSWORD}, content_type="application/json"
    ).json()
    client.access = pair["access"]
    assert client.call("GET", "auth/session").json()["data"]["methods"][0]["method"] == "password"


def test_who_is_signed_in_signs_neither_in_nor_up(client):
    before = Session.objects.count()
    for path, body in (
        ("auth/login", {"username": "ada", "password": PASSWORD}),
        ("auth/signup", {"email": "new@example.com", "password": PASSWORD}),
    ):
        assert client.call("POST", path, body).status_code == 409
    assert Session.objects.count() == before


def test_a_revoked_session_is_refused_at_once(client):
    other = AuthClient()
    other.access = client.access
    client.call("DELETE", "auth/session")
    answer = other.call("GET", "auth/session")
    assert answer.status_code == 401
    assert answer.json()["reason"] == "session_revoked"


def test_an_access_token_that_has_expired_still_signs_out(ada):
    pair = issue_pair(user=ada, now=utc_now() - timedelta(hours=1), client=SessionClient())
    client = AuthClient()
    client.access = pair.access
    assert client.call("GET", "auth/session").json()["reason"] == "expired"
    assert client.call("DELETE", "auth/session").status_code == 401
    assert Session.objects.get().revoked_reason == "logout"


def test_a_forged_access_token_signs_nobody_out(client):
    forged = AuthClient()
    forged.access = f"{client.access[:-4]}AAAA"
    assert forged.call("DELETE", "auth/session").json()["reason"] == "bad_signature"
    assert client.call("GET", "auth/session").status_code == 200


def test_who_acts_as_a_user_sees_and_leaves_but_changes_nothing(ada, admin_user):
    acting = AuthClient()
    acting.access = impersonate(actor=admin_user, user=ada, reason="a call", now=utc_now()).access
    assert acting.call("GET", "auth/session").status_code == 200
    assert acting.call("GET", "auth/sessions").status_code == 200
    for method, path, body in (
        ("POST", "auth/reauthenticate", {"password": PASSWORD}),
        ("POST", "account/password/change", {"current_password": PASSWORD, "new_password": "another long sentence"}),
        ("POST", "account/email", {"email": "other@example.com"}),
        ("DELETE", "auth/sessions", {"sessions": [str(Session.objects.get().pk)]}),
        ("GET", "account/authenticators/totp", None),
        ("GET", "account/authenticators/recovery-codes", None),
    ):
        answer = acting.call(method, path, body)
        assert answer.status_code == 403, (path, answer.content)
        assert answer.json()["code"] == "impersonated"
    assert acting.call("DELETE", "auth/session").status_code == 401
    ada.refresh_from_db()
    assert ada.check_password(PASSWORD)


def test_a_right_password_counts_as_signing_in_anew(client):
    Session.objects.update(auth_time=utc_now() - timedelta(days=1))
    wrong = client.call("POST", "auth/reauthenticate", {"password": "wrong"})
    assert wrong.status_code == 400
    assert wrong.json()["reason"] == "incorrect_password"
    assert Session.objects.get().auth_time < utc_now() - timedelta(hours=1)
    right = client.call("POST", "auth/reauthenticate", {"password": PASSWORD})
    assert right.status_code == 200
    assert right.json()["data"]["methods"][-1]["reauthenticated"] is True
    assert Session.objects.get().auth_time > utc_now() - timedelta(minutes=1)
    assert "session_token" not in right.json()["meta"]
    assert Flow.objects.get().session_id == Session.objects.get().pk


def test_passwords_are_not_guessed_by_proving_oneself_anew(client, settings):
    settings.KEYTURN = {"LIMITS": {"login_pair": "3/5m"}}
    answers = [client.call("POST", "auth/reauthenticate", {"password": "wrong"}).status_code for _ in range(5)]
    assert answers == [400, 400, 400, 429, 429]


def test_what_one_session_proved_counts_for_no_other(client):
    client.call("POST", "auth/reauthenticate", {"password": PASSWORD})
    other = AuthClient()
    other.log_in()
    methods = other.call("GET", "auth/session").json()["data"]["methods"]
    assert not any(method.get("reauthenticated") for method in methods)


def test_a_refresh_is_the_one_of_the_token_endpoint(client):
    answer = client.call("POST", "tokens/refresh", {"refresh_token": client.refresh})
    assert answer.status_code == 200
    data = answer.json()["data"]
    assert claims(data["refresh_token"])["gen"] == claims(client.refresh or "")["gen"] + 1
    follow = client.http.post("/token/refresh/", {"refresh": data["refresh_token"]}, content_type="application/json")
    assert follow.status_code == 200


def test_a_refresh_token_that_is_reused_ends_the_session_here_too(client, settings):
    settings.KEYTURN = {"REFRESH_GRACE": timedelta(0), "REFRESH_FORGIVE_AFTER": 5}
    stale = client.refresh
    answers = [client.call("POST", "tokens/refresh", {"refresh_token": stale}) for _ in range(3)]
    answer = answers[-1]
    assert answer.status_code == 401
    assert answer.json()["code"] == "token_not_valid"
    assert answer.json()["reason"] in {"refresh_reused", "session_revoked"}
    assert Session.objects.get().revoked_reason == "refresh_reused"


def test_the_list_of_sessions_is_keyturns_own_in_the_form_of_the_engine(client, ada):
    other = AuthClient(ip="198.51.100.9")
    other.log_in()
    answer = client.call("GET", "auth/sessions")
    assert answer.status_code == 200
    listed = answer.json()["data"]
    assert [(one["is_current"], one["ip"]) for one in listed] == [(False, "198.51.100.9"), (True, "192.0.2.7")]
    assert set(listed[0]) == {"id", "user_agent", "ip", "created_at", "is_current"}


def test_ending_a_session_of_the_list_ends_it_everywhere(client, ada):
    other = AuthClient()
    other.log_in()
    sid = claims(other.access or "")["sid"]
    answer = client.call("DELETE", "auth/sessions", {"sessions": [sid]})
    assert answer.status_code == 200
    assert [one["is_current"] for one in answer.json()["data"]] == [True]
    assert other.call("GET", "auth/session").status_code == 401
    assert Session.objects.get(pk=sid).revoked_reason == "revoked_by_user"


def test_ending_the_session_one_asks_from_signs_out(client):
    sid = claims(client.access or "")["sid"]
    answer = client.call("DELETE", "auth/sessions", {"sessions": [sid]})
    assert answer.status_code == 401
    assert answer.json()["meta"]["is_authenticated"] is False


@pytest.mark.parametrize("sessions", [None, [], "all", [1], [None], ["nonsense"], {}, [[]]])
def test_a_list_that_names_no_session_of_ones_own_ends_nothing(client, sessions):
    answer = client.call("DELETE", "auth/sessions", {"sessions": sessions})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["param"] == "sessions"
    assert Session.objects.filter(revoked_at=None).count() == 1


def test_nobody_ends_somebody_elses_session(client, django_user_model):
    django_user_model.objects.create_user("eve", "eve@example.com", PASSWORD)
    eve = AuthClient()
    eve.log_in("eve")
    sid = claims(client.access or "")["sid"]
    answer = eve.call("DELETE", "auth/sessions", {"sessions": [sid]})
    assert answer.status_code == 400
    assert Session.objects.get(pk=sid).revoked_at is None


def test_a_session_that_an_administrator_ends_is_ended_here(client):
    Session.objects.all().delete()
    assert client.call("GET", "auth/session").status_code == 401
