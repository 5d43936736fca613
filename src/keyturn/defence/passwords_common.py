"""Passwords known from breaches, as a bundled list that can be asked and not read.

The file holds, of each password's SHA-256, 32 bits: enough to recognise it, not enough to tell it from one in ten
thousand others. How it was made, and of what, says ``scripts/common_passwords.py``; its layout is

* 8 bytes: ``KTCOMMON``;
* 65,536 bytes: how many of the passwords have a hash that begins with these 16 bits, in order of those;
* for each of these groups its members' next 16 bits, in ascending order, big endian.
"""

import hashlib
from functools import cache
from pathlib import Path
from typing import Final

from django.views.decorators.debug import sensitive_variables

__all__ = ["FILE", "GROUPS", "MAGIC", "MAX_COUNT", "fingerprint", "folded", "is_common", "packed"]

FILE: Final = Path(__file__).with_name("passwords_common.bin")
MAGIC: Final = b"KTCOMMON"
GROUPS: Final = 65_536
MAX_COUNT: Final = 255
"""Members of a group, at most."""


@sensitive_variables()
def is_common(password: str) -> bool:
    """Whether a password is in the list, in whatever case.

    Of passwords that are not, about one in ten thousand is taken for one that is.

    Args:
        password: in the form in which it would be kept.
    """
    data = _data()
    group, rest = fingerprint(folded(password))
    counts_end = len(MAGIC) + GROUPS
    start = counts_end + 2 * sum(data[len(MAGIC) : len(MAGIC) + group])
    end = start + 2 * data[len(MAGIC) + group]
    members = data[start:end]
    return rest in (members[at : at + 2] for at in range(0, len(members), 2))


@sensitive_variables()
def folded(password: str) -> str:
    """What a password has in common with its spellings in other cases."""
    return password.casefold()


@sensitive_variables()
def fingerprint(password: str) -> tuple[int, bytes]:
    """The group of a password, and what tells it from the others there."""
    digest = hashlib.sha256(password.encode()).digest()
    return int.from_bytes(digest[:2]), digest[2:4]


def packed(passwords: list[str]) -> bytes:
    """The file of these passwords, folded already.

    Raises:
        ValueError: a group has more members than a byte can count.
    """
    groups: list[set[bytes]] = [set() for _ in range(GROUPS)]
    for password in passwords:
        group, rest = fingerprint(password)
        groups[group].add(rest)
    if max(map(len, groups)) > MAX_COUNT:
        raise ValueError("a group of passwords is too large; are they distinct?")
    return MAGIC + bytes(map(len, groups)) + b"".join(rest for group in groups for rest in sorted(group))


@cache
def _data() -> bytes:
    data = FILE.read_bytes()
    if not data.startswith(MAGIC):
        raise ValueError(f"{FILE.name} is not a list of common passwords")
    return data
