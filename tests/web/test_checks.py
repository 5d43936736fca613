"""W009: pages that may send their cookie but not read the answer."""

from typing import Any

import pytest

from keyturn.api.checks import check_cors

APP = "https://app.example.com"
STOCK = "corsheaders.middleware.CorsMiddleware"


@pytest.fixture
def project(settings: Any) -> Any:
    """A project that does all that is needed."""
    settings.KEYTURN = {"WEB_ORIGINS": [APP]}
    settings.INSTALLED_APPS = [*settings.INSTALLED_APPS, "corsheaders"]
    settings.MIDDLEWARE = [STOCK, *settings.MIDDLEWARE]
    settings.CORS_ALLOWED_ORIGINS = [APP]
    settings.CORS_ALLOW_CREDENTIALS = True
    settings.CORS_ALLOW_HEADERS = ["authorization", "content-type", "X-Keyturn-Client", "Idempotency-Key"]
    return settings


def told() -> list[str]:
    return [message.msg for message in check_cors() if message.id == "keyturn.W009"]


def test_a_project_whose_cors_lets_its_pages_is_not_warned(project):
    assert told() == []


def test_a_project_without_pages_elsewhere_is_not_warned(settings):
    assert told() == []


@pytest.mark.parametrize("name", ["WEB_ORIGINS", "WEB_ORIGINS_BY_HEADER"])
def test_w009_warns_where_nothing_answers_cors(settings, name):
    settings.KEYTURN = {name: [APP]}
    assert told() == [f"Pages of {APP} cannot use Keyturn's cookie: django-cors-headers is not installed."]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"CORS_ALLOWED_ORIGINS": ["https://app.example.net"]}, "CORS_ALLOWED_ORIGINS does not name them"),
        ({"CORS_ALLOW_CREDENTIALS": False}, "CORS_ALLOW_CREDENTIALS is not True"),
        ({"CORS_ALLOW_HEADERS": ["idempotency-key"]}, "CORS_ALLOW_HEADERS lacks x-keyturn-client"),
        ({"CORS_ALLOW_HEADERS": ["x-keyturn-client"]}, "CORS_ALLOW_HEADERS lacks idempotency-key"),
        ({"MIDDLEWARE": []}, f"MIDDLEWARE lacks {STOCK}"),
    ],
)
def test_w009_says_what_is_missing(project, change, words):
    for name, value in change.items():
        setattr(project, name, value)
    assert told() == [f"Pages of {APP} cannot use Keyturn's cookie: {words}."]


@pytest.mark.parametrize(
    "change",
    [
        {"CORS_ALLOWED_ORIGINS": [], "CORS_ALLOW_ALL_ORIGINS": True},
        {"CORS_ALLOWED_ORIGINS": [], "CORS_ALLOWED_ORIGIN_REGEXES": [r"^https://app\.example\.com$"]},
        {"MIDDLEWARE": ["project.cors.OwnCors"], "CORS_ALLOW_CREDENTIALS": False},
    ],
)
def test_w009_does_not_judge_what_it_cannot_read(project, change):
    for name, value in change.items():
        setattr(project, name, value)
    assert told() == []
