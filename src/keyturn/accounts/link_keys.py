"""Keys of links in mails: proof that somebody read the mail, good for one thing, once, for a while.

A key is text that we signed: whose account, which address, until when, and a fingerprint of what must not have changed
meanwhile. Nothing is stored for it before it is used; then its hash is, so that it works once.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.signing import BadSignature, Signer
from django.db import router
from django.utils.crypto import constant_time_compare, salted_hmac

from keyturn import conf
from keyturn.accounts.models import Flow
from keyturn.clock import stored
from keyturn.errors import Reason, RefusedError

__all__ = ["LinkKey", "LinkKind", "holds", "is_link_key", "is_used", "read_key", "state_of", "use_up", "write_key"]

_LONGEST: Final = 1024
"""Characters. No key of ours is longer, and nobody's time is spent on reading one that is."""


_CODE_LIFETIME: Final = 180
"""Seconds, as django-allauth has it."""


class LinkKind(StrEnum):
    """What a link is for; also the name of its page in ``FRONTEND_URLS``."""

    VERIFY_EMAIL = "verify_email"
    RESET_PASSWORD = "reset_password"  # noqa: S105 - a word, not a password
    SIGN_IN_LINK = "sign_in_link"


@dataclass(frozen=True, slots=True)
class LinkKey:
    """What a key says, once its signature is good and it has not expired.

    Args:
        user_pk: primary key of the account, in the model's own type.
        email: the address that the link was sent to.
        state: fingerprint of what must be as it was.
    """

    user_pk: Any
    email: str
    state: str


def write_key(kind: LinkKind, *, user: Any, email: str, now: datetime) -> str:
    """Make the key of a link.

    Args:
        kind: what it is for; the key is good for nothing else.
        user: whose account, as it is now.
        email: the address that it is sent to.
        now: aware; the key expires ``EMAIL_LINK_LIFETIME``, ``RESET_LINK_LIFETIME`` or
            ``ACCOUNT_LOGIN_BY_CODE_TIMEOUT`` later.
    """
    said = {
        "u": _primary_key().value_to_string(user),
        "e": email,
        "s": _state(kind, user),
        "x": int((now + _lifetime(kind)).timestamp()),
        # So that each mail has a link of its own.
        "n": secrets.token_urlsafe(6),
    }
    return _signer(kind).sign_object(said)


def read_key(kind: LinkKind, key: str, *, now: datetime) -> LinkKey:
    """Read a key.

    Raises:
        RefusedError: ``link_invalid``, ``link_expired``.
    """
    if not key.isascii() or len(key) > _LONGEST:
        raise RefusedError(Reason.LINK_INVALID, "not in the form of a key")
    try:
        said = _signer(kind).unsign_object(key)
    except BadSignature:
        raise RefusedError(Reason.LINK_INVALID, "not signed by us, or for something else") from None
    if datetime.fromtimestamp(said["x"], tz=UTC) <= now:
        raise RefusedError(Reason.LINK_EXPIRED)
    return LinkKey(user_pk=_primary_key().to_python(said["u"]), email=said["e"], state=said["s"])


def is_link_key(text: object) -> bool:
    """Whether it looks like the key of a link, and not like a code that is typed."""
    return isinstance(text, str) and "." in text


def state_of(kind: LinkKind, user: Any) -> str:
    """Fingerprint of the account as it is now, for what is sent beside a link and shall be void along with it."""
    return _state(kind, user)


def holds(kind: LinkKind, state: str, *, user: Any) -> bool:
    """Whether the account still is what it was when the link was sent.

    Args:
        kind: of the link.
        state: what its key, or :func:`state_of`, said.
        user: the account's row, as it is now.
    """
    known = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return any(constant_time_compare(state, _state(kind, user, secret=secret)) for secret in known)


def is_used(kind: LinkKind, key: str) -> bool:
    """Whether a link has done its work."""
    return _flows().filter(pk=_mark(kind, key)).exists()


def use_up(kind: LinkKind, key: str, *, now: datetime) -> None:
    """Note that a link has done its work; inside the transaction that does it, under the lock of the user's row.

    What a key's fingerprint is of may come back: an address that is changed there and back again, or added, removed.

    Raises:
        RefusedError: ``link_used``.
    """
    if is_used(kind, key):
        raise RefusedError(Reason.LINK_USED)
    _flows().create(
        key_hash=_mark(kind, key), sealed="", created_at=stored(now), expires_at=stored(now + _lifetime(kind))
    )


def _flows() -> Any:
    return Flow._base_manager.using(router.db_for_write(Flow))


def _mark(kind: LinkKind, key: str) -> str:
    return hashlib.sha256(f"used {kind.value} link {key}".encode()).hexdigest()


def _primary_key() -> Any:
    return get_user_model()._meta.pk


def _lifetime(kind: LinkKind) -> timedelta:
    known = conf.get()
    if kind is LinkKind.SIGN_IN_LINK:
        # As long as the code of the same mail.
        return timedelta(seconds=getattr(settings, "ACCOUNT_LOGIN_BY_CODE_TIMEOUT", _CODE_LIFETIME))
    return known.email_link_lifetime if kind is LinkKind.VERIFY_EMAIL else known.reset_link_lifetime


def _signer(kind: LinkKind) -> Signer:
    # Django's: HMAC-SHA-256 under SECRET_KEY; SECRET_KEY_FALLBACKS verify.
    return Signer(sep=".", salt=f"keyturn.accounts.link_keys.{kind.value}")


def _state(kind: LinkKind, user: Any, *, secret: str | bytes | None = None) -> str:
    """Fingerprint of what a link depends on: the account's e-mail address and password.

    A new password also voids what somebody began who knew the one before, such as a change of the address. It is an
    HMAC under the secret, so that it tells nothing of what it is of.
    """
    facts = [kind.value, str(getattr(user, user.get_email_field_name(), "") or ""), user.password]
    told = "".join(hashlib.sha256(fact.encode("utf-8", "surrogatepass")).hexdigest() for fact in facts)
    return salted_hmac("keyturn.accounts.link_keys", told, secret=secret, algorithm="sha256").hexdigest()[:32]
