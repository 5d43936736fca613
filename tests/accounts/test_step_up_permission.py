"""The permission classes of ``keyturn.permissions`` on views of a project's own."""

from datetime import timedelta

import pytest
from django.test import Client as Http

from keyturn.clock import utc_now
from keyturn.permissions import RecentlyAuthenticated
from keyturn.sessions.client import Client
from keyturn.sessions.models import Session
from keyturn.tokens.impersonating import impersonate
from keyturn.tokens.issuing import issue_pair
from tests.accounts.engine import PASSWORD, AuthClient
from tests.mfa.door import code_of, enrol

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def with_views(settings):
    """A project's."""
    settings.ROOT_URLCONF = "tests.accounts.step_up_urls"


def token(user, amr: str = "pwd", *, ago: timedelta = timedelta(0)) -> str:
    """An access token whose user proved who they are a while ago."""
    pair = issue_pair(user=user, now=utc_now() - ago, client=Client(), amr=amr)
    # Of today, and the proof is as old as the session.
    return str(Http().post("/token/refresh/", {"refresh": pair.refresh or ""}).json()["access"])


def get(path: str, access: str, scheme: str = "Bearer"):
    return Http().get(path, headers={"Authorization": f"{scheme} {access}"})


def test_a_recent_proof_lets_in_without_a_statement(ada, django_assert_num_queries):
    access = token(ada)
    get("/recent/", access)
    with django_assert_num_queries(1) as asked:
        assert get("/ours/", access).json() == {"user": "ada"}
    # That of the view, which shows the user's name.
    assert "auth_user" in asked[0]["sql"]


@pytest.mark.parametrize("path", ["/recent/", "/ours/", "/stateless/"])
def test_an_old_proof_is_answered_by_the_challenge_of_rfc_9470(ada, path):
    answer = get(path, token(ada, ago=timedelta(minutes=6)))
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == ('Bearer realm="api", error="insufficient_user_authentication", max_age="300"')
    assert answer.json() == {
        "detail": "Prove once more who you are, then try again.",
        "code": "reauthentication_required",
        "reason": "reauthentication_required",
        "max_age": 300,
        "methods": ["password"],
    }


def test_a_weak_proof_is_told_what_is_asked_for(ada):
    enrol(ada)
    answer = get("/two-minutes/", token(ada))
    assert answer.status_code == 401
    assert 'max_age="120", acr_values="2fa"' in answer["WWW-Authenticate"]
    assert answer.json()["methods"] == ["totp"]
    assert get("/two-minutes/", token(ada, "pwd otp mfa")).status_code == 200
    assert get("/two-minutes/", token(ada, "pwd otp mfa", ago=timedelta(minutes=3))).status_code == 401


def test_two_factors_are_asked_for_and_there_is_only_one(ada):
    answer = get("/strong/", token(ada))
    assert (answer.status_code, answer.json()["reason"]) == (403, "factor_setup_required")
    assert "WWW-Authenticate" not in answer


def test_two_factors_count_however_long_ago(ada):
    enrol(ada)
    assert get("/strong/", token(ada, "pwd otp mfa", ago=timedelta(hours=40))).status_code == 200
    answer = get("/strong/", token(ada))
    assert answer.status_code == 401
    assert "max_age" not in answer["WWW-Authenticate"]
    assert 'acr_values="2fa"' in answer["WWW-Authenticate"]


def test_a_proof_given_after_the_token_was_written_counts(ada):
    access = token(ada, ago=timedelta(minutes=6))
    assert get("/recent/", access).status_code == 401
    Session.objects.update(auth_time=utc_now())
    assert get("/recent/", access).status_code == 200


def test_the_token_of_the_answer_opens_what_was_closed(ada, settings):
    secret = enrol(ada)
    client = AuthClient()
    client.access = token(ada, ago=timedelta(minutes=6))
    assert get("/two-minutes/", client.access).status_code == 401
    answer = client.call("POST", "auth/2fa/reauthenticate", {"code": code_of(secret)})
    assert get("/two-minutes/", answer.json()["meta"]["access_token"]).status_code == 200


def test_nobody_is_answered_as_ever_and_an_administrator_who_acts_is_refused(ada, django_user_model):
    assert Http().get("/recent/").status_code == 401
    assert "insufficient" not in Http().get("/recent/")["WWW-Authenticate"]
    root = django_user_model.objects.create_superuser("root", "root@example.com", PASSWORD)
    access = impersonate(actor=root, user=ada, reason="a call for help", now=utc_now()).access
    answer = get("/recent/", access)
    assert answer.status_code == 403


def test_a_token_of_a_session_that_is_over_opens_nothing(ada):
    access = token(ada, ago=timedelta(minutes=6))
    Session.objects.update(auth_time=utc_now(), revoked_at=utc_now(), revoked_reason="logout")
    assert get("/recent/", access).status_code == 401


@pytest.mark.parametrize(
    ("wanted", "error"), [({"acr": "3fa"}, "acr is"), ({"minutes": -1}, "of the future"), ({"acr": ""}, "acr is")]
)
def test_what_no_proof_can_be_is_refused_when_the_class_is_made(wanted, error):
    with pytest.raises(ValueError, match=error):
        RecentlyAuthenticated.within(**wanted)


def test_a_user_that_is_no_row_is_let_in_by_the_token_alone(ada):
    assert get("/stateless/", token(ada)).status_code == 200


def test_a_session_of_djangos_proves_nothing(ada):
    http = Http()
    http.force_login(ada)
    answer = http.get("/by-session/")
    assert (answer.status_code, answer.json()["reason"]) == (401, "reauthentication_required")
