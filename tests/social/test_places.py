"""Few wait for providers at once: who comes too many loses nothing, and no place is lost whatever goes wrong."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import connection

from keyturn.accounts.models import Flow
from keyturn.accounts.social import answers, asking, openid
from keyturn.errors import Reason, RefusedError
from tests.accounts.engine import AuthClient
from tests.social.engine import BACK_AT, Browser, error_of
from tests.social.liar import Liar

pytestmark = pytest.mark.django_db(transaction=True)


class Room:
    """One place; notes whether a transaction was open when somebody came for it."""

    def __init__(self) -> None:
        self._places = threading.BoundedSemaphore(1)
        self.asked_for = 0
        self.held_meanwhile: list[bool] = []

    def acquire(self, blocking: bool = True, timeout: float | None = None) -> bool:
        """Take it."""
        self.asked_for += 1
        self.held_meanwhile.append(connection.in_atomic_block)
        return self._places.acquire(blocking=blocking, timeout=timeout if blocking else None)

    def release(self) -> None:
        """Give it back."""
        self._places.release()

    @property
    def is_free(self) -> bool:
        """Whether nobody has it."""
        if not self._places.acquire(blocking=False):
            return False
        self._places.release()
        return True


@pytest.fixture(autouse=True)
def room(monkeypatch: pytest.MonkeyPatch) -> Iterator[Room]:
    """One place, and little patience."""
    found = Room()
    monkeypatch.setattr(asking, "_room", found)
    monkeypatch.setattr(asking, "_PATIENCE", 0.01)
    yield found
    assert found.is_free
    assert not any(found.held_meanwhile)


def _address(liar: Liar, location: str, **more: str | None) -> str:
    """Where the liar leads a browser back to, without its going there."""

    class Noted:
        def come_back(self, address: str) -> str:
            return address

    found: str = liar.leads_back(Noted(), location, **more)  # type: ignore[arg-type]
    return found


def _asked_for_codes(liar: Liar) -> int:
    return [path for path, _, _ in liar.asked].count("/token")


def test_who_finds_no_place_comes_again_with_the_same_answer(liar: Liar, room: Room) -> None:
    browser = Browser()
    address = _address(liar, browser.location("liar"))
    room.acquire()
    busy = browser.come_back(address)
    assert busy.status_code == 503
    assert b'data-reason="provider_unavailable"' in busy.content
    assert (busy["Retry-After"], busy["Refresh"]) == ("2", "2")
    assert busy["Cache-Control"] == "no-store"
    assert "Location" not in busy
    assert _asked_for_codes(liar) == 0
    room.release()
    led = browser.come_back(address)
    assert (led.status_code, error_of(led)) == (303, "")
    assert browser.finish().status_code == 200


def test_an_app_that_finds_no_place_comes_again_with_the_same_token(liar: Liar, room: Room, settings: Any) -> None:
    settings.KEYTURN = {**settings.KEYTURN, "PROVIDERS": {"liar": {**liar.configured, "APP_CLIENT_IDS": ["app"]}}}
    app = AuthClient()
    liar.claims = {"nonce": app.call("POST", "auth/provider/begin", {"provider": "liar"}).json()["data"]["nonce"]}
    body = {"provider": "liar", "process": "login", "token": {"id_token": liar.id_token()}}
    room.acquire()
    busy = app.call("POST", "auth/provider/token", body)
    assert (busy.status_code, busy.json()["reason"], busy["Retry-After"]) == (503, "provider_unavailable", "1")
    room.release()
    assert app.call("POST", "auth/provider/token", body).status_code == 200


@pytest.mark.parametrize("query", ["code=a&state=a", "code=a&state=%C3%A9"])
def test_who_has_begun_nothing_waits_for_no_place(liar: Liar, room: Room, query: str) -> None:
    browser = Browser()
    browser.location("liar")
    room.asked_for = 0
    assert browser.come_back(f"{BACK_AT}liar?{query}").status_code == 400
    assert Browser().come_back(f"{BACK_AT}liar?{query}").status_code == 400
    assert room.asked_for == 0


def test_who_turned_back_waits_for_no_place(liar: Liar, room: Room) -> None:
    browser = Browser()
    location = browser.location("liar")
    room.acquire()
    led = liar.leads_back(browser, location, code=None, error="access_denied")
    assert (led.status_code, error_of(led)) == (303, "cancelled")
    room.release()


def _refused(*_: Any, **__: Any) -> Any:
    raise RefusedError(Reason.PROVIDER_REFUSED, "a moment later")


def _crash(*_: Any, **__: Any) -> Any:
    raise RuntimeError("not foreseen")


@pytest.mark.parametrize(
    ("where", "name", "how"),
    [
        (answers, "take_start", _refused),
        (answers, "take_start", _crash),
        (openid, "identity_by_code", _refused),
        (openid, "identity_by_code", _crash),
        (answers, "park", _refused),
        (answers, "park", _crash),
    ],
    ids=["overtaken", "start crashes", "refused", "asking crashes", "ended meanwhile", "keeping crashes"],
)
def test_a_place_is_given_back_whatever_goes_wrong(
    liar: Liar, room: Room, monkeypatch: pytest.MonkeyPatch, where: Any, name: str, how: Any
) -> None:
    browser = Browser(raise_request_exception=False)
    address = _address(liar, browser.location("liar"))
    with monkeypatch.context() as wrong:
        wrong.setattr(where, name, how)
        answer = browser.come_back(address)
    assert answer.status_code == (500 if how is _crash else 400 if name == "take_start" else 303)
    assert room.is_free
    assert not get_user_model().objects.exists()
    # The start is there still where it had not been taken.
    again = browser.come_back(address)
    assert again.status_code == (303 if name == "take_start" else 400)


@pytest.mark.parametrize("claims", [{"iss": "http://localhost:1"}, {"nonce": "another"}], ids=str)
def test_a_place_is_given_back_by_whom_the_provider_does_not_confirm(
    liar: Liar, room: Room, claims: dict[str, str]
) -> None:
    browser = Browser()
    location = browser.location("liar")
    liar.claims = dict(claims)
    assert error_of(liar.leads_back(browser, location)) == "provider_refused"
    assert room.is_free
    assert room.asked_for == 2, "one to begin, one to come back"


def test_nothing_is_left_of_whoever_was_turned_away(liar: Liar, room: Room) -> None:
    browser = Browser()
    location = browser.location("liar")
    before = set(Flow.objects.values_list("pk", flat=True))
    room.acquire()
    assert liar.leads_back(browser, location).status_code == 503
    room.release()
    assert set(Flow.objects.values_list("pk", flat=True)) == before
