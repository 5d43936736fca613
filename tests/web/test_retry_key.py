"""``Idempotency-Key`` at ``/token/refresh/``: what a client that retries a refresh says."""

import pytest

from tests.contract.caller import Caller, claims, session_of, turn_back

pytestmark = pytest.mark.django_db

KEY = "0b6f2d4c-7f0e-4f0a-9a53-6f1f8f7f3d11"


def lost_for_long(page, key):
    """Refresh, lose the reply, ask again when the grace time is long over; the status of that."""
    before = page.held("refresh")
    assert page.try_refresh(**key).status_code == 200
    page.hold("refresh", before)
    turn_back(before, hours=3)
    return page.try_refresh(**key).status_code


def test_a_web_client_that_names_its_refreshes_may_lose_reply_after_reply(page, ada):
    page.sign_in()
    for turn in range(6):
        assert lost_for_long(page, {"HTTP_IDEMPOTENCY_KEY": f"{KEY}-{turn}"}) == 200
    assert session_of(page.held("refresh")).forgiven is None


def test_one_that_names_none_may_lose_one_and_not_the_next(page, ada):
    page.sign_in()
    assert [lost_for_long(page, {}) for _ in range(2)] == [200, 401]


def test_so_may_a_bearer_client(ada):
    caller = Caller()
    held = caller.log_in().refresh
    for turn in range(6):
        name = {"HTTP_IDEMPOTENCY_KEY": f"{KEY}-{turn}"}
        first = caller.call("POST", "/token/refresh/", {"refresh": held}, **name)
        turn_back(held, hours=3)
        again = caller.call("POST", "/token/refresh/", {"refresh": held}, **name)
        assert (first.status_code, again.status_code) == (200, 200)
        # The clock was turned back between them, so the two differ in their times alone.
        assert claims(first.json()["refresh"])["jti"] == claims(again.json()["refresh"])["jti"]
        held = again.json()["refresh"]
    assert claims(held)["gen"] == 6


@pytest.mark.parametrize(
    "key", ["", " ", "1", "x" * 4_000, "\xff" * 40, '"as-a-quoted-string-of-the-draft"', "a,b" * 20]
)
def test_no_key_is_an_error(page, ada, key):
    page.sign_in()
    assert page.try_refresh(HTTP_IDEMPOTENCY_KEY=key).status_code == 200
