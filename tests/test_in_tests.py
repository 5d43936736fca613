"""What tells a project's tests from a project that keeps its mail in memory."""

from django.core import mail
from django.test.utils import _TestState

from keyturn.in_tests import in_test_environment


def test_these_are_tests():
    assert in_test_environment()


def test_without_an_outbox_nothing_is_tested(monkeypatch):
    monkeypatch.delattr(mail, "outbox")
    assert not in_test_environment()


def test_mail_in_memory_alone_is_no_test(monkeypatch):
    monkeypatch.delattr(_TestState, "saved_data")
    assert mail.outbox == []
    assert not in_test_environment()
