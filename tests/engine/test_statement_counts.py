"""What each thing costs: statements, transaction commands, rows (issue 2, "Figures to reach")."""

import pytest
from django.apps import apps
from django.db import connection
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response
from rest_framework.test import APIClient, APIRequestFactory
from rest_framework.views import APIView

from keyturn.clock import utc_now
from keyturn.sessions.outcome import Converged, Forgiven, Refused, Reused, Rotated
from tests.engine.acting import FIREFOX, NOW, later, opened, placed, present
from tests.engine.conftest import PASSWORD
from tests.engine.tokens import login, refresh_pair, refusal

pytestmark = pytest.mark.django_db(transaction=True)

ROTATING = 1
CREDENTIALS = {"username": "ada", "password": PASSWORD}


class Home(APIView):
    """Any view of a project."""

    permission_classes = (IsAuthenticated,)

    def get(self, request):
        return Response({"message": f"Hello {request.user.username}"})


@pytest.fixture
def api(db):
    return APIClient(headers={"user-agent": FIREFOX.user_agent})


def rows():
    return {model._meta.label: model._base_manager.count() for model in apps.get_models()}


def test_a_rotation_is_one_statement_without_a_transaction_and_adds_no_row(user, count_statements):
    session = opened(user)
    before = rows()
    with count_statements(exactly=ROTATING) as seen:
        outcome = present(session, 0)
    assert isinstance(outcome, Rotated)
    assert seen.transaction_commands == []
    assert rows() == before


@pytest.mark.parametrize("atomic_requests", [False, True])
def test_a_refresh_over_http_is_one_statement_without_a_transaction(
    user, api, count_statements, monkeypatch, atomic_requests
):
    monkeypatch.setitem(connection.settings_dict, "ATOMIC_REQUESTS", atomic_requests)
    token = login(user, now=utc_now()).refresh
    before = rows()
    with count_statements(exactly=ROTATING) as seen:
        answer = api.post("/token/refresh/", {"refresh": token})
    assert answer.status_code == 200
    assert seen.transaction_commands == []
    assert rows() == before


def test_a_refresh_with_the_password_claim_is_two_statements_at_most(user, settings, count_statements):
    settings.SIMPLE_JWT = {"CHECK_REVOKE_TOKEN": True}
    token = login(user).refresh
    with count_statements(at_most=2) as seen:
        refresh_pair(token, now=later(1), client=FIREFOX)
    assert seen.transaction_commands == []


def test_converging_is_two_statements_and_no_transaction(user, count_statements):
    session = placed(opened(user), generation=9)
    for generation in (8, 7):
        with count_statements(at_most=2) as seen:
            assert isinstance(present(session, generation), Converged)
        assert seen.transaction_commands == []


def test_forgiving_is_four_statements_at_most_and_no_transaction(user, count_statements):
    session = placed(opened(user), generation=9)
    with count_statements(at_most=4) as seen:
        assert isinstance(present(session, 8, now=later(60)), Forgiven)
    assert seen.transaction_commands == []


def test_reuse_is_three_statements_and_one_transaction(user, count_statements, db_vendor):
    session = placed(opened(user), generation=9)
    # SQLite writes the feed and the trail by statements of their own.
    with count_statements(exactly=3 if db_vendor == "postgres" else 5) as seen:
        assert isinstance(present(session, 3), Reused)
    assert len(seen.transaction_commands) == 2


def test_adopting_a_lost_generation_is_three_statements_and_no_transaction(user, count_statements):
    session = opened(user)
    with count_statements(at_most=3) as seen:
        assert isinstance(present(session, 7), Rotated)
    assert seen.transaction_commands == []


def test_a_refusal_is_two_statements_and_no_transaction(user, count_statements):
    session = placed(opened(user), revoked_at=NOW, revoked_reason="logout")
    with count_statements(at_most=2) as seen:
        assert isinstance(present(session, 0), Refused)
    assert seen.transaction_commands == []


def test_a_token_that_does_not_verify_asks_the_database_nothing(user, count_statements):
    token = login(user).refresh
    with count_statements(exactly=0):
        refusal(token[:-3] + "abc")
        refusal(token, now=later(days=3))
        refusal("no token at all")


@pytest.mark.parametrize(("simple_jwt", "statements"), [({}, 6), ({"UPDATE_LAST_LOGIN": True}, 7)])
def test_a_login_is_six_statements_without_a_transaction_and_leaves_a_session_and_an_event(
    user, api, settings, count_statements, simple_jwt, statements
):
    settings.SIMPLE_JWT = simple_jwt
    api.post("/token/", CREDENTIALS)  # the first of an account and address begins its counters
    before = rows()
    with count_statements(at_most=statements) as seen:
        answer = api.post("/token/", CREDENTIALS)
    assert answer.status_code == 200
    assert seen.transaction_commands == []
    after = rows()
    for label in ("keyturn.Session", "keyturn.AuditEvent"):
        assert after.pop(label) == before.pop(label) + 1
    assert after == before


@pytest.mark.parametrize("simple_jwt", [{}, {"CHECK_REVOKE_TOKEN": True}])
def test_an_authenticated_request_is_one_statement_and_no_transaction(user, settings, count_statements, simple_jwt):
    settings.SIMPLE_JWT = simple_jwt
    access = login(user, now=utc_now()).access
    request = APIRequestFactory().get("/home/", headers={"authorization": f"Bearer {access}"})
    with count_statements(at_most=1) as seen:
        answer = Home.as_view()(request)
    assert (answer.status_code, answer.data) == (200, {"message": "Hello ada"})
    assert seen.transaction_commands == []


def test_a_request_without_a_good_token_asks_the_database_nothing(user, count_statements):
    access = login(user, now=utc_now()).access
    for header in ({}, {"authorization": f"Bearer {access[:-3]}abc"}, {"authorization": "Bearer"}):
        with count_statements(exactly=0):
            assert Home.as_view()(APIRequestFactory().get("/home/", headers=header)).status_code == 401


def test_rows_are_proportional_to_sessions_however_often_they_refresh(user):
    """P4."""
    sessions = [opened(user) for _ in range(3)]
    before = rows()
    for number in range(30):
        for session in sessions:
            assert isinstance(present(session, number, now=later(60 * number)), Rotated)
            assert isinstance(present(session, number, now=later(60 * number + 1)), Converged)
            if number % 10 == 5:
                assert isinstance(present(session, number, now=later(60 * number + 30)), Forgiven)
    assert rows() == before


def test_asking_whether_a_token_is_good_is_one_statement(user, api, count_statements):
    token = login(user, now=utc_now())
    for one in (token.access, token.refresh):
        with count_statements(at_most=1) as seen:
            assert api.post("/token/verify/", {"token": one}).status_code == 200
        assert seen.transaction_commands == []


def test_logging_out_everywhere_is_one_statement_however_many_sessions(user, count_statements, db_vendor):
    from keyturn.sessions.revocation import revoke_user_sessions

    for _ in range(12):
        opened(user)
    # SQLite writes the feed and the trail by statements of their own.
    with count_statements(exactly=1 if db_vendor == "postgres" else 3):
        assert len(revoke_user_sessions(user.pk, reason="logout_all", now=NOW)) == 12
