"""A second factor as its owner sees it: when it was set up and used, and never what it knows."""

from datetime import datetime
from typing import Any

from keyturn.clock import aware
from keyturn.mfa.factors import RECOVERY_CODES, WEBAUTHN, recovery_codes_left
from keyturn.mfa.passkey_data import name_of, stays_on_device

__all__ = ["factor_data"]


def factor_data(factor: Any) -> dict[str, Any]:
    """The form of django-allauth's headless API.

    Args:
        factor: the row.
    """
    found: dict[str, Any] = {
        "type": factor.type,
        "created_at": aware(factor.created_at).timestamp(),
        "last_used_at": _timestamp(factor.last_used_at),
    }
    if factor.type == RECOVERY_CODES:
        left = recovery_codes_left(factor.user_id, factor.data)
        found |= {"total_code_count": left.total, "unused_code_count": left.unused}
    elif factor.type == WEBAUTHN:
        found |= {"id": factor.pk, "name": name_of(factor)}
        signs_in_alone = stays_on_device(factor)
        if signs_in_alone is not None:
            found["is_passwordless"] = signs_in_alone
    return found


def _timestamp(moment: datetime | None) -> float | None:
    return None if moment is None else aware(moment).timestamp()
