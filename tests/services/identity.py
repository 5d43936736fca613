"""Whose rights the services run with.

PostgreSQL refuses to run as root, and Valkey should not: both then run as an unprivileged account that every system
has. Nothing is created and no permission of an existing directory is changed for it.
"""

import os
import pwd
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Identity", "service_identity", "temporary_directory"]

_UNPRIVILEGED = ("nobody", "daemon", "bin")


@dataclass(frozen=True, slots=True)
class Identity:
    """A user and group to run as; None stays who we are."""

    uid: int | None
    gid: int | None

    def owns(self, path: Path) -> None:
        """Hand a file or directory over."""
        if self.uid is not None and self.gid is not None:
            os.chown(path, self.uid, self.gid)

    def can_enter(self, directory: Path) -> bool:
        """Whether a path is open to this account, all the way down from the root."""
        return self.uid is None or all(self._may_pass(step) for step in (directory, *directory.parents))

    def _may_pass(self, directory: Path) -> bool:
        facts = directory.stat()
        if facts.st_uid == self.uid:
            return bool(facts.st_mode & stat.S_IXUSR)
        if facts.st_gid == self.gid:
            return bool(facts.st_mode & stat.S_IXGRP)
        return bool(facts.st_mode & stat.S_IXOTH)


def service_identity() -> Identity:
    """Return the account for the services: an unprivileged one for root, else oneself.

    Raises:
        RuntimeError: root on a system that has none of the usual unprivileged accounts.
    """
    if os.geteuid() != 0:
        return Identity(None, None)
    for name in _UNPRIVILEGED:
        try:
            account = pwd.getpwnam(name)
        except KeyError:
            continue
        return Identity(account.pw_uid, account.pw_gid)
    raise RuntimeError(f"no account to run services as: this system knows none of {', '.join(_UNPRIVILEGED)}")


def temporary_directory(prefix: str, identity: Identity) -> Path:
    """Make an empty directory that only this account (and root) can read.

    Raises:
        RuntimeError: no temporary directory of this system is open to the account.
    """
    for parent in dict.fromkeys((tempfile.gettempdir(), "/tmp", "/var/tmp", "/dev/shm")):
        if Path(parent).is_dir() and os.access(parent, os.W_OK) and identity.can_enter(Path(parent).resolve()):
            made = Path(tempfile.mkdtemp(prefix=prefix, dir=Path(parent).resolve()))
            identity.owns(made)
            return made
    raise RuntimeError(f"no temporary directory is open to uid {identity.uid}; set TMPDIR to one that is")
