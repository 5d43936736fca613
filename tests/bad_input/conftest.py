"""A small world in which everything that is not malformed would be accepted."""

import pytest

from keyturn.clock import utc_now
from keyturn.sessions.client import Client as Caller
from keyturn.tokens.issuing import issue_pair
from keyturn.tokens.sliding import issue_sliding
from tests.bad_input.doors import PASSWORD, World


@pytest.fixture
def world(db, settings, django_user_model) -> World:
    """Two users and their sessions; sliding tokens are on."""
    settings.KEYTURN = {"SLIDING_TOKENS": True}
    ada = django_user_model.objects.create_user("ada", password=PASSWORD)
    bob = django_user_model.objects.create_user("bob", password="another")
    now, caller = utc_now(), Caller()
    issue_pair(user=bob, now=now, client=caller)
    issue_pair(user=ada, now=now, client=caller)
    pair = issue_pair(user=ada, now=now, client=caller)
    session = str(ada.keyturn_sessions.latest("id").pk)
    return World(
        values={
            "username": "ada",
            "password": PASSWORD,
            "refresh": str(pair.refresh),
            "sliding": issue_sliding(user=ada, now=now, client=caller),
        },
        access=pair.access,
        session=session,
        others=str(bob.keyturn_sessions.get().pk),
    )
