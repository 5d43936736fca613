"""What goes into the queue, and when it comes out."""

from datetime import timedelta
from email.mime.base import MIMEBase

import pytest
from django.core import mail
from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.db import transaction
from django.test import override_settings

from keyturn.clock import utc_now
from keyturn.mail import outbox
from keyturn.mail.courier import deliver_due
from keyturn.mail.models import OutgoingMail
from keyturn.mail.packing import CannotBeOpenedError, opened, packed
from keyturn.mail.sending import send
from keyturn_server import mailing

NOWHERE = mailing.settings_of(mailing.mailer(None, to_inbox=False))


def a_mail(**changes):
    return EmailMessage(
        **{"subject": "Hello", "body": "A line", "from_email": "a@example.com", "to": ["b@example.com"]} | changes
    )


@pytest.mark.django_db(transaction=True)
def test_mail_is_sent_after_the_commit_and_not_before():
    with transaction.atomic():
        outbox.enqueue(a_mail(), kind="test")
        assert mail.outbox == []
    assert [message.subject for message in mail.outbox] == ["Hello"]
    assert not OutgoingMail.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_what_is_rolled_back_is_never_sent():
    with transaction.atomic():
        outbox.enqueue(a_mail(), kind="test")
        transaction.set_rollback(True)
    assert deliver_due().made == 0
    assert mail.outbox == []
    assert not OutgoingMail.objects.exists()


@pytest.mark.django_db
def test_nothing_of_a_mail_can_be_read_in_the_database(by_command):
    send("reset_password", to="reader@example.com", context={"code": "CANARY-1", "link": "https://x.test/CANARY-2"})

    row = OutgoingMail.objects.values().get()
    assert row["kind"] == "reset_password"
    assert not any(word in str(row) for word in ("CANARY", "reader", "example.com", "x.test"))


@pytest.mark.django_db
def test_a_mail_comes_out_as_it_went_in(by_command):
    message = EmailMultiAlternatives(
        subject="Grüße",
        body="Text",
        from_email="Ann <a@example.com>",
        to=["b@example.com"],
        cc=["c@example.com"],
        bcc=["d@example.com"],
        reply_to=["e@example.com"],
        headers={"X-Own": "1"},
    )
    message.attach_alternative("<p>Text</p>", "text/html")
    message.attach("a.txt", "words", "text/plain")
    message.attach("b.bin", b"\x00\xff", "application/octet-stream")
    outbox.enqueue(message, kind="test")

    assert deliver_due().made == 1
    (sent,) = mail.outbox
    assert isinstance(sent, EmailMultiAlternatives)
    assert (sent.subject, sent.body, sent.from_email) == ("Grüße", "Text", "Ann <a@example.com>")
    assert (sent.to, sent.cc, sent.bcc) == (["b@example.com"], ["c@example.com"], ["d@example.com"])
    assert sent.reply_to == ["e@example.com"]
    assert sent.extra_headers["X-Own"] == "1"
    assert [tuple(part) for part in sent.alternatives] == [("<p>Text</p>", "text/html")]
    assert [tuple(part) for part in sent.attachments] == [
        ("a.txt", "words", "text/plain"),
        ("b.bin", b"\x00\xff", "application/octet-stream"),
    ]


@pytest.mark.django_db
def test_an_attachment_that_cannot_be_stored_is_refused_at_once(by_command):
    message = a_mail()
    message.attachments.append(MIMEBase("image", "png"))

    with pytest.raises(TypeError):
        outbox.enqueue(message, kind="test")
    assert not OutgoingMail.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "changes",
    [
        {"subject": "a\nBcc: x@example.com"},
        {"from_email": "a@example.com\nBcc: x@example.com"},
        {"to": ["b@example.com\r\nBcc: x@example.com"]},
        {"headers": {"X-A": "1\nBcc: x@example.com"}},
        {"reply_to": ["b@example.com\nBcc: x@example.com"]},
    ],
)
def test_a_line_break_in_a_header_never_reaches_the_queue(by_command, changes):
    with pytest.raises(ValueError, match=r"."):
        outbox.enqueue(a_mail(**changes), kind="test")
    assert not OutgoingMail.objects.exists()


@pytest.mark.django_db
def test_every_attempt_carries_the_same_message_id_and_date(by_command):
    outbox.enqueue(a_mail(), kind="test")
    row = OutgoingMail.objects.get()
    headers = opened(row.sealed, kind="test")["payload"]["headers"]

    deliver_due()
    assert mail.outbox[0].extra_headers == headers
    assert headers["Message-ID"].endswith("@example.com>")


@pytest.mark.django_db
@override_settings(**NOWHERE)
def test_without_a_mail_server_a_notice_is_dropped_and_the_log_says_so(mail_log):
    assert not outbox.is_configured()
    send("password_changed", to="b@example.com")

    assert not OutgoingMail.objects.exists()
    assert "password_changed" in mail_log.text
    assert "b@example.com" not in mail_log.text


@override_settings(**NOWHERE)
def test_without_a_mail_server_what_needs_one_is_refused_with_a_word_of_its_own():
    from keyturn.api.exception_handler import exception_handler

    with pytest.raises(outbox.MailUnavailableError) as caught:
        outbox.demand()
    answer = exception_handler(caught.value, {})
    assert answer is not None
    assert answer.status_code == 503
    assert answer.data == {"detail": caught.value.detail, "code": "mail_unavailable"}
    assert answer["Retry-After"] == "3600"


def test_with_a_mail_server_nothing_is_refused():
    outbox.demand()


@pytest.mark.django_db
def test_a_row_exchanged_for_one_of_another_kind_does_not_open():
    sealed = packed({"a": 1}, kind="verify_email")

    assert opened(sealed, kind="verify_email") == {"a": 1}
    with pytest.raises(CannotBeOpenedError):
        opened(sealed, kind="reset_password")


@pytest.mark.django_db
def test_what_was_sealed_under_another_secret_waits_for_it(by_command, settings):
    send("password_changed", to="b@example.com")
    old, settings.SECRET_KEY = settings.SECRET_KEY, "another-secret-" * 5

    assert deliver_due().put_off == 1
    assert OutgoingMail.objects.get().last_error == "sealed under another secret"
    settings.SECRET_KEY_FALLBACKS = [old]
    assert deliver_due(now=utc_now() + timedelta(minutes=1)).made == 1


@pytest.mark.django_db
def test_what_nobody_can_open_is_given_up_after_a_day(by_command, settings):
    send("password_changed", to="b@example.com")
    settings.SECRET_KEY = "another-secret-" * 5

    assert deliver_due(now=utc_now() + timedelta(days=1, minutes=1)).given_up == 1
    assert mail.outbox == []


@pytest.mark.django_db
@pytest.mark.parametrize("damage", ["", "v1.x", "v1.aaaaaaaa.AAAA.AAAA", "\x7f" * 40])
def test_a_damaged_row_neither_stops_the_others_nor_raises(by_command, damage):
    send("password_changed", to="a@example.com")
    OutgoingMail.objects.update(sealed=damage)
    send("password_changed", to="b@example.com")

    counted = deliver_due()
    assert (counted.made, counted.put_off) == (1, 1)
    assert mail.outbox[0].to == ["b@example.com"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "address", ["a@example.com\nBcc: b@example.com", "a@example.com,b@example.com", "nobody", "a\0@b.c"]
)
def test_to_what_is_no_address_nothing_is_sent_and_nothing_of_it_is_logged(by_command, mail_log, address):
    send("password_changed", to=address)

    assert not OutgoingMail.objects.exists()
    assert "password_changed" in mail_log.text
    assert address not in mail_log.text
