"""Password hashes: Argon2id in the OWASP profile, and every hash Django knows for users who come from elsewhere."""

from typing import Final

from django.contrib.auth.hashers import Argon2PasswordHasher

__all__ = ["PASSWORD_HASHERS", "OwaspArgon2idHasher"]


class OwaspArgon2idHasher(Argon2PasswordHasher):
    """Argon2id with 19 MiB, two passes and one lane (OWASP Password Storage Cheat Sheet, its Argon2id profile).

    Django's own values (100 MiB, eight lanes) let a handful of logins at once exhaust a small machine. A hash made
    with other values is still verified and is made anew at the next login, as for every hasher below it in the list.
    """

    memory_cost = 19 * 1024  # KiB
    time_cost = 2
    parallelism = 1


_DJANGO: Final = "django.contrib.auth.hashers."

# All that Django ships, weak ones too: a user who comes with such a hash has a good one after the next login.
PASSWORD_HASHERS: Final[list[str]] = [
    "keyturn_server.hashers.OwaspArgon2idHasher",
    f"{_DJANGO}PBKDF2PasswordHasher",
    f"{_DJANGO}PBKDF2SHA1PasswordHasher",
    f"{_DJANGO}ScryptPasswordHasher",
    f"{_DJANGO}BCryptSHA256PasswordHasher",
    f"{_DJANGO}BCryptPasswordHasher",
    f"{_DJANGO}MD5PasswordHasher",
]
