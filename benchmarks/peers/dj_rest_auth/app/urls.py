"""dj-rest-auth's endpoints, and a view that wants a token."""

from django.urls import include, path
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView


class HomeView(APIView):
    """The tutorial's."""

    permission_classes = (IsAuthenticated,)

    def get(self, _request: Request) -> Response:
        """Greet."""
        return Response({"message": "Welcome to the django jwt authentication page "})


urlpatterns = [path("", include("dj_rest_auth.urls")), path("home/", HomeView.as_view())]
