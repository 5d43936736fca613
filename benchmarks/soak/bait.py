"""What the flood and the honest clients hold, made by ``keyturn shell``, which runs :func:`make`."""

import base64
import json
from typing import Any

from django.contrib.auth.models import User

from keyturn import clients
from keyturn.clock import utc_now
from keyturn.sessions.client import Client
from keyturn.tokens.issuing import issue_pair
from keyturn.tokens.sliding import issue_sliding
from tests.bad_input.catalogue.claims import CLAIMS, GENERATIONS, PAYLOADS, payload_with
from tests.bad_input.catalogue.parts import claims_of
from tests.bad_input.forgery import signed_by_us

__all__ = ["make"]


def make(*, honest: int) -> None:
    """Print what :class:`~benchmarks.soak.malformed.Bait` takes, and the tokens of so many honest sessions."""
    now, caller = utc_now(), Client()
    victim = User.objects.get(username="user0")
    pair = issue_pair(user=victim, now=now, client=caller)
    sliding = issue_sliding(user=victim, now=now, client=caller)
    made = clients.create(name="a service", scopes=clients.SCOPES, now=now)
    refresh = str(pair.refresh)
    odd: dict[str, list[str]] = {}
    for kind, good, claims in (("refresh", refresh, [*CLAIMS, *GENERATIONS]), ("access", pair.access, CLAIMS)):
        # Log-out takes an expired access token: it traps nobody.
        told = [(name, value) for name, value, reason, _ in claims if (kind, reason) != ("access", "expired")]
        payloads = [payload_with(claims_of(good), name, value) for name, value in told]
        odd[kind] = [signed_by_us(kind, payload) for payload in (*payloads, *PAYLOADS.values())]
    bait: dict[str, Any] = {
        "values": {"username": "user0", "password": "of no value", "refresh": refresh, "sliding": sliding},
        "access": pair.access,
        "session": claims_of(pair.access)["sid"],
        "service": "Basic " + base64.b64encode(f"{made.client_id}:{made.secret}".encode()).decode(),
        "signed": odd,
    }
    opened = []
    for user in User.objects.exclude(pk=victim.pk).order_by("pk")[:honest]:
        issued = issue_pair(user=user, now=now, client=caller)
        opened.append({"access": issued.access, "refresh": str(issued.refresh)})
    print("made", json.dumps({"bait": bait, "honest": opened}))
