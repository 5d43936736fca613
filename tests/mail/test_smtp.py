"""Against a real SMTP server: taken, refused, dead for a while."""

from datetime import timedelta

import pytest

from keyturn.clock import utc_now
from keyturn.mail.courier import deliver_due
from keyturn.mail.models import OutgoingMail
from keyturn.mail.sending import send
from keyturn_server import mailing
from tests.mail.sink import Sink, sending_to
from tests.services import ports

pytestmark = pytest.mark.django_db


def write_to(*addresses):
    for address in addresses:
        send("reset_password", to=address, context={"code": "CANARY-1"})


def later(**by):
    return utc_now() + timedelta(**by)


def test_a_mail_arrives_with_both_parts_and_its_envelope(sink, settings):
    settings.DEFAULT_FROM_EMAIL = "Example <auth@example.com>"
    write_to("reader@example.com")

    assert deliver_due().made == 1
    (mail,) = sink.taken
    assert sink.envelopes == [("auth@example.com", ["reader@example.com"])]
    assert mail["From"] == "Example <auth@example.com>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail.get_body(("plain",)).get_content().count("CANARY-1") == 1
    assert mail.get_body(("html",)).get_content().count("CANARY-1") == 1
    assert not OutgoingMail.objects.exists()


def test_several_mails_go_over_one_connection_and_each_arrives_once(sink):
    addresses = [f"reader{number}@example.com" for number in range(45)]
    write_to(*addresses)

    assert deliver_due().made == 45
    assert [mail["To"] for mail in sink.taken] == addresses
    assert len({mail["Message-ID"] for mail in sink.taken}) == 45
    assert deliver_due().made == 0


@pytest.mark.parametrize("answer", ["550 5.1.1 no such mailbox CANARY-2", "553 5.1.3 bad address CANARY-2"])
def test_a_recipient_refused_for_good_is_given_up_at_once(sink, mail_log, answer):
    sink.at_recipient = lambda address: answer if address.startswith("gone") else None
    write_to("gone@example.com", "here@example.com")

    counted = deliver_due()
    assert (counted.made, counted.given_up) == (1, 1)
    row = OutgoingMail.objects.get()
    assert row.last_error == f"SMTPRecipientsRefused {answer[:9]}"
    assert row.failed_at is not None
    assert row.sealed == ""
    assert deliver_due(now=later(days=2)).made == 0
    assert sink.attempts["gone@example.com"] == 1
    assert "CANARY" not in mail_log.text
    assert "gone@" not in mail_log.text


def test_a_message_refused_for_good_is_given_up_at_once(sink):
    sink.at_data = lambda: "554 5.7.1 CANARY-2 looks like spam"
    write_to("reader@example.com")

    assert deliver_due().given_up == 1
    assert OutgoingMail.objects.get().last_error == "SMTPDataError 554 5.7.1"


def test_a_recipient_refused_for_now_waits_and_holds_up_nobody(sink):
    sink.at_recipient = lambda address: "450 4.7.1 later" if address.startswith("busy") else None
    write_to("busy@example.com", "here@example.com")

    counted = deliver_due()
    assert (counted.made, counted.put_off) == (1, 1)
    row = OutgoingMail.objects.get()
    assert (row.attempts, row.last_error, row.failed_at) == (1, "SMTPRecipientsRefused 450 4.7.1", None)

    assert deliver_due(now=later(seconds=5)).put_off == 0
    sink.at_recipient = lambda _address: None
    assert deliver_due(now=later(seconds=11)).made == 1
    assert [mail["To"] for mail in sink.taken] == ["here@example.com", "busy@example.com"]


def test_a_server_that_is_dead_for_a_while_loses_nothing_and_nothing_comes_twice(sink):
    sink.stop()
    addresses = [f"reader{number}@example.com" for number in range(10)]
    write_to(*addresses)

    counted = deliver_due()
    assert (counted.made, counted.put_off) == (0, 1)
    assert OutgoingMail.objects.filter(attempts=0).count() == 9
    for minutes in range(1, 40):
        assert deliver_due(now=later(minutes=minutes)).made == 0

    sink.start()
    assert deliver_due(now=later(hours=1)).made == 10
    assert sorted(mail["To"] for mail in sink.taken) == sorted(addresses)
    assert len({mail["Message-ID"] for mail in sink.taken}) == 10


def test_a_server_that_is_dead_for_a_day_is_given_up_and_the_log_says_why(sink, mail_log):
    sink.stop()
    write_to("reader@example.com")

    hours, given_up = 0.0, 0
    while not given_up:
        given_up = deliver_due(now=later(hours=hours)).given_up
        hours += 0.25
        assert hours < 26
    assert 23 < hours < 24.5
    row = OutgoingMail.objects.get()
    assert (row.last_error, row.sealed) == ("ConnectionRefusedError Connection refused", "")
    assert "given up: reset_password" in mail_log.text
    assert "CANARY" not in mail_log.text


def test_a_server_that_hangs_up_in_the_middle_is_tried_again(sink):
    sink.at_data = lambda: "421 4.3.2 shutting down"
    write_to("reader@example.com")
    assert deliver_due().put_off == 1

    sink.at_data = lambda: None
    assert deliver_due(now=later(seconds=30)).made == 1
    assert len(sink.taken) == 1


def test_a_wrong_password_is_tried_again_and_never_named(by_command, mail_log, certificate, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.file))
    sink = Sink()
    sink.start(tls_context=certificate.context(), **sink.demand_password("keyturn", "CANARY-3"))
    try:
        write_to("reader@example.com")
        with sending_to(f"smtp://keyturn:CANARY-4@localhost:{sink.port}"):
            assert deliver_due().put_off == 1
        assert OutgoingMail.objects.get().last_error.startswith("SMTPAuthenticationError 535")
        with sending_to(f"smtp://keyturn:CANARY-3@localhost:{sink.port}"):
            assert deliver_due(now=later(seconds=30)).made == 1
        assert "CANARY" not in mail_log.text
    finally:
        sink.stop()


def test_where_tls_is_asked_for_nothing_is_sent_without_it(sink):
    write_to("reader@example.com")

    with sending_to(f"smtp://{ports.LOOPBACK}:{sink.port}"):
        assert deliver_due().put_off == 1
    assert OutgoingMail.objects.get().last_error == "SMTPNotSupportedError"
    assert sink.taken == []


def test_a_certificate_that_nobody_vouches_for_is_refused(by_command, certificate):
    server = Sink()
    server.start(tls_context=certificate.context())
    try:
        write_to("reader@example.com")
        with sending_to(f"smtp://localhost:{server.port}"):
            assert deliver_due().put_off == 1
        assert OutgoingMail.objects.get().last_error.startswith("SSLCertVerificationError")
        assert server.taken == []
    finally:
        server.stop()


def test_a_certificate_that_the_system_vouches_for_is_taken(by_command, certificate, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.file))
    server = Sink()
    server.start(tls_context=certificate.context(), require_starttls=True)
    try:
        write_to("reader@example.com")
        with sending_to(f"smtp://localhost:{server.port}"):
            assert deliver_due().made == 1
        assert len(server.taken) == 1
    finally:
        server.stop()


@pytest.mark.parametrize("to_inbox", [True, False])
def test_settings_without_a_server_name_no_smtp_back_end(to_inbox):
    assert "smtp" not in str(mailing.settings_of(mailing.mailer(None, to_inbox=to_inbox)))
