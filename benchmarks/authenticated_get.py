"""An authenticated GET: Keyturn beside stock simplejwt, on one PostgreSQL, under one server program, in one run.

    .venv/bin/python -m benchmarks.authenticated_get [--seconds 4] [--rounds 5]

Three backends answer the tutorial's ``/home/``, each from one worker process of Granian's with the same threads and
persistent connections: the tutorial's project with stock simplejwt, the same project with Keyturn added as the README
says, and ``keyturn serve``. They are asked in turn, round by round, by one client with as many connections to each; the
medians are compared. Only the ratios carry over to another machine.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from benchmarks.driving import Driver, log_in
from tests.services.ports import free_port
from tests.services.postgres import PostgresServer, start_postgres
from tests.services.process import ServerProcess, clean_environment

__all__ = ["main"]

ROOT: Final = Path(__file__).resolve().parent.parent
GOAL: Final = 5.0
"""How many times stock's rate Keyturn is to reach."""
WORKERS: Final = 1
THREADS: Final = 5
CONNECTIONS: Final = 8
USERS: Final = 50

_SETTINGS: Final = """
import os
from datetime import timedelta
from keyturn_server import database

SECRET_KEY = "for this benchmark only, and of no value to anybody else at all"
DEBUG = False
ALLOWED_HOSTS = ["127.0.0.1"]
ROOT_URLCONF = "urls"
USE_TZ = True
INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "corsheaders",
    "rest_framework_simplejwt.token_blacklist",
    *(["keyturn"] if os.environ["SIDE"] == "keyturn" else []),
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
TEMPLATES = [{
    "BACKEND": "django.template.backends.django.DjangoTemplates",
    "APP_DIRS": True,
    "OPTIONS": {"context_processors": [
        "django.template.context_processors.request",
        "django.contrib.auth.context_processors.auth",
        "django.contrib.messages.context_processors.messages",
    ]},
}]
DATABASES = {"default": database.settings_for(database.parse(os.environ["BENCHMARK_DATABASE"]), pool_size=8)}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CORS_ALLOW_ALL_ORIGINS = True
CORS_ALLOW_CREDENTIALS = True
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ("rest_framework_simplejwt.authentication.JWTAuthentication",),
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
}
SIMPLE_JWT = {
    "ACCESS_TOKEN_LIFETIME": timedelta(minutes=30),
    "ROTATE_REFRESH_TOKENS": True,
    "BLACKLIST_AFTER_ROTATION": True,
}
"""
_URLS: Final = """
import os
from django.contrib import admin
from django.urls import include, path
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework_simplejwt.views import TokenObtainPairView, TokenRefreshView


class HomeView(APIView):
    permission_classes = (IsAuthenticated,)

    def get(self, request):
        return Response({"message": "Welcome to the JWT Authentication page using React Js and Django!"})


urlpatterns = [
    *([path("", include("keyturn.urls"))] if os.environ["SIDE"] == "keyturn" else []),
    path("admin/", admin.site.urls),
    path("token/", TokenObtainPairView.as_view()),
    path("token/refresh/", TokenRefreshView.as_view()),
    path("home/", HomeView.as_view()),
]
"""
_WSGI: Final = "from django.core.wsgi import get_wsgi_application\n\napplication = get_wsgi_application()\n"
_USERS: Final = (
    "from django.contrib.auth.models import User\n"
    f"for n in range({USERS}): User.objects.create_user(f'user{{n}}', password='of no value')\n"
)


class Backend:
    """One backend: its program, its database, its users' tokens."""

    def __init__(self, name: str, server: ServerProcess) -> None:
        self.name = name
        self.server = server
        self.rates: list[float] = []

    def sign_everybody_in(self) -> None:
        """Get an access token for each user."""
        tokens = [log_in(self.server.port, f"user{n}", "of no value") for n in range(USERS)]
        requests = [
            f"GET /home/ HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: application/json\r\nAuthorization: Bearer {one}\r\n\r\n"
            for one in tokens
        ]
        self.driver = Driver(self.server.port, [request.encode() for request in requests], connections=CONNECTIONS)


def _project(stack: ExitStack, postgres: PostgresServer, directory: Path, side: str) -> Backend:
    environment = clean_environment(
        {
            "SIDE": side,
            "BENCHMARK_DATABASE": stack.enter_context(postgres.new_database()),
            "DJANGO_SETTINGS_MODULE": "settings",
            "PYTHONPATH": os.pathsep.join([str(directory), str(ROOT / "src")]),
        }
    )
    django = [sys.executable, "-m", "django"]
    subprocess.run([*django, "migrate", "--verbosity=0"], cwd=directory, env=environment, check=True)
    subprocess.run([*django, "shell", "-v", "0", "-c", _USERS], cwd=directory, env=environment, check=True)
    serve = ["-m", "granian", "--interface", "wsgi", "wsgi:application", "--host", "127.0.0.1", "--port", "{port}"]
    serve += ["--workers", str(WORKERS), "--blocking-threads", str(THREADS), "--log-level", "warning"]
    server = ServerProcess([sys.executable, *serve], port=free_port(), directory=directory, environment=environment)
    stack.callback(server.stop)
    server.wait_until_it_answers("/home/", seconds=30)
    return Backend("stock simplejwt" if side == "stock" else "the same project with Keyturn", server)


def _server(stack: ExitStack, postgres: PostgresServer, directory: Path) -> Backend:
    environment = clean_environment(
        {
            "DATABASE_URL": stack.enter_context(postgres.new_database()),
            "KEYTURN_SECRET_KEY": "x7Qm0Zr8Ls2Yw6Kd1Hn7Bc5Pf9Gj3Ta0Ue4Ri8Ob2Mv6Xz1CqVt4",
            "KEYTURN_ACCESS_LIFETIME": "30m",
            "KEYTURN_LOG_LEVEL": "warning",
        }
    )
    keyturn = [sys.executable, "-m", "keyturn_server.cli"]
    subprocess.run([*keyturn, "migrate", "--verbosity=0"], cwd=directory, env=environment, check=True)
    subprocess.run([*keyturn, "shell", "-v", "0", "-c", _USERS], cwd=directory, env=environment, check=True)
    serve = [*keyturn, "serve", "--port", "{port}", "--workers", str(WORKERS), "--threads", str(THREADS)]
    server = ServerProcess(serve, port=free_port(), directory=directory, environment=environment)
    stack.callback(server.stop)
    server.wait_until_it_answers("/health/live/", seconds=30)
    return Backend("keyturn serve", server)


def main() -> int:
    """Measure, print the table, and say whether the goal was reached."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    options.add_argument("--seconds", type=float, default=4, help="of each round and backend")
    options.add_argument("--rounds", type=int, default=5)
    given = options.parse_args()
    with ExitStack() as stack:
        service, url = start_postgres(durable=True)
        stack.callback(service.stop)
        postgres = PostgresServer(url)
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="keyturn-benchmark-")))
        for name, text in (("settings.py", _SETTINGS), ("urls.py", _URLS), ("wsgi.py", _WSGI)):
            (directory / name).write_text(text)
        backends = [
            _project(stack, postgres, directory, "stock"),
            _project(stack, postgres, directory, "keyturn"),
            _server(stack, postgres, directory),
        ]
        for backend in backends:
            backend.sign_everybody_in()
            backend.driver.run(seconds=1)  # warm
        for _ in range(given.rounds):
            for backend in backends:
                backend.rates.append(backend.driver.run(seconds=given.seconds))
    stock = statistics.median(backends[0].rates)
    print(f"{'':32}{'requests/s':>12}{'x stock':>9}   rounds")
    for backend in backends:
        rate = statistics.median(backend.rates)
        rounds = " ".join(f"{one:.0f}" for one in backend.rates)
        print(f"{backend.name:32}{rate:12.0f}{rate / stock:9.1f}   {rounds}")
    best = statistics.median(backends[-1].rates) / stock
    print(f"Goal: {GOAL:g} times stock. {'Reached' if best >= GOAL else 'Not reached'}: {best:.1f}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
