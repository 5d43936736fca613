"""A PostgreSQL that takes no writes, as one does that became a standby: nothing is decided, and nothing answers 500."""

import pytest
from django.db import InternalError, connection

from tests.contract.caller import PASSWORD
from tests.contract.test_errors import CALLS

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

WRITING = ("refresh", "blacklist", "log out", "log out everywhere", "end other sessions", "end a session")


@pytest.fixture
def without_writes():
    """From when it is called until the end of the test."""
    try:
        yield lambda: connection.cursor().execute("SET default_transaction_read_only = on")
    finally:
        connection.cursor().execute("SET default_transaction_read_only = off")


@pytest.mark.parametrize("name", WRITING)
def test_a_call_that_would_write_is_answered_503_and_decides_nothing(ada, caller, without_writes, name):
    other, tokens = caller.log_in(), caller.log_in()
    without_writes()
    answer = CALLS[name](caller, tokens)
    assert answer.status_code == 503
    assert answer.json()["code"] == "unavailable"
    assert answer["Retry-After"] == "1"

    connection.cursor().execute("SET default_transaction_read_only = off")
    for each in (other, tokens):
        assert caller.try_refresh(each.refresh).status_code == 200


def test_a_sign_in_is_answered_503(ada, caller, without_writes):
    without_writes()
    answer = caller.call("POST", "/token/", {"username": "ada", "password": PASSWORD})
    assert answer.status_code == 503
    assert answer["Retry-After"] == "1"


def test_another_internal_error_of_the_database_stays_a_fault_of_ours(ada, caller):
    tokens = caller.log_in()

    def refuse(*_):
        raise InternalError("current transaction is aborted")

    with connection.execute_wrapper(refuse), pytest.raises(InternalError):
        caller.try_refresh(tokens.refresh)
