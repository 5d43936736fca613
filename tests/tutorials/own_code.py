"""What projects built from the second tutorial commonly add: views, claims and urls of their own on simplejwt."""

from typing import Final

from tests.tutorials.edits import follow
from tests.tutorials.project import Project

__all__ = ["grow"]

_CLAIMS: Final = """
from rest_framework_simplejwt.serializers import TokenObtainPairSerializer


class ClaimsSerializer(TokenObtainPairSerializer):
    @classmethod
    def get_token(cls, user):
        token = super().get_token(user)
        token['email'] = user.email
        token['plan'] = {'name': 'gold', 'seats': 3}
        return token
"""

# A sign-up view hands out tokens without any log-in form.
_SIGN_UP: Final = """
from django.contrib.auth.models import User


class SignUpView(APIView):
    permission_classes = ()
    authentication_classes = ()

    def post(self, request):
        user = User.objects.create_user(request.data['username'], password=request.data['password'])
        refresh = RefreshToken.for_user(user)
        return Response({'refresh': str(refresh), 'access': str(refresh.access_token)})
"""

_APP_URLS: Final = """
urlpatterns = [
    ...,
    path('my-logout/', views.LogoutView.as_view()),
    path('sign-up/', views.SignUpView.as_view()),
]
"""

_PROJECT_URLS: Final = """
urlpatterns = [
    ...,
    path('api/token/', jwt_views.TokenObtainPairView.as_view()),
    path('api/token/refresh/', jwt_views.TokenRefreshView.as_view()),
]
"""


def grow(project: Project, *, atomic_requests: bool) -> None:
    """Add a serializer with claims, a sign-up view, a second address of the logout view, and simplejwt's own views."""
    project.write("authentication/serializers.py", _CLAIMS.lstrip())
    project.append("authentication/views.py", _SIGN_UP)
    project.edit("authentication/urls.py", lambda text: follow(text, _APP_URLS))
    project.edit("backend/urls.py", lambda text: follow(text, _PROJECT_URLS))
    project.append(
        "backend/settings.py",
        "SIMPLE_JWT['TOKEN_OBTAIN_SERIALIZER'] = 'authentication.serializers.ClaimsSerializer'\n"
        f"DATABASES['default']['ATOMIC_REQUESTS'] = {atomic_requests}",
    )
