"""Static files of a directory that changes while the server runs."""

import json
import os

import pytest
from django.http import HttpResponse

from keyturn_server import web_files
from keyturn_server.static_files import StaticFilesMiddleware


@pytest.fixture
def files(db, settings, tmp_path):
    """A directory that is served, and who serves it."""
    settings.STATIC_URL, settings.STATIC_ROOT = "/static/", str(tmp_path)
    settings.WHITENOISE_AUTOREFRESH = settings.WHITENOISE_USE_FINDERS = False
    (tmp_path / "app.js").write_text("1")
    (tmp_path / "app.js.gz").write_bytes(b"1")
    return tmp_path, StaticFilesMiddleware(lambda _: HttpResponse("elsewhere", status=418))


@pytest.mark.parametrize("accept", ["", "gzip"])
def test_a_file_that_a_new_build_removed_is_nowhere_and_no_cache_keeps_that(files, rf, accept):
    directory, middleware = files
    request = rf.get("/static/app.js", HTTP_ACCEPT_ENCODING=accept)
    there = middleware(request)
    assert there.status_code == 200
    there.close()
    for file in directory.iterdir():
        file.unlink()
    gone = middleware(request)
    assert (gone.status_code, json.loads(gone.content)["code"]) == (404, "not_found")
    assert "no-store" in gone["Cache-Control"]
    assert middleware(rf.get("/static/never.js")).status_code == 418


@pytest.fixture
def builds(db, settings, monkeypatch, tmp_path):
    """``builds(**files)`` puts a build with these files in the place of the one before, as ``scripts/web.py`` does."""
    place = tmp_path / "web"
    monkeypatch.setattr(web_files, "DIRECTORY", place)
    settings.STATIC_URL, settings.STATIC_ROOT, settings.STATICFILES_DIRS = "/static/", None, []
    settings.WHITENOISE_AUTOREFRESH, settings.WHITENOISE_USE_FINDERS = False, True
    settings.WHITENOISE_IMMUTABLE_FILE_TEST = "^/static/web/assets/"
    made: list[dict[str, str]] = []

    def build(**files):
        fresh = tmp_path / f"build-{len(made)}"
        (fresh / "static" / "assets").mkdir(parents=True)
        for name, text in files.items():
            (fresh / "static" / "assets" / f"{name}.js").write_text(text)
        (fresh / "app.html").write_text(f'<script type="application/json" id="keyturn">{{}}</script>{" ".join(files)}')
        (fresh / "build.json").write_text("{}")
        # File systems tell times as coarsely as they like; two builds are never made at one time.
        os.utime(fresh / "build.json", ns=(len(made) * 10**9, len(made) * 10**9))
        if place.exists():
            place.rename(tmp_path / f"before-{len(made)}")
        fresh.rename(place)
        made.append(files)

    web_files.forget()
    yield build
    web_files.forget()


def _body(middleware, request):
    answer = middleware(request)
    body = answer.getvalue()
    answer.close()
    return answer.status_code, body


def test_a_new_build_is_served_at_once_by_a_server_that_listed_the_one_before(builds, rf, settings):
    builds(first="1", same="2")
    settings.STATICFILES_DIRS = web_files.static_dirs()
    middleware = StaticFilesMiddleware(lambda _: HttpResponse("elsewhere", status=418))
    assert _body(middleware, rf.get("/static/web/assets/same.js")) == (200, b"2")
    assert (web_files.page_around("{}") or "").endswith("first same")
    builds(second="3", same="2 and more")

    assert (web_files.page_around("{}") or "").endswith("second same")
    assert _body(middleware, rf.get("/static/web/assets/second.js")) == (200, b"3")
    # The length that was listed for the old one would cut it.
    assert _body(middleware, rf.get("/static/web/assets/same.js")) == (200, b"2 and more")
    answer = middleware(rf.get("/static/web/assets/second.js"))
    assert "immutable" in answer["Cache-Control"]
    answer.close()
    assert middleware(rf.get("/static/web/assets/first.js")).status_code == 404
    assert middleware(rf.get("/static/web/assets/never.js")).status_code == 418


def test_an_app_that_is_built_while_the_server_runs_is_served(builds, rf):
    middleware = StaticFilesMiddleware(lambda _: HttpResponse("elsewhere", status=418))
    assert web_files.page_around("{}") is None
    assert middleware(rf.get("/static/web/assets/first.js")).status_code == 418
    builds(first="1")

    assert (web_files.page_around("{}") or "").endswith("first")
    assert _body(middleware, rf.get("/static/web/assets/first.js")) == (200, b"1")


def test_a_build_that_is_gone_takes_nothing_down(builds, rf):
    builds(first="1")
    middleware = StaticFilesMiddleware(lambda _: HttpResponse("elsewhere", status=418))
    web_files.DIRECTORY.rename(web_files.DIRECTORY.with_name("aside"))

    assert middleware(rf.get("/static/web/assets/other.js")).status_code == 418
    assert web_files.page_around("{}") is None
    builds(second="2")
    assert _body(middleware, rf.get("/static/web/assets/second.js")) == (200, b"2")
