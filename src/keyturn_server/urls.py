"""The server's URLs. The API comes first, at the root, where the tutorials have it, and most asked for ahead."""

from django.contrib import admin
from django.urls import include, path

from keyturn_server import inbox_pages, openapi, operations, user_admin, views, web_pages  # noqa: F401 - the admin of users registers itself
from keyturn_server.dev import urls as dev

__all__ = ["urlpatterns"]

urlpatterns = [
    path("home/", views.HomeView.as_view(), name="home"),
    path("", include("keyturn.urls")),
    path("admin/", admin.site.urls),
    path("schema/", openapi.schema, name="schema"),
    path("docs/", openapi.docs, name="docs"),
    path("metrics", operations.MetricsView.as_view(), name="metrics"),
    path("livez", views.live, name="livez"),
    path("readyz", views.ready, name="readyz"),
    # Their names of before.
    path("health/live/", views.live, name="health_live"),
    path("health/ready/", views.ready, name="health_ready"),
    *inbox_pages.urlpatterns(),
    *web_pages.urlpatterns(),
    *dev.urlpatterns(),
]
