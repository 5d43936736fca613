"""The cost of a password hash that all peers have."""

from django.contrib.auth.hashers import Argon2PasswordHasher


class EqualHasher(Argon2PasswordHasher):
    """19 MiB, two passes, one lane."""

    time_cost = 2
    memory_cost = 19 * 1024
    parallelism = 1
