"""Everything that is kept about a user, for the user (GDPR articles 15 and 20), as one JSON document.

It is written piece by piece, so that a long history takes no more memory than a short one. No secret is in it: nothing
that could be presented anywhere, nor anything a password could be guessed from.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.core.serializers.json import DjangoJSONEncoder
from django.db import router
from django.utils.module_loading import import_string

from keyturn import conf
from keyturn.clock import aware
from keyturn.mfa.factors import RECOVERY_CODES, WEBAUTHN, recovery_codes_left, rows_of
from keyturn.mfa.models import TrustedDevice
from keyturn.mfa.passkey_data import name_of
from keyturn.sessions.models import Session
from keyturn.signin.models import AccountState
from keyturn.trail.events import Event
from keyturn.trail.models import AuditEvent

__all__ = ["export_of"]

_SECRET: Final = re.compile(r"password|passwd|secret|token|otp|hash|salt|(^|_)(key|pin|cvv?)($|_)", re.IGNORECASE)
"""Names of fields of a user model of the project's own that are left out."""

_PLAIN: Final = (str, int, float, type(None))
_BATCH: Final = 500


def export_of(user: Any, *, now: datetime) -> Iterator[str]:
    """Write the document.

    Args:
        user: loaded.
        now: aware.

    Returns:
        JSON, in pieces that belong together.

    Raises:
        ImproperlyConfigured: ``ACCOUNT_EXPORT`` gave something else than a mapping.
    """
    sections: list[tuple[str, Any]] = [
        ("exported_at", now.astimezone(UTC)),
        ("account", _account(user)),
        ("email_addresses", _email_addresses(user)),
        ("sign_in_factors", _factors(user)),
        ("linked_accounts", _linked_accounts(user)),
        ("trusted_devices", _trusted_devices(user)),
        ("sessions", _sessions(user)),
        ("activity", _activity(user)),
        ("more", _more(user)),
    ]
    return _document(sections)


def _document(sections: Iterable[tuple[str, Any]]) -> Iterator[str]:
    lead = "{"
    for name, content in sections:
        yield f"{lead}{_json(name)}: "
        if isinstance(content, Iterator):
            yield from _array(content)
        else:
            yield _json(content)
        lead = ",\n"
    yield "}\n"


def _array(items: Iterator[Any]) -> Iterator[str]:
    lead = "["
    for item in items:
        yield f"{lead}\n{_json(item)}"
        lead = ","
    yield "[]" if lead == "[" else "\n]"


def _json(value: Any) -> str:
    return json.dumps(value, cls=DjangoJSONEncoder, ensure_ascii=False)


def _account(user: Any) -> dict[str, Any]:
    account = {
        field.name: _value(user, field) for field in user._meta.concrete_fields if not _SECRET.search(field.name)
    }
    for name in ("groups", "user_permissions"):
        if hasattr(user, name):
            account[name] = [str(one) for one in getattr(user, name).all()]
    state = AccountState._base_manager.using(router.db_for_write(AccountState)).filter(user_id=user.pk).first()
    for name in ("signed_up_at", "verified_at", "reset_required_at"):
        account[name] = _moment(getattr(state, name, None))
    return account


def _value(user: Any, field: Any) -> Any:
    value = getattr(user, field.attname)
    if isinstance(value, datetime):
        return _moment(value)
    # Files, binaries and types of the project's own as the text that Django stores them as elsewhere.
    return value if isinstance(value, _PLAIN) else field.value_to_string(user)


def _email_addresses(user: Any) -> Iterator[dict[str, Any]]:
    if not apps.is_installed("allauth.account"):
        return
    from allauth.account.models import EmailAddress  # noqa: PLC0415 - not every project has it

    for address in EmailAddress.objects.filter(user_id=user.pk).order_by("pk"):
        yield {"email": address.email, "verified": address.verified, "primary": address.primary}


def _factors(user: Any) -> Iterator[dict[str, Any]]:
    if not apps.is_installed("allauth.mfa"):
        return
    for factor in rows_of(user.pk):
        told = {
            "type": factor.type,
            "created_at": _moment(factor.created_at),
            "last_used_at": _moment(factor.last_used_at),
        }
        if factor.type == WEBAUTHN:
            told["name"] = name_of(factor)
        elif factor.type == RECOVERY_CODES:
            left = recovery_codes_left(user.pk, factor.data)
            told |= {"codes": left.total, "codes_left": left.unused}
        yield told


def _trusted_devices(user: Any) -> Iterator[dict[str, Any]]:
    rows = TrustedDevice._base_manager.using(router.db_for_write(TrustedDevice)).filter(user_id=user.pk)
    for device in rows.order_by("created_at", "pk"):
        yield {
            "trusted_at": _moment(device.created_at),
            "until": _moment(device.expires_at),
            "ip": device.ip,
            "user_agent": device.user_agent,
        }


def _linked_accounts(user: Any) -> Iterator[dict[str, Any]]:
    if not apps.is_installed("allauth.socialaccount"):
        return
    from allauth.socialaccount.models import SocialAccount  # noqa: PLC0415 - not every project has it

    for account in SocialAccount.objects.filter(user_id=user.pk).order_by("pk"):
        yield {
            "provider": account.provider,
            "id": account.uid,
            "told": account.extra_data,
            "linked_at": _moment(account.date_joined),
            "last_used_at": _moment(account.last_login),
        }


def _sessions(user: Any) -> Iterator[dict[str, Any]]:
    rows = Session.objects.using(router.db_for_write(Session)).filter(user_id=user.pk).order_by("id")
    for session in _in_batches(rows, "id"):
        yield {
            "id": session.pk,
            "created_at": _moment(session.created_at),
            "authenticated_at": _moment(session.auth_time),
            "methods": session.amr.split(),
            # To the hour: when a token was refreshed is nobody's to learn who merely asks (ADR 0013).
            "last_used_at": _hour(session.rotated_at),
            "ends_at_the_latest": _moment(session.absolute_expires_at),
            "ended_at": _moment(session.revoked_at),
            "ended_because": session.revoked_reason,
            "ip": session.ip,
            "user_agent": session.user_agent,
            "label": session.client_label,
        }


def _activity(user: Any) -> Iterator[dict[str, Any]]:
    rows = AuditEvent._base_manager.using(router.db_for_write(AuditEvent)).filter(user_id=str(user.pk)).order_by("id")
    for event in _in_batches(rows, "id"):
        by_another = bool(event.actor_id) and event.actor_id != str(user.pk)
        yield {
            "at": _moment(event.at),
            "event": event.event,
            "reason": event.reason,
            "session": event.session_id,
            "by_an_administrator": by_another,
            # Those of an administrator, and whom an administrator dealt with, are somebody else's data.
            "ip": None if by_another else event.ip,
            "user_agent": "" if by_another else event.user_agent,
            "details": {} if event.event == Event.ADMIN_ACTION else event.details,
        }


def _in_batches(rows: Any, key: str) -> Iterator[Any]:
    """Read rows by their key, some at a time: neither all in memory, nor by a cursor that needs a transaction."""
    batch = list(rows[:_BATCH])
    while batch:
        yield from batch
        batch = list(rows.filter(**{f"{key}__gt": batch[-1].pk})[:_BATCH]) if len(batch) == _BATCH else []


def _more(user: Any) -> dict[str, Any]:
    """What the project itself keeps, by its own function."""
    hook = conf.get().account_export
    if hook is None:
        return {}
    told = (import_string(hook) if isinstance(hook, str) else hook)(user)
    if not isinstance(told, Mapping):
        raise ImproperlyConfigured("KEYTURN['ACCOUNT_EXPORT'] must return a mapping.")
    return dict(told)


def _moment(moment: datetime | None) -> datetime | None:
    return None if moment is None else aware(moment).astimezone(UTC)


def _hour(moment: datetime) -> datetime:
    return aware(moment).astimezone(UTC).replace(minute=0, second=0, microsecond=0)
