"""A project that mounts simplejwt's own views, as the tutorials do."""

from django.urls import include, path
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework_simplejwt.exceptions import InvalidToken, TokenError
from rest_framework_simplejwt.serializers import TokenRefreshSerializer
from rest_framework_simplejwt.views import TokenRefreshView, token_refresh


class OwnRefreshView(APIView):
    """A project's own refresh, as for a cookie: simplejwt's serializer in neither our view nor simplejwt's."""

    authentication_classes = ()
    permission_classes = ()

    def post(self, request):
        serializer = TokenRefreshSerializer(data=request.data)
        try:
            serializer.is_valid(raise_exception=True)
        except TokenError as error:
            raise InvalidToken(error.args[0]) from error
        return Response(serializer.validated_data)


urlpatterns = [
    path("own/refresh/", OwnRefreshView.as_view()),
    path("api/token/refresh/", TokenRefreshView.as_view()),
    path("api/token/refresh/function/", token_refresh),
    path("", include("keyturn.urls")),
]
