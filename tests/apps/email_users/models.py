"""A user model without a user name."""

from typing import Any, ClassVar

from django.contrib.auth.base_user import BaseUserManager
from django.contrib.auth.models import AbstractUser
from django.db import models


class UserManager(BaseUserManager["User"]):
    """Creates users by their address."""

    def create_user(self, email: str, password: str | None = None, **more: Any) -> "User":
        """Store a user."""
        user = self.model(email=self.normalize_email(email), **more)
        user.set_password(password)
        user.save()
        return user


class User(AbstractUser):
    """Its name is its e-mail address."""

    username = None  # type: ignore[assignment] # Django's way to leave a field out
    email = models.EmailField(unique=True)

    objects = UserManager()  # type: ignore[assignment] # there is no user name to create one by

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
