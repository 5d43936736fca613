"""A user with a password, and who is told of revoked sessions."""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import pytest

from keyturn.sessions.revocation import sessions_revoked

PASSWORD = "correct horse battery staple"


@pytest.fixture
def user(db: None, django_user_model: Any) -> Any:
    """Ada, with :data:`PASSWORD`."""
    return django_user_model.objects.create_user("ada", password=PASSWORD)


@pytest.fixture
def revoked(db: None) -> Iterator[list[tuple[tuple[UUID, ...], str]]]:
    """What ``sessions_revoked`` told so far: session ids and reason, one entry a signal."""
    told: list[tuple[tuple[UUID, ...], str]] = []

    def receiver(*, session_ids: tuple[UUID, ...], reason: str, **_: object) -> None:
        told.append((session_ids, reason))

    sessions_revoked.connect(receiver)
    yield told
    sessions_revoked.disconnect(receiver)


class Boom(Exception):
    """What the tests let fail on purpose."""


@pytest.fixture
def failing_receiver(db: None) -> Iterator[Callable[[], None]]:
    """Call it, and from then on whoever is told of revoked sessions raises :class:`Boom`."""

    def receiver(**_: object) -> None:
        raise Boom

    yield lambda: sessions_revoked.connect(receiver)
    sessions_revoked.disconnect(receiver)
