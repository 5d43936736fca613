"""An administrator's browser, a user, and urls in which the user's page is Keyturn's."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib import admin as django_admin
from django.contrib.auth import get_user_model
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import clear_url_caches

from keyturn.admin import UserAdminMixin
from tests.contract.conftest import ada, caller, eve

__all__ = [
    "ADMIN_ADDRESS",
    "ADMIN_AGENT",
    "ada",
    "allow",
    "browser",
    "browser_of",
    "caller",
    "eve",
    "root",
    "support",
    "users_page",
]

ADMIN_AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
ADMIN_ADDRESS = "198.51.100.23"


class OurUserAdmin(UserAdminMixin, UserAdmin):  # type: ignore[type-arg] # Django takes none at run time
    """As a project writes it."""


@pytest.fixture(autouse=True)
def users_page(settings: Any) -> Iterator[None]:
    """The project's admin has Keyturn's page of users."""
    model = get_user_model()
    before = type(django_admin.site._registry[model])
    django_admin.site.unregister(model)
    django_admin.site.register(model, OurUserAdmin)
    settings.ROOT_URLCONF = "tests.admin.urls"
    clear_url_caches()
    yield
    django_admin.site.unregister(model)
    django_admin.site.register(model, before)
    clear_url_caches()


@pytest.fixture
def root(db: None, django_user_model: Any) -> Any:
    """A superuser."""
    return django_user_model.objects.create_superuser("root", "root@example.com", "rootrootroot")


@pytest.fixture
def browser(root: Any) -> Client:
    """A browser in which the superuser has signed in."""
    return browser_of(root)


@pytest.fixture
def support(db: None, django_user_model: Any) -> Any:
    """A member of staff who may look at users and act as them, and nothing else."""
    user = django_user_model.objects.create_user("support", "support@example.com", "supportsupport", is_staff=True)
    allow(user, "auth.view_user", "keyturn.impersonate_user")
    return user


def allow(user: Any, *names: str) -> None:
    """Grant permissions."""
    for name in names:
        app, codename = name.split(".")
        user.user_permissions.add(Permission.objects.get(content_type__app_label=app, codename=codename))


def browser_of(user: Any) -> Client:
    """A browser in which a member of staff has signed in."""
    client = Client(REMOTE_ADDR=ADMIN_ADDRESS, HTTP_USER_AGENT=ADMIN_AGENT)
    client.force_login(user)
    return client
