"""``/dev/inbox/``: there in development, and only there."""

import subprocess
import sys
import time

import pytest

from keyturn_server import inbox
from tests.mail.sink import Sink
from tests.server.running import KEYTURN, PRODUCTION, ask
from tests.services import ports
from tests.services.migrated import migrate
from tests.services.process import ServerProcess, clean_environment

HTML = "text/html,application/xhtml+xml,*/*;q=0.8"
SEND = """
import sys, django
django.setup()
from keyturn.mail.sending import send
for address in sys.argv[1:]:
    send("verify_email", to=address, context={"code": "ABC-DEF", "link": "https://app.example.com/verify?key=a&b=c"})
"""


def serves(test):
    """Mark a test of a server, which chooses its database itself."""
    return pytest.mark.server(pytest.mark.sqlite(test))


def write_to(directory, env, *addresses):
    variables = clean_environment({**env, "DJANGO_SETTINGS_MODULE": "keyturn_server.settings"})
    subprocess.run([sys.executable, "-c", SEND, *addresses], cwd=directory, env=variables, check=True, timeout=60)


@pytest.fixture(scope="module")
def development(tmp_path_factory):
    """One server for all that only look."""
    directory, env = tmp_path_factory.mktemp("development"), {"KEYTURN_DEBUG": "1"}
    migrate(directory, env)
    serve = [*KEYTURN, "serve", "--host", ports.LOOPBACK, "--port", "{port}"]
    server = ServerProcess(serve, port=ports.free_port(), directory=directory, environment=clean_environment(env))
    server.wait_until_it_answers("/health/live/", seconds=60)
    write_to(directory, env, "a@example.com", "b@example.com")
    yield server
    server.stop()


def mails(server, query=""):
    return ask(server.port, "GET", f"/dev/inbox/{query}").json["mails"]


@serves
def test_it_lists_shows_and_hands_out_what_was_sent(development):
    newest, oldest = mails(development)
    assert (newest["to"], oldest["to"]) == ("b@example.com", "a@example.com")
    assert "ABC-DEF" in newest["text"]
    assert newest["links"][0] == "https://app.example.com/verify?key=a&b=c"
    assert mails(development, "?to=A@example.com") == [oldest]

    page = ask(development.port, "GET", "/dev/inbox/", accept=HTML)
    assert page.body.decode().count(newest["subject"]) == 2
    path = f"/dev/inbox/{newest['id']}/"
    assert ask(development.port, "GET", path).json == newest
    shown = ask(development.port, "GET", path, accept=HTML)
    assert "ABC-DEF" in shown.body.decode()
    assert f'src="{path}html/"' in shown.body.decode()
    assert b"Message-ID" in ask(development.port, "GET", f"{path}raw/").body

    latest = ask(development.port, "GET", "/dev/inbox/latest/?to=a@example.com")
    assert latest.headers["content-type"] == "text/plain; charset=utf-8"
    assert latest.body.decode() == oldest["text"]


@serves
def test_what_came_by_mail_runs_in_a_sandbox(development):
    (mail, _) = mails(development)
    body = ask(development.port, "GET", f"/dev/inbox/{mail['id']}/html/")
    page = ask(development.port, "GET", f"/dev/inbox/{mail['id']}/", accept=HTML)

    assert '<head><base target="_blank">' in body.body.decode()
    policy = body.headers["content-security-policy"]
    assert policy.startswith("sandbox allow-popups")
    assert "allow-scripts" not in policy
    assert "default-src 'none'" in policy
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert 'sandbox="allow-popups' in page.body.decode()
    assert "allow-scripts" not in page.body.decode()
    for answer in (body, page):
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert "no-store" in answer.headers["cache-control"]


@serves
def test_no_page_of_another_origin_can_read_it(development):
    for path in ("/dev/inbox/", "/dev/inbox/latest/"):
        answer = ask(development.port, "GET", path, origin="https://evil.example")
        assert "access-control-allow-origin" not in answer.headers


@serves
def test_a_mail_that_is_not_there_is_not_found(development):
    for path in (
        "nosuchmail/",
        "..%2f..%2fsecret/",
        "%2e%2e/",
        "20260101T000000000000-00000000/",
        "20260101T000000000000-00000000/html/",
        "20260101T000000000000-00000000/raw/",
        "..%2fsecret/raw/",
        "latest/?to=nobody@example.com",
        "x%0a/",
        "%ff/",
    ):
        answer = ask(development.port, "GET", f"/dev/inbox/{path}")
        assert (answer.status, answer.json["code"]) == (404, "not_found"), path


@serves
def test_it_only_shows(development):
    for method in ("POST", "PUT", "DELETE"):
        for path in ("", "latest/"):
            answer = ask(development.port, method, f"/dev/inbox/{path}")
            assert (answer.status, answer.json["code"]) == (405, "method_not_allowed")


@serves
def test_production_has_none_and_no_mail_either(live_server_process, tmp_path):
    migrate(tmp_path, PRODUCTION)
    server = live_server_process(env=PRODUCTION, ready="/health/live/")

    assert ask(server.port, "GET", "/dev/inbox/").status == 404
    write_to(tmp_path, PRODUCTION, "a@example.com")
    assert not (tmp_path / "var" / "inbox").exists()


@serves
def test_with_a_mail_server_development_sends_and_keeps_none(live_server_process, tmp_path):
    sink = Sink()
    sink.start()
    try:
        env = {"KEYTURN_DEBUG": "1", "KEYTURN_EMAIL_URL": sink.url, "KEYTURN_EMAIL_FROM": "Keyturn <a@example.com>"}
        migrate(tmp_path, env)
        server = live_server_process(env=env)
        assert ask(server.port, "GET", "/dev/inbox/").status == 404
        write_to(tmp_path, {**env, "PORT": str(server.port)}, "reader@example.com")
        # Whoever committed it may have ended before it was sent; then the server does it.
        deadline = time.monotonic() + 30
        while not sink.taken:
            assert time.monotonic() < deadline
            time.sleep(0.05)
    finally:
        sink.stop()
    assert sink.taken[0]["From"] == "Keyturn <a@example.com>"


def test_old_mail_makes_room(settings, tmp_path):
    from django.core.mail import EmailMessage

    settings.KEYTURN_SERVER_INBOX = tmp_path
    backend = inbox.EmailBackend()
    for number in range(205):
        backend.send_messages([EmailMessage(subject=str(number), body="x", from_email="a@b.co", to=["c@d.co"])])

    assert all(file.stat().st_mode & 0o077 == 0 for file in tmp_path.iterdir())
    assert [mail.subject for mail in inbox.received()] == [str(number) for number in range(204, 4, -1)]
