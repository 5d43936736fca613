"""None of the lab exists in production: not its paths, not its middleware, not its clock."""

import json
from base64 import urlsafe_b64decode
from datetime import UTC, datetime, timedelta
from importlib import import_module

import pytest
from django.core.exceptions import ImproperlyConfigured, MiddlewareNotUsed
from django.http import HttpResponse

from keyturn import clock
from keyturn_server.dev import urls
from keyturn_server.dev.apps import DevConfig
from keyturn_server.dev.middleware import LabMiddleware
from tests.lab.conftest import NAME, PASSWORD
from tests.server.running import PRODUCTION, ask, keyturn

PATHS = [
    "/lab/",
    "/dev/config/",
    "/dev/clock/",
    "/dev/lab/",
    "/dev/lab/events/",
    "/dev/lab/faults/",
    "/dev/lab/keys/",
    "/dev/lab/rules/",
    "/dev/lab/steal/",
    "/dev/lab/use/",
    "/dev/provider/.well-known/openid-configuration",
    "/dev/provider/authorize/",
    "/dev/provider/jwks/",
    "/dev/provider/token/",
]


@pytest.mark.server
@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "OPTIONS"])
def test_the_path_does_not_exist(production, method, path):
    body = b'{"advance": 60, "kind": "drop"}' if method == "POST" else None
    answer = ask(production.port, method, path, body=body, content_type="application/json")
    assert answer.status == 404


@pytest.mark.server
def test_all_those_paths_exist_in_development(lab):
    # Else the test above would test nothing. The page itself is there only where the app has been built.
    own = [path for path in PATHS if path not in {"/lab/", "/dev/lab/"}]
    assert {lab.ask("OPTIONS", path).status for path in own} <= {200, 204, 405}


@pytest.mark.server
def test_the_api_neither_notes_nor_breaks_anything(production, tmp_path):
    answer = ask(production.port, "POST", "/token/refresh/", json_body={"refresh": "x"}, x_keyturn_lab="somebody")
    assert answer.status == 401
    settings = "from django.conf import settings as s; import sys; print(s.KEYTURN_SERVER_LAB, s.INSTALLED_APPS, "
    settings += "s.MIDDLEWARE, s.KEYTURN_SERVER_API_MIDDLEWARE, [m for m in sys.modules if 'keyturn_server.dev' in m])"
    told = keyturn("shell", "--no-imports", "-c", settings, directory=tmp_path, env=PRODUCTION)
    assert told.returncode == 0, told.stderr
    assert told.stdout.startswith("None ")
    # Only the list of URLs, which is empty, is looked at.
    assert "'keyturn_server.dev'" not in told.stdout.split("]", 1)[0]
    assert "keyturn_server.dev.middleware" not in told.stdout
    assert "keyturn_server.dev.shared_clock" not in told.stdout


@pytest.mark.server
def test_a_clock_that_development_left_behind_moves_nothing(production):
    answer = ask(
        production.port,
        "POST",
        "/token/",
        json_body={"username": NAME, "password": PASSWORD},
        host="auth.example.com",
    )
    payload = answer.json["access"].split(".")[1]
    claims = json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    assert abs(datetime.fromtimestamp(claims["iat"], tz=UTC) - datetime.now(tz=UTC)) < timedelta(hours=1)


def test_the_app_does_not_start_without_debug(settings):
    settings.DEBUG = False
    app = DevConfig("keyturn_server.dev", import_module("keyturn_server.dev"))
    with pytest.raises(ImproperlyConfigured, match="for development"):
        app.ready()
    assert clock.utc_now() - datetime.now(tz=UTC) < timedelta(seconds=10)


def test_the_middleware_steps_aside_without_debug(settings):
    settings.DEBUG = False
    with pytest.raises(MiddlewareNotUsed):
        LabMiddleware(lambda request: HttpResponse())


def test_there_are_no_urls_without_debug_even_where_a_directory_is_named(settings, tmp_path):
    settings.KEYTURN_SERVER_LAB = tmp_path
    settings.DEBUG = False
    assert urls.urlpatterns() == []
    settings.DEBUG = True
    assert len(urls.urlpatterns()) > 5
