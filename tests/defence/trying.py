"""Attempts, as the tests make them."""

from datetime import UTC, datetime, timedelta

from keyturn.defence import attempts
from keyturn.errors import TooManyAttemptsError

__all__ = ["ELSEWHERE", "HERE", "NOW", "admitted", "attempt", "later", "wait_of"]

NOW = datetime(2031, 5, 17, 12, tzinfo=UTC)
HERE, ELSEWHERE = "192.0.2.7", "203.0.113.9"


def later(seconds: float = 0, **span: float) -> datetime:
    """So long after ``NOW``."""
    return NOW + timedelta(seconds=seconds, **span)


def attempt(
    account: str = "ada", ip: str | None = HERE, now: datetime = NOW, action: str = "login"
) -> attempts.Attempt:
    """Begin one."""
    return attempts.begin(account=account, ip=ip, now=now, action=action)


def wait_of(account: str = "ada", ip: str | None = HERE, now: datetime = NOW, action: str = "login") -> int | None:
    """Begin an attempt, and return for how long it is refused; None: it may be evaluated."""
    try:
        attempt(account, ip, now, action)
    except TooManyAttemptsError as error:
        return error.retry_after
    return None


def admitted(
    times: int, account: str = "ada", ip: str | None = HERE, now: datetime = NOW, action: str = "login"
) -> int:
    """How many of so many attempts may be evaluated."""
    return sum(wait_of(account, ip, now, action) is None for _ in range(times))
