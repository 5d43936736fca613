"""The second tutorial: a backend built in sixteen steps.

Steps 10, 13 and 16 are calls to the running server, see :mod:`calls`; the others build the project.
"""

import sys
from collections.abc import Callable
from importlib.util import find_spec
from typing import Final

from tests.tutorials.edits import replace_assignment
from tests.tutorials.project import Project

__all__ = ["ADMIN", "APP", "build"]

APP: Final = "authentication"
ADMIN: Final = ("root", "correct horse battery staple")

_INSTALLED_APPS = """
INSTALLED_APPS = [
    'django.contrib.admin',
    'django.contrib.auth',
    'django.contrib.contenttypes',
    'django.contrib.sessions',
    'django.contrib.messages',
    'django.contrib.staticfiles',
    'authentication',
    'corsheaders',
    'rest_framework',
    'rest_framework_simplejwt.token_blacklist',
]
"""

_JWT = """
REST_FRAMEWORK = {
    'DEFAULT_AUTHENTICATION_CLASSES': [
        'rest_framework_simplejwt.authentication.JWTAuthentication',
    ],
}


SIMPLE_JWT = {
    'ACCESS_TOKEN_LIFETIME': timedelta(minutes=10),
    'REFRESH_TOKEN_LIFETIME': timedelta(days=1),
    'ROTATE_REFRESH_TOKENS': True,
    'BLACKLIST_AFTER_ROTATION': True
}
"""

_PROJECT_URLS = """
from django.contrib import admin
from django.urls import path, include
from rest_framework_simplejwt import views as jwt_views


urlpatterns = [
    path('admin/', admin.site.urls),
    path('token/', jwt_views.TokenObtainPairView.as_view(), name='token_obtain_pair'),
    path('token/refresh/', jwt_views.TokenRefreshView.as_view(), name='token_refresh'),
]
"""

_HOME_VIEW = """
from django.shortcuts import render
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.permissions import IsAuthenticated


class HomeView(APIView):
    permission_classes = (IsAuthenticated,)

    def get(self, request):
        resp = {
            "message": "Welcome to the django jwt authentication page "
        }

        return Response(resp)
"""

_LOGOUT_VIEW = """
from rest_framework_simplejwt.tokens import RefreshToken
from rest_framework import status


class LogoutView(APIView):

    permission_classes = (IsAuthenticated,)

    def post(self, request):
        try:
            refresh_token = request.data['refresh_token']
            token = RefreshToken(refresh_token)
            token.blacklist()

            return Response(status=status.HTTP_205_RESET_CONTENT)

        except:
            return Response(status=status.HTTP_400_BAD_REQUEST)
"""

_APP_URLS = """
from django.urls import path
from . import views


urlpatterns = [
    {routes}
]
"""


def step_1(project: Project) -> None:
    """Step 1: a virtual environment, the one whose Python runs these tests."""
    del project
    assert sys.executable


def step_2(project: Project) -> None:
    """Step 2: django, djangorestframework, djangorestframework-simplejwt and django-cors-headers are installed."""
    del project
    assert all(find_spec(name) for name in ("django", "rest_framework", "rest_framework_simplejwt", "corsheaders"))


def step_3(project: Project) -> None:
    """Step 3: a project called backend; its database is where the test run wants it."""
    project.django_admin("startproject", "backend", ".")
    project.append("backend/settings.py", project.database.settings())


def step_4(project: Project) -> None:
    """Step 4: an application called authentication."""
    project.manage("startapp", project.app)


def step_5(project: Project) -> None:
    """Step 5: the installed apps, written out."""
    project.edit("backend/settings.py", lambda text: replace_assignment(text, "INSTALLED_APPS", _INSTALLED_APPS))


def step_6(project: Project) -> None:
    """Step 6: CORS open to all origins by the setting's older name, its middleware first."""
    opening = "MIDDLEWARE = [\n"
    settings = project.read("backend/settings.py")
    assert settings.count(opening) == 1
    project.write(
        "backend/settings.py", settings.replace(opening, f"{opening}    'corsheaders.middleware.CorsMiddleware',\n")
    )
    project.append("backend/settings.py", "CORS_ORIGIN_ALLOW_ALL = True")


def step_7(project: Project) -> None:
    """Step 7: simplejwt authenticates requests; access tokens live ten minutes, refresh tokens a day and rotate."""
    opening = "from pathlib import Path\n"
    settings = project.read("backend/settings.py")
    project.write("backend/settings.py", settings.replace(opening, f"from datetime import timedelta\n{opening}", 1))
    project.append("backend/settings.py", _JWT)


def step_8(project: Project) -> None:
    """Step 8: the project's urls, token/ and token/refresh/ among them."""
    project.write("backend/urls.py", _PROJECT_URLS.lstrip())


def step_9(project: Project) -> None:
    """Step 9: makemigrations, migrate, createsuperuser."""
    project.manage("makemigrations")
    project.manage("migrate")
    name, password = ADMIN
    project.manage(
        "createsuperuser",
        "--noinput",
        DJANGO_SUPERUSER_USERNAME=name,
        DJANGO_SUPERUSER_PASSWORD=password,
        DJANGO_SUPERUSER_EMAIL="root@example.com",
    )


def step_11(project: Project) -> None:
    """Step 11: a view for signed-in users."""
    project.write("authentication/views.py", _HOME_VIEW.lstrip())


def step_12(project: Project) -> None:
    """Step 12: the application's urls, included by the project's."""
    routes = "path('', views.HomeView.as_view(), name='home'),"
    project.write("authentication/urls.py", _APP_URLS.format(routes=routes).lstrip())
    closing = "]\n"
    urls = project.read("backend/urls.py")
    assert urls.endswith(closing)
    project.write(
        "backend/urls.py", f"{urls.removesuffix(closing)}    path('', include('authentication.urls')),\n{closing}"
    )


def step_14(project: Project) -> None:
    """Step 14: a view that logs out."""
    project.append("authentication/views.py", _LOGOUT_VIEW)


def step_15(project: Project) -> None:
    """Step 15: home/ and logout/ get their addresses."""
    routes = (
        "path('home/', views.HomeView.as_view(), name='home'),\n"
        "    path('logout/', views.LogoutView.as_view(), name='logout'),"
    )
    project.write("authentication/urls.py", _APP_URLS.format(routes=routes).lstrip())


_STEPS: Final[tuple[Callable[[Project], None], ...]] = (
    step_1,
    step_2,
    step_3,
    step_4,
    step_5,
    step_6,
    step_7,
    step_8,
    step_9,
    step_11,
    step_12,
    step_14,
    step_15,
)


def build(project: Project) -> None:
    """Follow the steps that build the project, in order."""
    project.root.mkdir()
    for step in _STEPS:
        step(project)
