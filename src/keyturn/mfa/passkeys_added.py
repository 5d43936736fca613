"""Make a passkey, and name it (WebAuthn Level 3 section 7.1)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from django.db import IntegrityError, router, transaction
from fido2.webauthn import AttestationObject, AuthenticatorData, RegistrationResponse

from keyturn.clock import stored
from keyturn.errors import Reason, RefusedError
from keyturn.mfa.challenges import Purpose, check_challenge, make_challenge, use_up
from keyturn.mfa.models import FactorState
from keyturn.mfa.passkey_answers import check_flags, must_serve, read_registration, read_transports
from keyturn.mfa.passkey_data import renamed
from keyturn.mfa.passkey_rows import TYPE, base64url, handle_of, hash_of, passkeys_of, rows, states
from keyturn.mfa.passkey_site import passkey_site
from keyturn.mfa.passkeys import TIMEOUT, Passkey, server

__all__ = ["MOST", "creation_options", "has_room", "register", "rename"]

MOST: Final = 20
"""Passkeys a user may have."""

_ALGORITHMS: Final = (-7, -8, -257)
"""ES256, EdDSA and RS256, the best liked first: what WebAuthn Level 3 section 5.4 recommends to offer."""
_ALGORITHM_OF_KEY: Final = 3
"""Where a COSE key says it (RFC 9052 section 7.1)."""
_LONGEST_KEY: Final = 1_200
"""Bytes; an RSA key of 8192 bits has less. Whoever signs in has us compute with it."""


def creation_options(*, user: Any, signs_in_alone: bool, now: datetime) -> dict[str, Any]:
    """What a page hands to ``navigator.credentials.create()``, in JSON. Nothing is stored for it.

    Args:
        user: who is to have it.
        signs_in_alone: it is to be found without a name, and to verify its user: a way in by itself.
        now: aware.

    Returns:
        ``{"publicKey": {…}}``.

    Raises:
        RefusedError: ``passkeys_unavailable``.
    """
    site = passkey_site()
    purpose = Purpose.REGISTER_TO_SIGN_IN if signs_in_alone else Purpose.REGISTER
    name = str(getattr(user, user.get_email_field_name(), "") or user.get_username())
    full_name = getattr(user, "get_full_name", str)
    asked: dict[str, Any] = {
        "rp": {"id": site.rp_id, "name": site.name},
        "user": {"id": base64url(handle_of(user)), "name": name, "displayName": str(full_name()) or name},
        "challenge": base64url(make_challenge(purpose, user=user, now=now)),
        "pubKeyCredParams": [{"type": "public-key", "alg": algorithm} for algorithm in _ALGORITHMS],
        "timeout": TIMEOUT,
        "excludeCredentials": [one.descriptor for one in passkeys_of(user)],
        "authenticatorSelection": {
            "residentKey": "required" if signs_in_alone else "discouraged",
            "requireResidentKey": signs_in_alone,
            "userVerification": "required" if signs_in_alone else "preferred",
        },
        "attestation": "none",
        "extensions": {"credProps": True},
    }
    return {"publicKey": asked}


def has_room(user: Any) -> bool:
    """Whether the user may have another one."""
    return bool(rows().filter(user_id=user.pk).count() < MOST)


def register(*, user: Any, name: str, credential: Mapping[str, Any], now: datetime) -> Passkey:
    """Keep a passkey that has just been made.

    What the authenticator states about its make is not kept: nobody asked for it, and it may tell one device from
    others.

    Args:
        user: the locked row.
        name: what the user calls it, at most 100 characters.
        credential: as the browser gave it.
        now: aware.

    Returns:
        The new one, which has just shown whose it is.

    Raises:
        RefusedError: ``passkey_invalid``, also for a credential that somebody has already; ``passkeys_unavailable``.
    """
    given = read_registration(credential)
    challenge = given.response.client_data.challenge
    signs_in_alone = _was_asked_to_sign_in(challenge, user, now)
    made = _checked(given, challenge, must_verify=signs_in_alone)
    name_of_it = hash_of(given.raw_id)
    with transaction.atomic(using=router.db_for_write(FactorState)):
        use_up(challenge, now=now)
        _forget_removed(name_of_it)
        row = rows().model(
            user=user,
            type=TYPE,
            data=_data(name, given, made, credential, alone=signs_in_alone),
            created_at=stored(now),
        )
        row.save(using=rows().db)
        try:
            with transaction.atomic(using=states().db):
                states().create(pk=row.pk, counter=made.counter, credential_hash=name_of_it)
        except IntegrityError:
            raise RefusedError(Reason.PASSKEY_INVALID, "the credential belongs to somebody already") from None
    return Passkey(
        factor=row, user=user, user_verified=made.is_user_verified(), backup_eligible=made.is_backup_eligible()
    )


def rename(*, user: Any, factor_id: Any, name: str) -> Any:
    """Call a passkey something else.

    Args:
        user: the locked row.
        factor_id: of one of the user's.
        name: at most 100 characters.

    Returns:
        The row; None where it was removed a moment ago.
    """
    row = rows().filter(pk=factor_id, user_id=user.pk).first()
    if row is not None:
        row.data = renamed(row, name)
        row.save(using=rows().db, update_fields=["data"])
    return row


def _was_asked_to_sign_in(challenge: bytes, user: Any, now: datetime) -> bool:
    try:
        check_challenge(challenge, Purpose.REGISTER_TO_SIGN_IN, user=user, now=now)
    except RefusedError:
        check_challenge(challenge, Purpose.REGISTER, user=user, now=now)
        return False
    return True


def _checked(given: RegistrationResponse, challenge: bytes, *, must_verify: bool) -> AuthenticatorData:
    with must_serve():
        verification = "required" if must_verify else "preferred"
        state = {"challenge": base64url(challenge), "user_verification": verification}
        made = server().register_complete(state, given)
        credential = made.credential_data
        if credential is None or credential.credential_id != given.raw_id:
            raise ValueError("it names one credential, and holds another or none")
        if credential.public_key.get(_ALGORITHM_OF_KEY) not in _ALGORITHMS or len(credential) > _LONGEST_KEY + len(
            given.raw_id
        ):
            raise ValueError("its key is of a kind that was not asked for")
        try:
            credential.public_key.verify(b"", b"")
        except InvalidSignature:
            # As it should: the key can be computed with.
            pass
        else:
            raise ValueError("its key takes anything for a signature")
    check_flags(made)
    return made


def _data(
    name: str, given: RegistrationResponse, made: AuthenticatorData, credential: Mapping[str, Any], *, alone: bool
) -> dict[str, Any]:
    """What django-allauth would have kept, less what is not needed."""
    identifier = base64url(given.raw_id)
    return {
        "name": name,
        "transports": list(read_transports(credential)),
        "credential": {
            "type": "public-key",
            "id": identifier,
            "rawId": identifier,
            "response": {
                "clientDataJSON": base64url(given.response.client_data),
                "attestationObject": base64url(AttestationObject.create("none", made, {})),
            },
            "clientExtensionResults": {"credProps": {"rk": alone}},
        },
    }


def _forget_removed(name: str) -> None:
    """Let go of a credential whose row was deleted by somebody else than us."""
    for state in states().filter(credential_hash=name):
        if not rows().filter(pk=state.pk).exists():
            state.delete()
