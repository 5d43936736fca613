"""django-allauth's records of how a user has proved who they are, and Keyturn's words for it."""

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
from keyturn.sessions import assurance
from keyturn.sessions.assurance import Method, Proof
from keyturn.sessions.models import Session

__all__ = ["RECORD_KEYS", "amr_of", "proof_of", "records_of"]

RECORD_KEYS: Final = frozenset({_RECORDS, _OF_USER})
"""Where in a flow django-allauth keeps them."""

_PROOFS: Final[Mapping[str, Method]] = {
    "password": Method.PASSWORD,
    "password_reset": Method.PASSWORD,
    "code": Method.MAIL_CODE,
    "totp": Method.TOTP,
    "recovery_codes": Method.RECOVERY_CODES,
    "webauthn": Method.WEBAUTHN,
    "socialaccount": Method.PROVIDER,
}


def proof_of(record: Mapping[str, Any]) -> Proof | None:
    """What one record of django-allauth's says was shown; None where it is of a kind that proves nothing.

    Args:
        record: ``method`` and, of a second factor, ``type``; of a passkey also ``backup_eligible`` and
            ``user_verified``, which django-allauth's own views do not tell.
    """
    method = _PROOFS.get(str(record.get("type") or record.get("method")))
    if method is None:
        return None
    return Proof(
        method, is_synced=record.get("backup_eligible") is True, user_verified=record.get("user_verified") is True
    )


def amr_of(records: Iterable[Mapping[str, Any]]) -> str:
    """The words of RFC 8176 for what a flow has recorded: see :func:`keyturn.sessions.assurance.amr_of`."""
    return assurance.amr_of(proof for record in records if (proof := proof_of(record)) is not None)


def records_of(session: Session, user: Any) -> dict[str, Any]:
    """What django-allauth would remember of the sign-in that opened a session.

    Args:
        session: its ``amr`` and ``auth_time`` say it.
        user: the session's user.
    """
    at = aware(session.auth_time).timestamp()
    words = session.amr.split()
    found = [{**told, "at": at} for word in words if (told := _told(word, words)) is not None]
    return {_RECORDS: found, _OF_USER: user_id_to_str(user)}


def _told(word: str, words: list[str]) -> dict[str, Any] | None:
    if word == "pwd":
        return {"method": "password"}
    if word == "fed":
        return {"method": "socialaccount"}
    if word in {"hwk", "swk"}:
        told: dict[str, Any] = {"method": "mfa", "type": "webauthn"}
        told |= {"backup_eligible": word == "swk", "user_verified": "user" in words}
        return told
    if word == "otp":
        # An app's code comes after something else; alone it was a mailed one.
        return {"method": "mfa", "type": "totp"} if "mfa" in words else {"method": "code"}
    return None
