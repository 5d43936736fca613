"""``send_mail``: one turn, or many."""

import signal
import subprocess
import sys
import time

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.db import connection

from keyturn.mail.models import OutgoingMail
from keyturn.mail.sending import send

FOLLOW = """
import django
django.setup()
from django.conf import settings
settings.DATABASES["default"]["NAME"] = {name!r}
from django.core.management import call_command
from tests.mail.sink import sending_to
with sending_to({url!r}):
    call_command("send_mail", "--follow", "--interval", "0.1")
"""


@pytest.mark.django_db
def test_it_delivers_what_is_due_and_says_how_much(by_command, capsys):
    send("password_changed", to="a@example.com")
    send("password_changed", to="b@example.com")

    call_command("send_mail")
    assert capsys.readouterr().out == "2 delivered, 0 put off, 0 given up.\n"
    assert len(mail.outbox) == 2
    assert not OutgoingMail.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("interval", ["0", "-1", "nan", "1e9"])
def test_it_refuses_an_interval_that_makes_no_sense(interval):
    with pytest.raises(CommandError, match="interval"):
        call_command("send_mail", f"--interval={interval}")


@pytest.mark.django_db(transaction=True)
def test_it_follows_the_queue_until_it_is_asked_to_stop(sink):
    program = FOLLOW.format(name=connection.settings_dict["NAME"], url=sink.url)
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as following:
        try:
            for number in range(3):
                send("password_changed", to=f"reader{number}@example.com")
                deadline = time.monotonic() + 30
                while len(sink.taken) <= number:
                    assert time.monotonic() < deadline
                    time.sleep(0.02)
            following.send_signal(signal.SIGTERM)
            out, _ = following.communicate(timeout=30)
        finally:
            following.kill()
    assert (out, following.returncode) == ("3 delivered, 0 put off, 0 given up.\n", 0)
