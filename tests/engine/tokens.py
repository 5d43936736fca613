"""Pairs of tokens through the services, at times of the test's own."""

from datetime import datetime
from typing import Any

import jwt

from keyturn.errors import Reason, RefusedError
from keyturn.sessions.client import Binding, Client
from keyturn.tokens.issuing import Pair, issue_pair
from keyturn.tokens.refreshing import refresh
from tests.engine.acting import FIREFOX, NOW

__all__ = ["claims_of", "login", "refreshed", "refusal"]


def login(user: Any, *, now: datetime = NOW, client: Client = FIREFOX, binding: Binding | None = None) -> Pair:
    """Sign in and get a pair."""
    return issue_pair(user=user, now=now, client=client, binding=binding)


def refreshed(raw: str | None, *, now: datetime = NOW, client: Client = FIREFOX, binding: Binding | None = None) -> str:
    """Refresh, and get the successor."""
    assert raw is not None
    successor = refresh(raw, now=now, client=client, binding=binding).refresh
    assert successor is not None
    return successor


def refusal(raw: str | None, **facts: Any) -> Reason:
    """Why a refresh is refused; the test fails where it is not."""
    try:
        refreshed(raw, **facts)
    except RefusedError as error:
        return error.reason
    raise AssertionError("the refresh went through")


def claims_of(raw: str | None) -> dict[str, Any]:
    """What a token says, unverified."""
    assert raw is not None
    return jwt.decode(raw, options={"verify_signature": False})
