"""What the web app's page is told, whatever a name holds, and what a browser gets where the app was not built."""

import json
import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.test import RequestFactory

from keyturn_server import demo_users, web_config, web_files, web_pages

PLACE = '<script type="application/json" id="keyturn">{}</script>'


@pytest.fixture
def server_settings(settings, tmp_path):
    """The settings that only the server has."""
    # Which pages there are is decided once a process, here by the settings of all tests.
    import keyturn_server.urls  # noqa: F401

    settings.ROOT_URLCONF = "keyturn_server.urls"
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [Path(web_files.__file__).parent / "templates"]}]
    settings.KEYTURN_SERVER_INBOX = None
    settings.KEYTURN_SERVER_DATA_DIR = tmp_path
    return settings


@pytest.fixture
def app(monkeypatch, tmp_path):
    """``app(html)`` puts a page in the place of the one that is built."""
    monkeypatch.setattr(web_files, "DIRECTORY", tmp_path)

    def put(html):
        (tmp_path / "app.html").write_text(html)
        web_files.forget()

    web_files.forget()
    yield put
    web_files.forget()


def _get(**headers):
    return RequestFactory().get("/", headers={"accept": "text/html", **headers})


@pytest.mark.parametrize(
    "name",
    ["</script><script>alert(1)</script>", "<!--<script>", "]]>", "&quot;", '"}', "\\u003c", "\\1\\g<0>"],
)
def test_no_name_of_a_site_ends_the_element_that_it_stands_in(server_settings, app, name):
    server_settings.KEYTURN = {"SITE_NAME": name}
    app(f"<html>{PLACE}<body></body></html>")
    text = web_pages.root(_get()).content.decode()
    (inside,) = re.findall(r'<script type="application/json" id="keyturn">(.*)</script><body></body>', text)
    assert not set("<>&") & set(inside)
    assert json.loads(inside)["siteName"] == name


def test_a_page_without_a_place_for_it_is_refused(server_settings, app):
    app("<html></html>")
    with pytest.raises(Exception, match="build it anew: make web"):
        web_pages.root(_get())


def test_where_no_app_was_built_there_is_a_plain_page_and_the_places_lead_to_it(server_settings, app):
    server_settings.KEYTURN = {"SITE_NAME": "<b>ours</b>"}
    answer = web_pages.root(_get())
    assert answer.status_code == 200
    assert b"&lt;b&gt;ours&lt;/b&gt;" in answer.content
    assert b"<b>ours" not in answer.content
    assert b"make run" not in answer.content
    assert "default-src 'none'" in answer["Content-Security-Policy"]
    elsewhere = web_pages.place(RequestFactory().get("/sign-in"))
    assert (elsewhere.status_code, elsewhere["Location"]) == (302, "/")


class TestWaysIn:
    def test_the_page_is_told_which_ways_of_signing_in_there_are(self, server_settings):
        server_settings.KEYTURN = {
            "PUBLIC_URL": "https://auth.example.com",
            "PROVIDERS": {
                "acme": {"ISSUER": "https://acme.example", "CLIENT_ID": "x", "CLIENT_SECRET": "hidden", "NAME": "Acme"}
            },
            "TRUSTED_DEVICE_LIFETIME": timedelta(days=7),
        }
        server_settings.ACCOUNT_LOGIN_BY_CODE_ENABLED = True
        told = web_config.configuration(_get())
        assert told["passkeys"] is True
        assert told["providers"] == [{"id": "acme", "name": "Acme"}]
        assert told["signInByMail"] is True
        assert told["trustDeviceFor"] == 7 * 86_400
        assert "hidden" not in json.dumps(told)

    def test_without_a_domain_it_offers_no_passkeys(self, server_settings):
        server_settings.KEYTURN = {"PUBLIC_URL": "http://127.0.0.1:8000"}
        server_settings.ACCOUNT_LOGIN_BY_CODE_ENABLED = False
        told = web_config.configuration(_get())
        assert told["passkeys"] is False
        assert told["providers"] == []
        assert told["signInByMail"] is False


class TestDemoUser:
    @pytest.fixture
    def seeded(self, server_settings, db):
        server_settings.DEBUG = True
        demo_users.seed(server_settings.KEYTURN_SERVER_DATA_DIR)
        return server_settings

    def test_development_fills_it_in(self, seeded):
        told = web_config.configuration(_get())["demo"]
        kept = demo_users.kept_password(seeded.KEYTURN_SERVER_DATA_DIR, "demo")
        assert told == {"username": "demo", "password": kept}

    def test_a_page_of_another_site_is_not_told_its_password(self, seeded):
        assert web_config.configuration(_get(origin="https://evil.example"))["demo"] is None

    def test_production_knows_of_none_though_the_file_is_there(self, seeded):
        seeded.DEBUG = False
        told = web_config.configuration(_get())
        assert told["demo"] is None
        assert told["links"] == {}

    def test_a_password_that_was_changed_is_not_offered(self, seeded, django_user_model):
        user = django_user_model.objects.get(username="demo")
        user.set_password("one of my own")
        user.save()
        assert web_config.configuration(_get())["demo"] is None

    def test_the_administrators_password_is_never_told(self, seeded):
        kept = demo_users.kept_password(seeded.KEYTURN_SERVER_DATA_DIR, "admin")
        assert kept is not None
        assert kept not in json.dumps(web_config.configuration(_get()))
