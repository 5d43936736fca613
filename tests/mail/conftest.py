import logging

import pytest
from django.conf import settings as django_settings

from tests.mail import certificate as certificates
from tests.mail.sink import Sink, sending_to


@pytest.fixture
def by_command(settings):
    """Nothing is delivered until the test does it."""
    settings.KEYTURN = {**getattr(django_settings, "KEYTURN", {}), "MAIL_DELIVERY": "command"}


@pytest.fixture
def sink(by_command):
    """A running SMTP server that Django sends to."""
    server = Sink()
    server.start()
    with sending_to(server.url):
        yield server
    server.stop()


@pytest.fixture
def mail_log(caplog):
    caplog.set_level(logging.DEBUG, logger="keyturn.mail")
    return caplog


@pytest.fixture
def certificate(tmp_path):
    return certificates.make(tmp_path)
