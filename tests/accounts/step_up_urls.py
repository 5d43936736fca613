"""The tests' URLs with views of a project's own that ask for a recent, or a stronger, proof of who the user is."""

from typing import Any

from django.urls import path
from rest_framework.authentication import SessionAuthentication
from rest_framework.response import Response
from rest_framework.views import APIView, exception_handler
from rest_framework_simplejwt.authentication import JWTStatelessUserAuthentication

from keyturn.authentication import JWTAuthentication
from keyturn.permissions import RecentlyAuthenticated, StronglyAuthenticated
from tests.urls import urlpatterns as _urlpatterns


class _View(APIView):
    """As a project writes one; DRF's own handler of exceptions answers, whatever the settings say."""

    authentication_classes: Any = (JWTAuthentication,)

    def get_exception_handler(self) -> Any:
        return exception_handler

    def get(self, request: Any) -> Response:
        return Response({"user": str(request.user.pk)})


class Recent(_View):
    permission_classes = (RecentlyAuthenticated,)


class WithinTwoMinutes(_View):
    permission_classes = (RecentlyAuthenticated.within(minutes=2, acr="2fa"),)


class Strong(_View):
    permission_classes = (StronglyAuthenticated,)


class Stateless(Recent):
    """Whose user is no row, but what simplejwt makes of a token."""

    authentication_classes: Any = (JWTStatelessUserAuthentication,)


class BySession(Recent):
    """With Django's own sessions, which say nothing of how somebody signed in."""

    authentication_classes: Any = (SessionAuthentication,)


class ByOurHandler(APIView):
    """With the handler of the settings, which is Keyturn's."""

    authentication_classes = (JWTAuthentication,)
    permission_classes = (RecentlyAuthenticated,)

    def get(self, request: Any) -> Response:
        return Response({"user": request.user.get_username()})


urlpatterns = [
    path("recent/", Recent.as_view()),
    path("two-minutes/", WithinTwoMinutes.as_view()),
    path("strong/", Strong.as_view()),
    path("stateless/", Stateless.as_view()),
    path("by-session/", BySession.as_view()),
    path("ours/", ByOurHandler.as_view()),
    *_urlpatterns,
]
