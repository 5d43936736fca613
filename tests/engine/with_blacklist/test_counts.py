"""What each thing costs beside token_blacklist."""

import pytest
from django.apps import apps
from rest_framework.test import APIClient, APIRequestFactory

from keyturn.clock import utc_now
from keyturn.sessions.outcome import Converged, Forgiven, Reused, Rotated
from tests.engine.acting import FIREFOX, later, placed, present, row
from tests.engine.conftest import PASSWORD
from tests.engine.test_statement_counts import Home
from tests.engine.tokens import login
from tests.engine.with_blacklist.listed import listed

pytestmark = pytest.mark.django_db(transaction=True)


def rows():
    return {model._meta.label: model._base_manager.count() for model in apps.get_models()}


@pytest.mark.parametrize(("simple_jwt", "statements"), [({}, 7), ({"UPDATE_LAST_LOGIN": True}, 8)])
def test_a_login_is_one_statement_more_than_without_the_list(user, settings, count_statements, simple_jwt, statements):
    settings.SIMPLE_JWT = simple_jwt
    APIClient().post("/token/", {"username": "ada", "password": PASSWORD})  # begins the counters of attempts
    before = rows()
    with count_statements(at_most=statements):
        answer = APIClient().post("/token/", {"username": "ada", "password": PASSWORD})
    assert answer.status_code == 200
    added = {label: count - before[label] for label, count in rows().items() if count != before[label]}
    assert added == {"keyturn.AuditEvent": 1, "keyturn.Session": 1, "token_blacklist.OutstandingToken": 1}


def test_a_rotation_is_one_statement_without_a_transaction_and_adds_no_row(user, count_statements):
    session = listed(user)
    before = rows()
    with count_statements(exactly=1) as seen:
        assert isinstance(present(session, 0), Rotated)
    assert seen.transaction_commands == []
    assert rows() == before


def test_converging_is_two_statements(user, count_statements):
    session = placed(listed(user), generation=9)
    with count_statements(at_most=2):
        assert isinstance(present(session, 8), Converged)


def test_forgiving_is_four_statements_at_most(user, count_statements):
    session = placed(listed(user), generation=9)
    with count_statements(at_most=4):
        assert isinstance(present(session, 8, now=later(60)), Forgiven)


def test_reuse_is_four_statements_at_most_and_three_rows(user, count_statements, db_vendor):
    session = placed(listed(user), generation=9)
    before = rows()
    # SQLite writes the feed and the trail by statements of their own.
    with count_statements(at_most=4 if db_vendor == "postgres" else 6):
        assert isinstance(present(session, 3), Reused)
    added = {label: count - before[label] for label, count in rows().items() if count != before[label]}
    assert added == {"keyturn.AuditEvent": 1, "keyturn.Revocation": 1, "token_blacklist.BlacklistedToken": 1}
    assert row(session).revoked_reason == "refresh_reused"


def test_an_authenticated_request_is_one_statement(user, count_statements):
    access = login(user, now=utc_now()).access
    request = APIRequestFactory().get("/home/", headers={"authorization": f"Bearer {access}", **agent()})
    with count_statements(at_most=1) as seen:
        assert Home.as_view()(request).status_code == 200
    assert seen.transaction_commands == []


def agent():
    return {"user-agent": FIREFOX.user_agent}
