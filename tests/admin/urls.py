"""The tests' urls with the admin's asked for anew: a site lists its pages when its urls are asked for."""

from typing import Any

from django.contrib import admin
from django.urls import path

from tests import urls

own: list[Any] = [one for one in urls.urlpatterns if str(getattr(one, "pattern", "")) != "admin/"]
urlpatterns = [*own, path("admin/", admin.site.urls)]
