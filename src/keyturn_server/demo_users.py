"""The two users of the demo."""

import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from django.contrib.auth import get_user_model

__all__ = ["DemoUser", "kept_password", "seed"]

_FILE_NAME: Final = "demo-users.json"
_NAMES: Final = {"demo": False, "admin": True}


@dataclass(frozen=True, slots=True)
class DemoUser:
    """A user of the demo; ``password`` is None where only somebody else knows it."""

    name: str
    is_superuser: bool
    password: str | None


def seed(directory: Path) -> list[DemoUser]:
    """Make the demo users that are missing, and return both.

    The passwords are random and kept in a file for its owner alone, rather than set anew at every start: a new password
    ends the user's sessions, so a restart would log the developer's client out. A user that somebody else made, or
    whose password was changed since, is left alone.

    Args:
        directory: where the file is kept.
    """
    path = directory / _FILE_NAME
    kept = _read(path)
    model = get_user_model()
    users: list[DemoUser] = []
    for name, is_superuser in _NAMES.items():
        user = model.objects.filter(username=name).first()
        password = kept.get(name)
        if user is None:
            password = kept[name] = password or secrets.token_urlsafe(12)
            _write(path, kept)
            make = model.objects.create_superuser if is_superuser else model.objects.create_user
            make(name, f"{name}@example.com", password)
        elif password is not None and not user.check_password(password):
            password = None
        users.append(DemoUser(name=name, is_superuser=is_superuser, password=password))
    return users


def kept_password(directory: Path, name: str) -> str | None:
    """Return the password that :func:`seed` made for a user, None where it made none. The user may have changed it."""
    return _read(directory / _FILE_NAME).get(name)


def _read(path: Path) -> dict[str, str]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return {str(name): str(password) for name, password in found.items()} if isinstance(found, dict) else {}


def _write(path: Path, passwords: dict[str, str]) -> None:
    # Written beside it and renamed, so that it is whole or absent and never readable by others.
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        json.dump(passwords, file)
    fresh.replace(path)
