"""The ready-made server, from a sign-up over HTTP to a mail in somebody's hands."""

import base64
import re
import time

import pytest

from tests.mail.sink import Sink
from tests.server.running import ask, keyturn
from tests.services.migrated import migrate
from tests.services.ports import LOOPBACK

# The server chooses its database itself.
pytestmark = [pytest.mark.server, pytest.mark.sqlite]

# The host that a request names is allowed, and is not ours.
ENV = {
    "KEYTURN_DEBUG": "1",
    "KEYTURN_PUBLIC_URL": "https://auth.example.com",
    "KEYTURN_ALLOWED_HOSTS": "auth.example.com,evil.example",
    "KEYTURN_EMAIL_FROM": "Example <auth@example.com>",
    "KEYTURN_SITE_NAME": "Example",
}
ACCOUNT = {"email": "reader@example.com", "username": "reader", "password": "seven-green-bottles-on-a-wall"}


def until(true, seconds=30):
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.fixture
def sink():
    server = Sink()
    server.start()
    yield server
    server.stop()


@pytest.fixture
def server(sink, live_server_process, tmp_path):
    env = {**ENV, "KEYTURN_EMAIL_URL": sink.url}
    migrate(tmp_path, env)
    return live_server_process(env=env, ready="/health/live/")


def sign_up(server, **headers):
    return ask(server.port, "POST", "/auth/app/v1/auth/signup", json_body=ACCOUNT, **headers)


def test_a_sign_up_sends_a_code_and_a_link_in_the_callers_language(server, sink, tmp_path):
    answer = sign_up(server, accept_language="de-AT", host="evil.example")
    assert answer.status == 401, answer.body
    until(lambda: sink.taken)

    (mail,) = sink.taken
    assert (mail["To"], mail["From"]) == ("reader@example.com", "Example <auth@example.com>")
    assert mail["Subject"] == "Bestätigen Sie Ihre E-Mail-Adresse für Example"
    text, html = (mail.get_body((kind,)).get_content() for kind in ("plain", "html"))
    links = re.findall(r"https?://[^\s\"<]+", text + html)
    assert len(links) >= 3
    assert all(link.startswith("https://auth.example.com") for link in links)
    assert "evil" not in mail.as_string()
    assert "reader" not in text

    made = keyturn("clients", "create", "p", "--scope", "metrics", directory=tmp_path, env={"KEYTURN_DEBUG": "1"})
    client = dict(line.split("=", 1) for line in made.stdout.splitlines())
    basic = base64.b64encode(f"{client['client_id']}:{client['client_secret']}".encode()).decode()
    counted = 'keyturn_deliveries_total{lane="mail",outcome="made"} 1.0'
    until(lambda: counted in ask(server.port, "GET", "/metrics", authorization=f"Basic {basic}").body.decode())


@pytest.mark.slow
def test_while_the_mail_server_is_dead_a_sign_up_is_answered_all_the_same_and_the_mail_comes_later(server, sink):
    sink.stop()
    assert sign_up(server).status == 401
    until(lambda: "put off: verify_email" in server.output())
    assert "reader@" not in server.output()

    sink.start()
    until(lambda: sink.taken, seconds=60)
    assert sink.attempts == {"reader@example.com": 1}
    assert LOOPBACK not in sink.taken[0].as_string()
