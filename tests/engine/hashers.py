"""A password hasher that is better than the tests' own, and as fast."""

from django.contrib.auth.hashers import PBKDF2PasswordHasher

__all__ = ["BETTER_FIRST", "Better"]


class Better(PBKDF2PasswordHasher):
    """PBKDF2 in name; one round."""

    algorithm = "better"
    iterations = 1


BETTER_FIRST = ["tests.engine.hashers.Better", "django.contrib.auth.hashers.MD5PasswordHasher"]
