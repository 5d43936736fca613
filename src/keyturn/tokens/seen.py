"""Access tokens that were found good of late: what does not change about them is not worked out anew.

What may change is looked at each time: the time, the settings, the key that verifies, and whether the session stands.
Tokens are known by their SHA-256.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from keyturn import conf, keys
from keyturn.jose import CheckedToken, RecentlyUsed, digest
from keyturn.tokens.authenticating import stands_unread
from keyturn.tokens.claims import Claims, interpret, signature_of

__all__ = ["recall", "remember"]


@dataclass(frozen=True, slots=True)
class _Seen:
    """One access token.

    Args:
        claims: as read.
        signed: what its signature covers, and the key.
        settings: those it was judged by.
        ends_at: ``exp``, seconds since the epoch.
    """

    claims: Claims
    signed: CheckedToken
    settings: conf.Settings
    ends_at: float


_recent: RecentlyUsed[_Seen] = RecentlyUsed()


def recall(raw: str | bytes, *, now: datetime) -> tuple[Claims, dict[str, Any]] | None:
    """Return the claims of an access token that is as good as it was, and its payload for the caller to keep.

    Args:
        raw: the compact serialization.
        now: aware.

    Returns:
        None wherever there is anything to look at; the token then goes the long way.
    """
    seen = _recent.get(digest(raw))
    if seen is None:
        return None
    settings = conf.get()
    if (
        seen.settings is not settings
        or seen.ends_at + settings.leeway.total_seconds() <= now.timestamp()
        or not seen.signed.is_by_one_of(keys.access_keys(now=now))
        or not stands_unread(seen.claims, kid=seen.signed.kid)
    ):
        return None
    return seen.claims, json.loads(seen.signed.payload)


def remember(raw: str | bytes, *, now: datetime) -> None:
    """Keep an access token that was judged good just now, if nothing but time can change about it.

    Args:
        raw: the compact serialization.
        now: aware.
    """
    signed = signature_of(raw, now=now)
    if signed is None:
        return
    payload = json.loads(signed.payload)
    claims = interpret(payload)
    if "nbf" not in payload and stands_unread(claims):
        _recent.put(digest(raw), _Seen(claims, signed, conf.get(), payload["exp"]))
