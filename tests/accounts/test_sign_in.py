"""Signing in and out through ``/auth/``: what a client holds afterwards is Keyturn's pair and nothing else."""

import pytest

from keyturn.accounts.models import Flow
from keyturn.sessions.models import Session
from tests.accounts.engine import AuthClient, claims

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("kind", ["app", "browser"])
def test_a_login_answers_with_the_pair_of_a_new_session_and_leaves_no_flow(ada, kind):
    client = AuthClient(kind)
    answer = client.log_in()
    assert answer.status_code == 200, answer.content
    body = answer.json()
    assert body["meta"]["is_authenticated"] is True
    assert "session_token" not in body["meta"]
    assert body["data"]["user"]["username"] == "ada"
    session = Session.objects.get()
    assert claims(body["meta"]["access_token"])["sid"] == str(session.pk)
    assert session.user_id == ada.pk
    assert session.amr == "pwd"
    assert Flow.objects.count() == 0
    assert not answer.cookies


def test_the_pair_is_the_one_that_every_other_door_takes(ada):
    client = AuthClient()
    client.log_in()
    assert client.http.get("/home/", HTTP_AUTHORIZATION=f"Bearer {client.access}").status_code == 200
    refreshed = client.http.post("/token/refresh/", {"refresh": client.refresh}, content_type="application/json")
    assert refreshed.status_code == 200


def test_a_wrong_password_is_told_in_both_forms_and_opens_nothing(ada):
    answer = AuthClient().log_in(password="wrong")
    assert answer.status_code == 400
    body = answer.json()
    assert body["errors"][0]["code"] == "username_password_mismatch"
    assert (body["code"], body["reason"]) == ("no_active_account", "bad_credentials")
    assert not Session.objects.exists()


def test_log_out_ends_the_session_for_every_token_of_it(ada):
    client = AuthClient()
    client.log_in()
    answer = client.call("DELETE", "auth/session")
    assert answer.status_code == 401
    assert answer.json()["meta"]["is_authenticated"] is False
    assert Session.objects.get().revoked_reason == "logout"
    refreshed = client.http.post("/token/refresh/", {"refresh": client.refresh}, content_type="application/json")
    assert refreshed.status_code == 401
