"""What a row of ``mfa_authenticator`` says of a passkey, whoever wrote it: what is not of the shape says nothing.

django-allauth keeps the name and the browser's answer in one JSON value, and its own way to read it fails on a row that
was cut short, emptied or edited. Such a row is listed without a name, signs nobody in, and can be removed.
"""

from collections.abc import Mapping
from typing import Any

__all__ = ["label_of", "name_of", "renamed", "stays_on_device"]


def name_of(row: Any) -> str:
    """What its owner calls it; empty where that is not said."""
    found = row.data.get("name") if isinstance(row.data, Mapping) else None
    return found if isinstance(found, str) else ""


def label_of(row: Any) -> str:
    """What to call a factor of any kind in a list."""
    kind = str(row.get_type_display())
    return (name_of(row) or kind) if row.type == "webauthn" else kind


def stays_on_device(row: Any) -> bool | None:
    """Whether the browser said that the device finds it by itself, so that it signs in alone; None: it did not say."""
    found: Any = row.data
    for name in ("credential", "clientExtensionResults", "credProps", "rk"):
        found = found.get(name) if isinstance(found, Mapping) else None
    return found if isinstance(found, bool) else None


def renamed(row: Any, name: str) -> dict[str, Any]:
    """What the row is to hold where its owner calls it something else."""
    return {**(row.data if isinstance(row.data, Mapping) else {}), "name": name}
