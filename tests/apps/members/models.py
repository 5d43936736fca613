"""A person has a password; a member is a person who may be active."""

from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models


class Person(AbstractBaseUser):
    """The parent's table: primary key, name and password."""

    name = models.CharField(max_length=50, unique=True)

    USERNAME_FIELD = "name"


class MemberManager(BaseUserManager["Member"]):
    """Creates members by their name."""

    def create_user(self, name: str, password: str | None = None, **more: Any) -> "Member":
        """Store a member and the person it is."""
        member = self.model(name=name, **more)
        member.set_password(password)
        member.save()
        return member


class Member(Person):
    """The child's table: whether it is active. This is the user model."""

    is_active = models.BooleanField(default=True)
    club = models.CharField(max_length=50, default="")

    objects = MemberManager()
