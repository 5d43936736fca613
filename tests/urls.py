"""A project's urls with Keyturn included first, as its documentation says, and the tutorial's page behind a login."""

from django.contrib import admin
from django.urls import include, path
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView


class HomeView(APIView):
    """The simplest protected page; the project's authentication class decides who comes in."""

    permission_classes = (IsAuthenticated,)

    def get(self, request: Request) -> Response:
        return Response({"message": f"Welcome, {request.user.get_username()}."})


urlpatterns = [
    path("", include("keyturn.urls")),
    path("home/", HomeView.as_view(), name="home"),
    path("admin/", admin.site.urls),
]
