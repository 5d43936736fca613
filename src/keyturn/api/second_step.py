"""What the doors of ``/token/`` have to do with second factors: whom they let off, and how others can go on."""

import json
from collections.abc import Mapping
from typing import Any, Final

from django.apps import apps
from django.utils.module_loading import import_string

from keyturn.accounts.half_signed_in import LIFETIME, begin
from keyturn.clock import utc_now
from keyturn.errors import Reason, RefusedError
from keyturn.mfa import trusted
from keyturn.mfa.factors import methods_of
from keyturn.sessions.client import current_client
from keyturn.signin import FactorRequiredError

__all__ = ["MFA_TOKEN", "PROVEN", "asked_for_factor", "lets_off", "proven_attrs"]

MFA_TOKEN: Final = "mfa_token"  # noqa: S105 - a field's name
"""What names a sign-in that waits for its second factor."""

PROVEN: Final = "keyturn_proven"
"""In a login serializer's context: the user, who has proved everything that is asked; ``attrs`` hold no password."""


def lets_off(user: Any) -> bool:
    """Whether the client that asks is a device that this user trusts."""
    return trusted.lets_off(user, client=current_client(), now=utc_now())


def asked_for_factor(error: FactorRequiredError, *, serializer: Any, attrs: Mapping[str, Any]) -> RefusedError:
    """The refusal that the client is told, with what it needs to go on.

    Args:
        error: of a right password.
        serializer: of the login, which will answer once the second step was right.
        attrs: what it has read.
    """
    if not apps.is_installed("allauth.mfa"):
        # A rule that nobody can meet lets nobody in; a system check says so.
        return error
    now, client = utc_now(), current_client()
    must_set_up = error.reason is Reason.FACTOR_SETUP_REQUIRED
    door = {"serializer": _path(serializer), **_fields(serializer, attrs)}
    token = begin(user=error.user, must_set_up=must_set_up, door=door, client=client, now=now)
    methods = {} if must_set_up else {"methods": list(methods_of(error.user))}
    error.told = {MFA_TOKEN: token, **methods, "expires_in": int(LIFETIME.total_seconds())}
    return error


def _path(serializer: Any) -> str:
    """The class of a serializer, if it can be found again by its name."""
    cls = type(serializer)
    path = f"{cls.__module__}.{cls.__qualname__}"
    try:
        return path if import_string(path) is cls else ""
    except ImportError:
        return ""


def _fields(serializer: Any, attrs: Mapping[str, Any]) -> dict[str, Any]:
    """What was sent beside the password: as it was read, or where that is no JSON as it was sent, to be read again."""
    given = getattr(serializer, "initial_data", None)
    given = given if isinstance(given, Mapping) else {}
    others = {name: value for name, value in attrs.items() if name != "password"}
    read = {name: value for name, value in others.items() if _is_json(value)}
    sent = {name: given[name] for name in others if name not in read and _is_json(given.get(name))}
    return {"read": read, "sent": sent}


def _is_json(value: Any) -> bool:
    try:
        return bool(json.loads(json.dumps(value)) == value)
    except (TypeError, ValueError):
        return False


def proven_attrs(serializer: Any, user: Any, door: Mapping[str, Any]) -> dict[str, Any]:
    """What the serializer of a login read in the first step, for its ``validate()``; the password is empty.

    Args:
        serializer: of the class that the first step had.
        user: who has proved everything.
        door: what was remembered of the first step.
    """
    known = {name: raw for name, raw in door["sent"].items() if name in serializer.fields}
    read = {name: serializer.fields[name].run_validation(raw) for name, raw in known.items()}
    return {user.USERNAME_FIELD: user.get_username(), "password": "", **door["read"], **read}
