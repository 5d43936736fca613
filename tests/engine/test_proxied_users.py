"""A user model's proxies, as an admin for "employees" has them, are the same users."""

from uuid import UUID

import pytest
from django.contrib.auth.models import User
from django.db import models

from keyturn.feed.models import Revocation
from tests.engine.tokens import claims_of, login

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def employees():
    class Employee(User):
        """Some users."""

        class Meta:
            proxy = True
            app_label = "auth"

    yield Employee
    from django.apps import apps

    del apps.all_models["auth"]["employee"]
    apps.clear_cache()


def deleted_alone(model: type[models.Model], pk: int) -> None:
    model._default_manager.get(pk=pk).delete()


def deleted_among_others(model: type[models.Model], pk: int) -> None:
    model._default_manager.filter(pk=pk).delete()


@pytest.mark.parametrize("delete", [deleted_alone, deleted_among_others])
def test_deleting_one_ends_the_sessions(user, employees, delete):
    sid = UUID(claims_of(login(user).access)["sid"])
    delete(employees, user.pk)
    assert list(Revocation.objects.values_list("session_id", "reason")) == [(sid, "user_deleted")]


def test_deactivating_one_ends_the_sessions(user, employees):
    sid = UUID(claims_of(login(user).access)["sid"])
    employee = employees.objects.get(pk=user.pk)
    employee.is_active = False
    employee.save()
    assert list(Revocation.objects.values_list("session_id", "reason")) == [(sid, "user_inactive")]
