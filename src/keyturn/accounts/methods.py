"""How a user has proved who they are: django-allauth's records of it, and the words of RFC 8176 in Keyturn's tokens."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from allauth.account.internal.flows.login import (
    _AUTHENTICATION_METHODS_USER_SESSION_KEY as _OF_USER,
)
from allauth.account.internal.flows.login import (
    AUTHENTICATION_METHODS_SESSION_KEY as _RECORDS,
)
from allauth.account.internal.userkit import user_id_to_str

from keyturn.clock import aware
from keyturn.sessions.models import Session

__all__ = ["RECORD_KEYS", "amr_of", "records_of"]

RECORD_KEYS: Final = frozenset({_RECORDS, _OF_USER})
"""Where in a flow django-allauth keeps them."""

_WORDS: Final[Mapping[str, str]] = {
    "password": "pwd",
    "password_reset": "pwd",
    "code": "otp",
    "totp": "otp",
    "recovery_codes": "otp",
    "webauthn": "hwk",
}
_METHODS: Final[Mapping[str, dict[str, str]]] = {
    "pwd": {"method": "password"},
    "otp": {"method": "mfa", "type": "totp"},
    "hwk": {"method": "mfa", "type": "webauthn"},
}


def records_of(session: Session, user: Any) -> dict[str, Any]:
    """What django-allauth would remember of the sign-in that opened a session.

    Args:
        session: its ``amr`` and ``auth_time`` say it.
        user: the session's user.
    """
    at = aware(session.auth_time).timestamp()
    found = [{**_METHODS[word], "at": at} for word in session.amr.split() if word in _METHODS]
    return {_RECORDS: found, _OF_USER: user_id_to_str(user)}


def amr_of(records: Iterable[Mapping[str, Any]]) -> str:
    """The words of RFC 8176 for what a flow has recorded, separated by spaces; ``mfa`` where there were two kinds."""
    words = list(
        dict.fromkeys(
            word
            for record in records
            if (word := _WORDS.get(str(record.get("type") or record.get("method")))) is not None
        )
    )
    return " ".join([*words, "mfa"] if len(words) > 1 else words or ["pwd"])
