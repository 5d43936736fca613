"""``/dev/clock/``: look at development's clock, move it on, or set it to the real time."""

from datetime import timedelta
from typing import Final

from django.http import HttpRequest, JsonResponse

from keyturn.clock import utc_now
from keyturn_server.dev.door import BadBodyError, body_of, door, number
from keyturn_server.dev.noting import note
from keyturn_server.dev.shared_clock import MOST, shared_clock

__all__ = ["clock"]

_A_JUMP: Final = 60.0
"""Seconds. Smaller steps are somebody's virtual time, and nothing to draw."""


def _told() -> JsonResponse:
    now = utc_now().isoformat().replace("+00:00", "Z")
    return JsonResponse({"now": now, "ahead": shared_clock().ahead().total_seconds()})


def _look(request: HttpRequest) -> JsonResponse:
    """Answer ``{"now", "ahead"}``: the time, and by how many seconds it runs ahead of the real one."""
    return _told()


def _move(request: HttpRequest) -> JsonResponse:
    """Take ``{"advance": seconds}``: a jump ahead; below zero back, as far as the real time."""
    most = MOST.total_seconds()
    seconds = number(body_of(request), "advance", least=-most, most=most)
    try:
        shared_clock().advance(timedelta(seconds=seconds))
        _noted(seconds)
    except ValueError as error:
        raise BadBodyError(f"{str(error).capitalize()}.") from None
    return _told()


def _reset(request: HttpRequest) -> JsonResponse:
    """Show the real time again. What was written meanwhile keeps its times, which then lie in the future."""
    ahead = shared_clock().ahead().total_seconds()
    shared_clock().reset()
    _noted(-ahead)
    return _told()


def _noted(seconds: float) -> None:
    if abs(seconds) >= _A_JUMP:
        note("clock", seconds=seconds)


clock = door(get=_look, post=_move, delete=_reset)
