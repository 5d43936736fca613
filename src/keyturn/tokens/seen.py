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
from keyturn.tokens.authenticating import clears, stands_unread
from keyturn.tokens.claims import Claims, interpret, signature_of

__all__ = ["is_known_good", "recall", "remember"]


@dataclass(frozen=True, slots=True)
class _Seen:
    """One access token.

    Args:
        claims: as read.
        signed: what its signature covers, and the key.
        settings: those it was judged by.
        ends_at: ``exp`` and the leeway, seconds since the epoch.
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
    seen = _still_good(raw, now)
    if seen is None:
        return None
    payload, was = json.loads(seen.signed.payload.decode()), seen.claims
    return Claims(payload, was.token_type, was.user_id, was.sid, was.generation), payload


def is_known_good(raw: str | bytes, *, now: datetime) -> bool:
    """Whether it is an access token that is as good as it was. Arguments as for :func:`recall`."""
    return _still_good(raw, now) is not None


def _still_good(raw: str | bytes, now: datetime) -> _Seen | None:
    seen = _recent.get(digest(raw))
    if seen is None:
        return None
    if (
        seen.settings is not conf.get()
        or seen.ends_at <= now.timestamp()
        or not seen.signed.is_by_one_of(keys.access_keys(now=now))
        or not clears(seen.claims, kid=seen.signed.kid)
    ):
        return None
    return seen


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
    # A generation is a refresh token's, whatever type it says it is of.
    if "nbf" not in payload and claims.generation is None and stands_unread(claims):
        settings = conf.get()
        ends_at = payload["exp"] + settings.leeway.total_seconds()
        _recent.put(digest(raw), _Seen(claims, signed, settings, ends_at))
