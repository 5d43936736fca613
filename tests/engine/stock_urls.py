"""A project that mounts simplejwt's own views, as the tutorials do."""

from django.urls import include, path
from rest_framework_simplejwt.views import TokenRefreshView, token_refresh

urlpatterns = [
    path("api/token/refresh/", TokenRefreshView.as_view()),
    path("api/token/refresh/function/", token_refresh),
    path("", include("keyturn.urls")),
]
