"""Sign in with a passkey, alone or as a second factor, or show once more who one is (WebAuthn Level 3 section 7.2).

python-fido2 checks what an answer says and the signature under it. What it has no memory for is done here: that a
challenge is answered once, that a credential has one owner, and that its count goes up.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import transaction
from fido2.server import Fido2Server
from fido2.webauthn import AuthenticationResponse, PublicKeyCredentialRpEntity

from keyturn.clock import stored
from keyturn.errors import Reason, RefusedError
from keyturn.mfa.challenges import LIFETIME, Purpose, check_challenge, make_challenge, use_up
from keyturn.mfa.passkey_answers import check_flags, must_serve, read_assertion
from keyturn.mfa.passkey_rows import Kept, base64url, found_by, handle_of, passkeys_of, rows, states
from keyturn.mfa.passkey_site import passkey_site
from keyturn.signin.users import locked_user, user_database
from keyturn.trail.events import Event
from keyturn.trail.recording import record

__all__ = ["TIMEOUT", "Passkey", "Purpose", "accept", "request_options", "server"]

TIMEOUT: Final = int(LIFETIME.total_seconds() * 1_000)
"""Milliseconds a browser is told to wait."""


@dataclass(frozen=True, slots=True)
class Passkey:
    """A passkey that has just shown whose it is.

    Args:
        factor: its row of ``mfa_authenticator``.
        user: whose it is, as read when its answer was accepted.
        user_verified: it has asked for a PIN, a finger or a face: two factors in one.
        backup_eligible: it may be on several devices of its user (RFC 8176 ``swk``), else on one (``hwk``).
    """

    factor: Any
    user: Any
    user_verified: bool
    backup_eligible: bool

    @property
    def factor_id(self) -> Any:
        """The row's primary key."""
        return self.factor.pk


def request_options(*, purpose: Purpose, user: Any | None = None, now: datetime) -> dict[str, Any]:
    """What a page hands to ``navigator.credentials.get()``, in JSON. Nothing is stored for it.

    Args:
        purpose: what the answer will be good for.
        user: who is asked; None, for signing in alone: whoever has a passkey for this site.
        now: aware.

    Returns:
        ``{"publicKey": {…}}``.

    Raises:
        RefusedError: ``passkeys_unavailable``.
    """
    site = passkey_site()
    asked: dict[str, Any] = {
        "challenge": base64url(make_challenge(purpose, user=user, now=now)),
        "timeout": TIMEOUT,
        "rpId": site.rp_id,
        "allowCredentials": [] if user is None else [one.descriptor for one in passkeys_of(user)],
        "userVerification": "required" if _must_verify(purpose, user) else "preferred",
    }
    return {"publicKey": asked}


def accept(*, credential: Mapping[str, Any], purpose: Purpose, user: Any | None = None, now: datetime) -> Passkey:
    """Check the answer of a passkey. Of any number of equal answers at once, one is accepted.

    Opens a transaction of its own inside the caller's, whose commit it needs: also what is refused may be recorded.

    Args:
        credential: as the browser gave it.
        purpose: what it shall be good for.
        user: whose passkey it has to be; None: whoever's it is.
        now: aware.

    Raises:
        RefusedError: ``passkey_invalid``; ``passkey_copied``: its count did not go up, so there are two of it;
            ``passkeys_unavailable``.
    """
    given = read_assertion(credential)
    challenge = given.response.client_data.challenge
    check_challenge(challenge, purpose, user=user, now=now)
    passkey = _owner(given, user)
    if purpose is Purpose.SIGN_IN and passkey.is_second_factor_only:
        raise RefusedError(Reason.PASSKEY_INVALID, "made as a second factor only")
    said = given.response.authenticator_data
    check_flags(said)
    if said.is_backup_eligible() != passkey.auth_data.is_backup_eligible():
        raise RefusedError(Reason.PASSKEY_INVALID, "it can be backed up, or cannot, unlike when it was made")
    required = "required" if _must_verify(purpose, user) else "preferred"
    with must_serve():
        server().authenticate_complete(
            {"challenge": base64url(challenge), "user_verification": required}, [passkey.credential], given
        )
    with transaction.atomic(using=user_database()):
        # Before any row of a factor, as who removes one does: the session that follows needs the user's row, too.
        owner = locked_user(passkey.row.user_id)
        use_up(challenge, now=now)
        counted = _count(passkey, said.counter)
        if counted:
            rows().filter(pk=passkey.row.pk).update(last_used_at=stored(now))
        else:
            record(Event.PASSKEY_COPIED, user_id=passkey.row.user_id, details={"purpose": purpose.value}, at=now)
    if not counted:
        raise RefusedError(Reason.PASSKEY_COPIED, "its count did not go up")
    return Passkey(
        factor=passkey.row,
        user=owner,
        user_verified=said.is_user_verified(),
        backup_eligible=said.is_backup_eligible(),
    )


def server() -> Fido2Server:
    """python-fido2's part, for our site and exactly its origins.

    Raises:
        RefusedError: ``passkeys_unavailable``.
    """
    site = passkey_site()
    entity = PublicKeyCredentialRpEntity(id=site.rp_id, name=site.name)
    return Fido2Server(entity, verify_origin=lambda origin: origin in site.origins)


def _must_verify(purpose: Purpose, user: Any | None) -> bool:
    """Whether the passkey has to verify its user: where it is all that is shown (WebAuthn Level 3 section 7.2)."""
    if purpose is Purpose.REAUTHENTICATE:
        return user is None or not user.has_usable_password()
    return purpose is Purpose.SIGN_IN


def _owner(given: AuthenticationResponse, user: Any | None) -> Kept:
    """The passkey that was presented, and that the right person's (WebAuthn Level 3 section 7.2 step 6)."""
    handle = given.response.user_handle
    named = handle if handle or user is None else handle_of(user)
    passkey = found_by(given.raw_id, handle=named)
    if passkey is None:
        raise RefusedError(Reason.PASSKEY_INVALID, "unknown here")
    if user is not None and passkey.row.user_id != user.pk:
        raise RefusedError(Reason.PASSKEY_INVALID, "another user's")
    if (handle or user is None) and handle != handle_of(passkey.row.user):
        raise RefusedError(Reason.PASSKEY_INVALID, "it names no user, or another than its owner")
    return passkey


def _count(passkey: Kept, count: int) -> bool:
    """Store the count that came with an answer; False where it did not go up (WebAuthn Level 3 section 6.1.1).

    Those that do not count say 0 for ever.
    """
    mine = states().filter(pk=passkey.row.pk)
    if (mine.filter(counter__lt=count) if count else mine.filter(counter__lte=0)).update(counter=count):
        return True
    if not mine.exists():
        raise RefusedError(Reason.PASSKEY_INVALID, "removed a moment ago")
    return False
