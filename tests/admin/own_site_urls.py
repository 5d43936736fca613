"""A project's urls with an admin site of its own, on which nothing is registered but users."""

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.contrib.auth.admin import UserAdmin
from django.urls import include, path

from keyturn.admin import UserAdminMixin


class StaffUserAdmin(UserAdminMixin, UserAdmin):  # type: ignore[type-arg] # Django takes none at run time
    """As a project writes it."""


site = admin.AdminSite(name="staff")
site.register(get_user_model(), StaffUserAdmin)

urlpatterns = [path("staff/", site.urls), path("", include("keyturn.urls"))]
