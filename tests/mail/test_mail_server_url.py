"""``KEYTURN_EMAIL_URL`` and ``KEYTURN_EMAIL_FROM``."""

import pytest

from keyturn_server import mailing
from keyturn_server.mailing import MailServer


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://mail.example.com", MailServer("mail.example.com", 587, "starttls")),
        ("smtp://mail.example.com/", MailServer("mail.example.com", 587, "starttls")),
        ("smtp://u:p@mail.example.com:2525", MailServer("mail.example.com", 2525, "starttls", "u", "p")),
        (
            "smtp://u@x.com:p%40%2F%3A@mail.example.com",
            MailServer("mail.example.com", 587, "starttls", "u@x.com", "p@/:"),
        ),
        ("smtps://u:p@mail.example.com", MailServer("mail.example.com", 465, "implicit", "u", "p")),
        ("smtp://mail.example.com?tls=none", MailServer("mail.example.com", 25, "none")),
        ("smtp://mail.example.com?tls=starttls", MailServer("mail.example.com", 587, "starttls")),
        ("smtp://u:p@localhost:1025?tls=none", MailServer("localhost", 1025, "none", "u", "p")),
        ("smtp://u:p@[::1]:1025?tls=none", MailServer("::1", 1025, "none", "u", "p")),
        ("smtp://192.0.2.7", MailServer("192.0.2.7", 587, "starttls")),
        (" SMTP://mail.example.com ", MailServer("mail.example.com", 587, "starttls")),
    ],
)
def test_a_mail_server_is_read(url, server):
    assert mailing.parse(url) == server


@pytest.mark.parametrize(
    "url",
    [
        "mail.example.com",
        "mail.example.com:587",
        "http://u:CANARY@mail.example.com",
        "smtp://",
        "smtp://u:CANARY@",
        "smtp://u:CANARY@:25",
        "smtp://u:CANARY@mail.example.com:port",
        "smtp://u:CANARY@mail.example.com:0",
        "smtp://u:CANARY@mail.example.com:70000",
        "smtp://u:CANARY@mail.example.com/path",
        "smtp://u:CANARY/x@mail.example.com",
        "smtp://u:CANARY#x@mail.example.com",
        "smtp://u:CANARY@mail.example.com?tls=maybe",
        "smtp://u:CANARY@mail.example.com?tls=implicit",
        "smtp://u:CANARY@mail.example.com?ssl=1",
        "smtps://u:CANARY@mail.example.com?tls=none",
        "smtp://u:CANARY@mail.example.com?tls=none",
        "smtp://:CANARY@mail.example.com",
        "smtp://u:CANARY%0D%0AQUIT@mail.example.com",
        "smtp://u:CANARY@mail.example.com\nx",
        "smtp://u:CANARY@[::1",
        "smtp://u:CANARY@mail example.com",
    ],
)
def test_what_is_no_mail_server_is_refused_and_its_password_is_not_repeated(url):
    with pytest.raises(ValueError, match=r"^[a-z]") as caught:
        mailing.parse(url)
    assert "CANARY" not in str(caught.value)


def test_a_password_shows_in_no_repr():
    assert "CANARY" not in repr(mailing.parse("smtp://u:CANARY@mail.example.com"))
    assert "CANARY" not in str(mailing.parse("smtp://u:CANARY@mail.example.com"))


@pytest.mark.parametrize(
    "text",
    [
        "auth@example.com",
        "Example <auth@example.com>",
        '"Example, Inc." <auth@example.com>',
        " a@b.co ",
        "Grüße <a@b.co>",
    ],
)
def test_a_sender_is_read(text):
    assert mailing.sender(text) == text.strip()


@pytest.mark.parametrize(
    "text",
    [
        "Example",
        "@example.com",
        "auth@",
        "a@example.com, b@example.com",
        "a@example.com\nBcc: b@example.com",
        "Example, Inc. <a@example.com>",
        "a@example.com>",
        "<>",
        "Example <a@example.com> x",
    ],
)
def test_what_is_no_sender_is_refused(text):
    with pytest.raises(ValueError, match="is not one address"):
        mailing.sender(text)
