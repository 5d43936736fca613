"""A project that has Keyturn under a prefix, and below it the tutorial's own urls with simplejwt's views."""

from django.urls import include, path
from rest_framework_simplejwt import views as jwt_views

from tests.urls import HomeView

urlpatterns = [
    path("api/v1/auth/", include("keyturn.urls")),
    path("api/v1/auth/token/", jwt_views.TokenObtainPairView.as_view(), name="stock_token_obtain_pair"),
    path("api/v1/auth/home/", HomeView.as_view(), name="prefixed_home"),
]
