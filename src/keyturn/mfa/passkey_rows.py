"""Passkeys as they are kept: django-allauth's rows, and whose a credential is beside them.

Imported only where ``allauth.mfa`` is installed, which brings python-fido2.
"""

import hashlib
import logging
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from allauth.account.utils import url_str_to_user_pk, user_pk_to_url_str
from allauth.mfa.models import Authenticator
from django.core.exceptions import ValidationError
from django.db import IntegrityError, router, transaction
from fido2.webauthn import AttestationObject, AuthenticatorData

from keyturn.mfa.models import FactorState
from keyturn.mfa.passkey_data import stays_on_device

__all__ = [
    "TYPE",
    "Kept",
    "base64url",
    "found_by",
    "handle_of",
    "hash_of",
    "kept",
    "passkeys_of",
    "rows",
    "states",
]

logger = logging.getLogger("keyturn.mfa")

TYPE: Final = Authenticator.Type.WEBAUTHN


@dataclass(frozen=True, slots=True)
class Kept:
    """A passkey.

    Args:
        row: of ``mfa_authenticator``.
        auth_data: what the authenticator said when it was made: id and public key of the credential, and flags.
        transports: how it can be reached, as the browser said.
    """

    row: Any
    auth_data: AuthenticatorData
    transports: tuple[str, ...]

    @property
    def credential(self) -> Any:
        """Id and public key."""
        return self.auth_data.credential_data

    @property
    def descriptor(self) -> dict[str, Any]:
        """How a page names it to the browser."""
        found = {"type": "public-key", "id": base64url(self.credential.credential_id)}
        return {**found, "transports": list(self.transports)} if self.transports else found

    @property
    def is_second_factor_only(self) -> bool:
        """Whether it was made to go with a password. Of one that django-allauth registered nobody may have said."""
        return stays_on_device(self.row) is False


def base64url(data: bytes) -> str:
    """Text of bytes, without padding (RFC 4648 section 5)."""
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def rows() -> Any:
    """The passkeys of everybody, with their users."""
    alias = router.db_for_write(Authenticator)
    return Authenticator._base_manager.using(alias).filter(type=TYPE).select_related("user")


def states() -> Any:
    """How far factors have been used."""
    return FactorState._base_manager.using(router.db_for_write(FactorState))


def hash_of(credential_id: bytes) -> str:
    """What is looked for; an id may have 1023 bytes."""
    return hashlib.sha256(credential_id).hexdigest()


def handle_of(user: Any) -> bytes:
    """What a passkey remembers of whose it is: django-allauth's spelling of the primary key, so that its go on working.

    It tells nothing of a person (WebAuthn Level 3 section 14.6.1).
    """
    return str(user_pk_to_url_str(user)).encode()


def kept(row: Any) -> Kept | None:
    """Read a row; None for one that holds no passkey anybody could use."""
    try:
        raw = str(row.data["credential"]["response"]["attestationObject"])
        made = AttestationObject(urlsafe_b64decode(raw + "=" * (-len(raw) % 4))).auth_data
        transports = tuple(row.data.get("transports", ()))
    except Exception:  # noqa: BLE001 - python-fido2 names none; the row was written by somebody else
        made, transports = None, ()
    if made is None or made.credential_data is None:
        logger.error("row %s of mfa_authenticator holds no passkey that could be used", row.pk)
        return None
    return Kept(row=row, auth_data=made, transports=transports)


def passkeys_of(user: Any) -> tuple[Kept, ...]:
    """The passkeys of a user, the oldest first."""
    return tuple(_readable(rows().filter(user_id=user.pk).order_by("pk")))


def found_by(credential_id: bytes, *, handle: bytes | None) -> Kept | None:
    """The passkey with this id, whoever's it is.

    One that django-allauth registered has no state yet. It is looked for among those of the user whom its handle
    names, and given one.

    Args:
        credential_id: as presented.
        handle: as presented; None: none was.
    """
    name = hash_of(credential_id)
    state = states().filter(credential_hash=name).first()
    row = None if state is None else rows().filter(pk=state.factor_id).first()
    found = None if row is None else kept(row)
    if found is not None and (handle is None or handle == handle_of(found.row.user)):
        return found
    for one in _readable(_not_known_by_id(handle)):
        if one.credential.credential_id == credential_id:
            _begin_state(one, name)
            return one
    return found


def _not_known_by_id(handle: bytes | None) -> list[Any]:
    if not handle:
        return []
    try:
        user_pk = url_str_to_user_pk(handle.decode())
        theirs = list(rows().filter(user_id=user_pk))
    except (ValueError, TypeError, OverflowError, LookupError, ValidationError):
        # No primary key, as each kind of them says it.
        return []
    known = states().filter(pk__in=[row.pk for row in theirs], credential_hash__isnull=False)
    known_ids = set(known.values_list("pk", flat=True))
    return [row for row in theirs if row.pk not in known_ids]


def _begin_state(one: Kept, name: str) -> None:
    """Note whose a credential is, unless it is somebody else's as well: nobody asked that when it was registered."""
    begun = {"counter": one.auth_data.counter}
    try:
        with transaction.atomic(using=states().db):
            states().get_or_create(pk=one.row.pk, defaults={**begun, "credential_hash": name})
    except IntegrityError:
        states().get_or_create(pk=one.row.pk, defaults=begun)


def _readable(found: Any) -> Iterator[Kept]:
    for row in found:
        one = kept(row)
        if one is not None:
            yield one
