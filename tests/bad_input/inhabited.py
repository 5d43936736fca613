"""The small world in which everything that is not malformed would be accepted."""

import base64

from django.contrib.auth import get_user_model

from keyturn import clients
from keyturn.clock import utc_now
from keyturn.sessions.client import Client
from keyturn.tokens.issuing import issue_pair
from keyturn.tokens.sliding import issue_sliding
from tests.bad_input.doors import PASSWORD, World
from tests.bad_input.forgery import claims_of

__all__ = ["make_world"]


def make_world() -> World:
    """Make ``ada`` with two sessions and a sliding one, and ``bob`` with one; the tokens are of ada's second."""
    users = get_user_model()._default_manager
    ada = users.create_user("ada", password=PASSWORD)
    bob = users.create_user("bob", password="another")
    now, caller = utc_now(), Client()
    issue_pair(user=ada, now=now, client=caller)
    others = issue_pair(user=bob, now=now, client=caller)
    pair = issue_pair(user=ada, now=now, client=caller)
    made = clients.create(name="a service", scopes=clients.SCOPES, now=now)
    return World(
        values={
            "username": "ada",
            "password": PASSWORD,
            "refresh": str(pair.refresh),
            "sliding": issue_sliding(user=ada, now=now, client=caller),
        },
        access=pair.access,
        session=claims_of(pair.access)["sid"],
        others=claims_of(others.access)["sid"],
        service="Basic " + base64.b64encode(f"{made.client_id}:{made.secret}".encode()).decode(),
    )
