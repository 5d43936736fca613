"""The server's URLs. The API comes first, at the root, where the tutorials have it."""

from django.contrib import admin
from django.urls import include, path

from keyturn_server import openapi, views

__all__ = ["urlpatterns"]

urlpatterns = [
    path("", include("keyturn.urls")),
    path("", views.index, name="index"),
    path("home/", views.HomeView.as_view(), name="home"),
    path("admin/", admin.site.urls),
    path("schema/", openapi.schema, name="schema"),
    path("health/live/", views.live, name="health_live"),
    path("health/ready/", views.ready, name="health_ready"),
]
