"""A project that has Keyturn under a prefix, and its documents at the root too, as the documentation says."""

from django.urls import include, path

urlpatterns = [
    path("api/v1/auth/", include("keyturn.urls")),
    path("", include("keyturn.well_known_urls")),
]
