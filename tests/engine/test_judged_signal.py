"""``refresh_judged``: whoever listens hears of every judgement, and changes none."""

import logging
from uuid import UUID

import pytest

from keyturn.errors import Reason
from keyturn.sessions.judged import refresh_judged
from keyturn.sessions.models import Session
from tests.engine.acting import later
from tests.engine.tokens import claims_of, login, refresh_pair, refusal


@pytest.fixture
def heard():
    judgements = []

    def listen(**told):
        judgements.append(told)

    refresh_judged.connect(listen)
    yield judgements
    refresh_judged.disconnect(listen)


@pytest.mark.django_db
def test_each_judgement_is_told_with_what_was_presented(user, heard):
    first = login(user).refresh
    second = refresh_pair(first).refresh
    refresh_pair(first, now=later(5))
    refresh_pair(second, now=later(60))
    refusal(first, now=later(120))
    told = [(each["generation"], type(each["outcome"]).__name__) for each in heard]
    assert told == [(0, "Rotated"), (0, "Converged"), (1, "Rotated"), (0, "Reused")]
    assert {each["session_id"] for each in heard} == {UUID(claims_of(first)["sid"])}
    assert {each["sender"] for each in heard} == {Session}


@pytest.mark.django_db
def test_a_refusal_is_told_with_its_reason(user, heard):
    token = login(user).refresh
    type(user).objects.filter(pk=user.pk).update(is_active=False)
    assert refusal(token) is Reason.USER_INACTIVE
    assert [each["outcome"].reason for each in heard] == [Reason.USER_INACTIVE]


@pytest.mark.django_db
def test_no_token_is_told(user, heard):
    token = login(user).refresh
    fresh = refresh_pair(token)
    assert heard
    for secret in (token, fresh.refresh, fresh.access):
        assert secret not in repr(heard)


@pytest.mark.django_db
def test_what_a_receiver_raises_changes_no_answer(user, caplog):
    def broken(**_):
        raise RuntimeError("a receiver's own fault")

    refresh_judged.connect(broken)
    try:
        with caplog.at_level(logging.ERROR, logger="django.dispatch"):
            assert refresh_pair(login(user).refresh).refresh
    finally:
        refresh_judged.disconnect(broken)
    assert "a receiver's own fault" in caplog.text
