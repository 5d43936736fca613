"""Who calls, and what came along, is known to every service in a request, looked at once, and only if somebody asks."""

import pytest

from keyturn.errors import Reason
from keyturn.sessions.client import BindingKind, Client, announced, current_client
from keyturn.sessions.outcome import Reused, Rotated
from tests.engine.acting import COOKIE, DPOP, FIREFOX, opened, present, row
from tests.engine.tokens import login, refusal
from tests.web.page import Page

BOTH = Client(user_agent=FIREFOX.user_agent, bindings=(DPOP, COOKIE))


def test_outside_of_requests_nobody_calls():
    assert current_client() == Client()


def test_the_caller_is_looked_at_when_somebody_asks_and_once():
    looked = []

    def look() -> Client:
        looked.append(1)
        return FIREFOX

    with announced(look):
        assert looked == []
        assert current_client() is current_client()
        with announced(Client):
            assert current_client() == Client()
        assert current_client() is FIREFOX
    assert looked == [1]
    assert current_client() == Client()


def test_what_looking_raises_is_raised_to_each_who_asks():
    def look() -> Client:
        raise ValueError("broken")

    with announced(look):
        for _ in range(2):
            with pytest.raises(ValueError, match="broken"):
                current_client()


@pytest.mark.django_db
def test_a_request_that_opens_no_session_looks_at_no_device(page, ada, monkeypatch):
    access = page.sign_in()

    def forbidden(_request: object) -> str:
        raise AssertionError("nobody asked")

    monkeypatch.setattr("keyturn.api.client.device_of", forbidden)
    for path in ("/home/", "/me/", "/sessions/"):
        assert page.call("GET", path, access=access).status_code == 200
    assert Page(HTTP_X_KEYTURN_CLIENT=None).try_sign_in().status_code == 200


def test_a_new_session_takes_the_strongest_binding(ada):
    session = row(opened(ada, client=BOTH))
    assert (session.binding_kind, session.binding_hash) == ("dpop", DPOP.hash)


@pytest.mark.parametrize("binding", [COOKIE, DPOP])
def test_a_bound_session_goes_on_with_its_own_binding_among_several(ada, binding):
    session = opened(ada, binding=binding)
    assert isinstance(present(session, 0, client=BOTH), Rotated)
    assert row(session).binding_hash == binding.hash


def test_the_same_hash_of_another_kind_is_no_binding(ada):
    swapped = Client(bindings=(type(COOKIE)(BindingKind.DPOP, COOKIE.hash), type(DPOP)(BindingKind.COOKIE, DPOP.hash)))
    assert isinstance(present(opened(ada, binding=COOKIE), 0, client=swapped), Reused)
    assert isinstance(present(opened(ada, binding=DPOP), 0, client=swapped), Reused)


def test_losing_the_one_it_is_bound_to_is_reuse_whatever_else_comes(ada):
    token = login(ada, client=BOTH).refresh
    assert refusal(token, client=Client(bindings=(COOKIE,))) is Reason.REFRESH_REUSED
