"""Static files of a directory that changes while the server runs."""

import json

import pytest
from django.http import HttpResponse

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
