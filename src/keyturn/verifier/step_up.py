"""A service's own demand for a recent, or a stronger, proof of who the user is (RFC 9470)."""

import time
from datetime import timedelta
from typing import Any

from keyturn.errors import Reason, RefusedError
from keyturn.verifier.verified import VerifiedToken

__all__ = ["require_authentication"]


def require_authentication(
    token: VerifiedToken, *, max_age: timedelta | None = None, acr: str | None = None, now: float | None = None
) -> None:
    """Let nobody go on whose token tells of a proof that is too old or too weak.

    The client then lets its user prove who they are at Keyturn, and comes back with the token that it is given there.

    Args:
        token: as verified.
        max_age: how old the proof may be (``auth_time``); None: however old.
        acr: ``2fa`` where two factors must have been shown; None: one will do.
        now: seconds since the epoch; None: the present moment.

    Raises:
        RefusedError: ``reauthentication_required``; :func:`keyturn.verifier.answer_to` makes the challenge of it.
    """
    at, moment = token.authenticated_at, time.time() if now is None else now
    is_recent = max_age is None or (at is not None and moment - at.timestamp() <= max_age.total_seconds())
    # Without it nobody has proved anything: an administrator acts as the user, whose token has the time of that.
    has_proved = token.acr is not None and "act" not in token.claims
    if has_proved and is_recent and (acr is None or token.acr == acr or (acr == "1fa" and token.acr == "2fa")):
        return
    told: dict[str, Any] = {} if max_age is None else {"max_age": int(max_age.total_seconds())}
    if acr is not None:
        told["acr_values"] = acr
    raise RefusedError(Reason.REAUTHENTICATION_REQUIRED, told=told)
