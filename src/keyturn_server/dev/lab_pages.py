"""The lab's endpoints under ``/dev/lab/``: what happened, what shall go wrong, the signing keys."""

from dataclasses import asdict
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse

from keyturn import conf
from keyturn.clock import utc_now
from keyturn.keys import changing, ring
from keyturn.keys.changing import NotNowError
from keyturn_server.dev import faults, store
from keyturn_server.dev.door import BadBodyError, body_of, door, number, word
from keyturn_server.dev.faults import Fault, FaultKind
from keyturn_server.dev.shared_clock import shared_clock
from keyturn_server.refusals import refusal

__all__ = ["events", "faults_page", "keys", "rules"]

_KINDS = frozenset(kind.value for kind in FaultKind)
_MOST_TIMES = 1_000
_LONGEST_DELAY = 10.0
"""Seconds; a reply that waits holds a thread of the server."""


def _ordered() -> list[dict[str, Any]]:
    return [{**asdict(fault), "kind": fault.kind.value} for fault in faults.ordered()]


def _read(request: HttpRequest) -> HttpResponse:
    """What came after the event that ``?after=`` names, the clock, and the faults still to come."""
    after = request.GET.get("after", "0")
    if not (after.isascii() and after.isdecimal() and len(after) <= 15):
        raise BadBodyError("after must be the number of an event.")
    clock = {"now": utc_now().isoformat().replace("+00:00", "Z"), "ahead": shared_clock().ahead().total_seconds()}
    return JsonResponse({"events": store.events_after(int(after)), "clock": clock, "faults": _ordered()})


def _clear(request: HttpRequest) -> HttpResponse:
    """Forget the events."""
    store.forget_events()
    return HttpResponse(status=204)


events = door(get=_read, delete=_clear)


def _order(request: HttpRequest) -> HttpResponse:
    """Take ``{"kind", "times", "seconds"}``: the next so many replies of ``/token/refresh/`` go wrong in that way."""
    body = body_of(request)
    kind = FaultKind(word(body, "kind", known=_KINDS))
    times = number({"times": 1, **body}, "times", least=0, most=_MOST_TIMES)
    if times != int(times):
        raise BadBodyError("times must be a whole number.")
    seconds = number({"seconds": 0, **body}, "seconds", least=0, most=_LONGEST_DELAY)
    faults.order(Fault(kind, int(times), seconds))
    return JsonResponse({"faults": _ordered()})


def _still_to_come(request: HttpRequest) -> HttpResponse:
    """Which faults are left."""
    return JsonResponse({"faults": _ordered()})


def _withdraw(request: HttpRequest) -> HttpResponse:
    """Let nothing more go wrong."""
    faults.withdraw()
    return JsonResponse({"faults": _ordered()})


faults_page = door(get=_still_to_come, post=_order, delete=_withdraw)


def _list_keys() -> dict[str, Any]:
    now = utc_now()
    known = ring.load().ring
    return {"keys": [{"kid": key.kid, "state": known.state(key, now).value} for key in known.verifying(now)]}


def _keys(request: HttpRequest) -> HttpResponse:
    """The keys whose tokens are accepted, and which of them signs."""
    return JsonResponse(_list_keys())


def _rotate(request: HttpRequest) -> HttpResponse:
    """Let a new key sign from now on; tokens of the one before stay good until they expire."""
    try:
        changing.rotate(now=utc_now(), at_once=True, emergency=True)
    except NotNowError as error:
        return refusal(409, detail=str(error))
    ring.forget()
    return JsonResponse(_list_keys())


keys = door(get=_keys, post=_rotate)


def _rules(request: HttpRequest) -> HttpResponse:
    """The settings that decide what the lab shows; seconds and counts."""
    settings = conf.get()
    return JsonResponse(
        {
            "access": settings.access_token_lifetime.total_seconds(),
            "refresh": settings.refresh_token_lifetime.total_seconds(),
            "grace": settings.refresh_grace.total_seconds(),
            "forgive_after": {kind: getattr(settings.refresh_forgive_after, kind) for kind in _FORGIVEN},
        }
    )


_FORGIVEN = ("unbound", "cookie", "dpop")

rules = door(get=_rules)
