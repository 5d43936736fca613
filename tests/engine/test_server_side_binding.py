"""PostgreSQL with parameters bound on the server, as some projects and every pooler in between may ask for."""

from datetime import timedelta

import pytest
from django.db import connection

from keyturn.sessions.client import Client
from keyturn.sessions.outcome import Converged, Forgiven, Reused, Rotated
from keyturn.sessions.pruning import prune
from tests.engine.acting import COOKIE, CURL, later, opened, present, row
from tests.engine.stock_tokens import stock_token
from tests.engine.tokens import login, refreshed

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def server_side_binding(db, monkeypatch):
    connection.close()
    monkeypatch.setitem(connection.settings_dict["OPTIONS"], "server_side_binding", True)
    yield
    connection.close()


def test_every_statement_of_the_engine_has_parameters_whose_types_the_server_can_tell(user):
    session = opened(user, binding=None)
    assert isinstance(present(session, 0), Rotated)
    assert isinstance(present(session, 0), Converged)
    assert isinstance(present(session, 1, client=Client()), Rotated)
    assert isinstance(present(session, 1, now=later(60), client=CURL), Forgiven)
    assert isinstance(present(session, 9, now=later(60)), Rotated)
    assert isinstance(present(session, 0, now=later(60)), Reused)
    bound = opened(user, binding=COOKIE, client=Client(ip="2001:db8::1"))
    assert isinstance(present(bound, 0, binding=COOKIE), Rotated)
    user.set_password("another one")
    user.save()
    assert row(bound).revoked_reason == "password_changed"
    assert refreshed(login(user).refresh, now=later(1))
    assert refreshed(stock_token(user), now=later(1))
    assert list(prune(now=later(days=30), retention=timedelta(0)))[-1].removed == 4
