"""A project's urls with Keyturn included first, as its documentation says."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("", include("keyturn.urls")),
    path("admin/", admin.site.urls),
]
