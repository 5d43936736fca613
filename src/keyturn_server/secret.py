"""The server's secret: what makes one too weak, and the one a development server makes for itself."""

import os
import secrets
import time
from pathlib import Path
from typing import Final

__all__ = ["DEVELOPMENT_PREFIX", "development_secret", "weakness"]

DEVELOPMENT_PREFIX: Final = "keyturn-development-"

_FILE_NAME: Final = "secret"
_LEAST_LENGTH: Final = 50
# A random secret of 50 hexadecimal digits has more than this, a word written out several times has not.
_LEAST_DISTINCT: Final = 10
_ADVICE: Final = "make one with: python3 -c 'import secrets; print(secrets.token_urlsafe(64))'"


def weakness(secret: str) -> str | None:
    """Say why ``secret`` may not guard a production server, in words that never repeat it; None if it may."""
    if secret.startswith(DEVELOPMENT_PREFIX):
        return f"is the secret of a development server; {_ADVICE}"
    if secret.startswith("django-insecure-"):
        return f"begins with django-insecure-, so it was made for development; {_ADVICE}"
    if len(secret) < _LEAST_LENGTH:
        return f"is weak: it has {len(secret)} characters, fewer than {_LEAST_LENGTH}; {_ADVICE}"
    if len(set(secret)) < _LEAST_DISTINCT:
        return f"is weak: it has fewer than {_LEAST_DISTINCT} different characters; {_ADVICE}"
    return None


def development_secret(directory: Path) -> str:
    """Return the development secret kept in ``directory``, made at the first call so that tokens outlive a restart.

    The file is created for its owner alone and exactly once, whoever else starts at the same moment.

    Raises:
        ValueError: the file holds something else.
        OSError: it cannot be read or written.
    """
    path = directory / _FILE_NAME
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return _read(path)
    secret = DEVELOPMENT_PREFIX + secrets.token_urlsafe(48)
    with os.fdopen(descriptor, "wb") as file:
        file.write(secret.encode())
    return secret


def _read(path: Path) -> str:
    # Another process may be between creating the file and writing it.
    for _ in range(20):
        secret = path.read_text(encoding="utf-8", errors="replace").strip()
        if secret.startswith(DEVELOPMENT_PREFIX) and len(secret) >= _LEAST_LENGTH:
            return secret
        if secret:
            break
        time.sleep(0.05)
    raise ValueError(f"{path} does not hold a secret of ours; delete it, and a new one is made that ends all sessions")
