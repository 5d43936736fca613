"""Pairs of tokens through the services, at times of the test's own."""

from datetime import datetime
from typing import Any, NamedTuple

import jwt

from keyturn.errors import Reason, RefusedError
from keyturn.sessions.client import Binding, Client
from keyturn.tokens.issuing import Pair, issue_pair
from keyturn.tokens.refreshing import refresh
from tests.engine.acting import FIREFOX, NOW, showing

__all__ = ["Held", "claims_of", "login", "refresh_pair", "refreshed", "refusal"]


class Held(NamedTuple):
    """What a client holds."""

    access: str
    refresh: str


def login(user: Any, *, now: datetime = NOW, client: Client = FIREFOX, binding: Binding | None = None) -> Held:
    """Sign in and get a pair."""
    return _held(issue_pair(user=user, now=now, client=showing(client, binding)))


def refresh_pair(raw: str, *, now: datetime = NOW, client: Client = FIREFOX, binding: Binding | None = None) -> Held:
    """Refresh, and get the next pair."""
    return _held(refresh(raw, now=now, client=showing(client, binding)))


def _held(pair: Pair) -> Held:
    assert pair.refresh is not None
    return Held(pair.access, pair.refresh)


def refreshed(raw: str, *, now: datetime = NOW, client: Client = FIREFOX, binding: Binding | None = None) -> str:
    """Refresh, and get the successor."""
    return refresh_pair(raw, now=now, client=client, binding=binding).refresh


def refusal(raw: str, **facts: Any) -> Reason:
    """Why a refresh is refused; the test fails where it is not."""
    try:
        refreshed(raw, **facts)
    except RefusedError as error:
        return error.reason
    raise AssertionError("the refresh went through")


def claims_of(raw: str) -> dict[str, Any]:
    """What a token says, unverified."""
    return jwt.decode(raw, options={"verify_signature": False})
