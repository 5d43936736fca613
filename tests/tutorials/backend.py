"""A generated project with people in it, served, ready for a test."""

from dataclasses import dataclass, field
from typing import Final

from tests.services.process import ServerProcess
from tests.tutorials.client import Client, Tokens
from tests.tutorials.project import Project

__all__ = ["OLD_HAND", "PASSWORD", "Backend", "move_in"]

PASSWORD: Final = "jumps-over-the-lazy-dog"
_PEOPLE: Final = 80
OLD_HAND: Final = "oldhand"
"""A user whose password has the tutorials' hash, which the next log-in upgrades."""

# A cheap hash first keeps the tests quick; the tutorials' own stays known, so that its holder is upgraded at log-in.
_HASHERS: Final = """
PASSWORD_HASHERS = [
    'django.contrib.auth.hashers.MD5PasswordHasher',
    'django.contrib.auth.hashers.PBKDF2PasswordHasher',
]
"""

_MOVE_IN: Final = f"""
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User

User.objects.bulk_create(
    User(username=f"person{{n}}", email=f"person{{n}}@example.com", password=make_password({PASSWORD!r}))
    for n in range({_PEOPLE})
)
User.objects.create(username={OLD_HAND!r}, password=make_password({PASSWORD!r}, hasher="pbkdf2_sha256"))
"""


def move_in(project: Project) -> None:
    """Give a freshly built project its users."""
    project.append("backend/settings.py", _HASHERS)
    project.shell(_MOVE_IN)


@dataclass
class Backend:
    """A served project.

    Args:
        project: the project.
        server: the process that serves it.
        client: speaks to it.
        before: who logged in before Keyturn was added, with the tokens of then; a test takes one out.
        spent: refresh tokens the stock backend had rotated or logged out before Keyturn was added.
    """

    project: Project
    server: ServerProcess
    client: Client
    before: list[tuple[str, Tokens]] = field(default_factory=list, repr=False)
    spent: list[str] = field(default_factory=list, repr=False)
    _met: int = 0

    def newcomer(self) -> str:
        """Return the name of a user whom no other test knows. The password is ``PASSWORD``."""
        self._met += 1
        assert self._met <= _PEOPLE, "more people than the project has"
        return f"person{self._met - 1}"

    def log_in(self, username: str | None = None) -> Tokens:
        """Log a newcomer, or the user named, in."""
        return self.client.log_in(username or self.newcomer(), PASSWORD)

    def user_id(self, username: str) -> int:
        """Return the primary key of a user."""
        [(key,)] = self.project.database.execute("SELECT id FROM auth_user WHERE username = ?", username)
        return int(key)
