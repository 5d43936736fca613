"""The least that Django calls a user, with a rule of its own for who is active."""

from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models


class UserManager(BaseUserManager["User"]):
    """Creates users by their handle."""

    def create_user(self, handle: str, password: str | None = None, **more: Any) -> "User":
        """Store a user."""
        user = self.model(handle=handle, **more)
        user.set_password(password)
        user.save()
        return user


class User(AbstractBaseUser):
    """``is_active`` is no column: a user is active unless blocked."""

    handle = models.CharField(max_length=50, unique=True)
    blocked = models.BooleanField(default=False)

    objects = UserManager()

    USERNAME_FIELD = "handle"

    @property
    def is_active(self) -> bool:
        """Whether nobody blocked this user."""
        return not self.blocked

    @is_active.setter
    def is_active(self, value: bool) -> None:
        self.blocked = not value
