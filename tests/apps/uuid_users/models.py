"""A user model as many projects have it, but for its primary key."""

import uuid

from django.contrib.auth.models import AbstractUser
from django.db import models


class User(AbstractUser):
    """Its id is a UUID."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
