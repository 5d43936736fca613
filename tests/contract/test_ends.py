"""What ends with a session, and what a user name can be."""

from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from rest_framework_simplejwt.tokens import RefreshToken

from keyturn.clock import utc_now
from keyturn.sessions.models import Session
from tests.contract.caller import PASSWORD, assert_refused


def test_no_access_token_outlives_the_absolute_end_of_its_session_whoever_minted_it(ada, caller):
    tokens = caller.log_in()
    by_the_project = str(RefreshToken(tokens.refresh).access_token)
    assert caller.home(by_the_project).status_code == 200

    Session.objects.update(absolute_expires_at=utc_now() - timedelta(seconds=1))

    for access in (tokens.access, by_the_project):
        assert_refused(caller.home(access), "session_expired")


@pytest.mark.parametrize("name", ["abc", "1e3", "9" * 30, "-1", "½"])
def test_a_name_that_the_user_models_field_cannot_hold_is_a_wrong_name(ada, caller, monkeypatch, name):
    monkeypatch.setattr(get_user_model(), "USERNAME_FIELD", "id")

    answer = caller.call("POST", "/token/", {"id": name, "password": PASSWORD})

    assert (answer.status_code, answer.json()["code"]) == (401, "no_active_account")
    assert caller.call("POST", "/token/", {"id": str(ada.pk), "password": PASSWORD}).status_code == 200
