"""Who delivers: threads, processes, several at once, one that dies."""

import subprocess
import sys
import time
from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.core import mail
from django.db import connection, transaction

from keyturn.clock import aware, utc_now
from keyturn.mail import carriers, outbox, queue
from keyturn.mail import courier as courier_module
from keyturn.mail.courier import Courier, deliver_due
from keyturn.mail.models import OutgoingMail
from keyturn.mail.queue import LEASE, RETENTION, Lane, claims, wait
from keyturn.mail.sending import send


def until(true, seconds=20):
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def notice(to="reader@example.com"):
    send("password_changed", to=to)


@pytest.fixture
def courier(transactional_db):
    made = []

    def make(lane=Lane.MAIL, interval=60.0):
        made.append(Courier(lane, interval=interval))
        made[-1].start()
        return made[-1]

    yield make
    assert all(each.stop() for each in made)


@pytest.mark.django_db(transaction=True)
def test_a_woken_courier_delivers_at_once(sink, courier):
    one = courier()
    until(lambda: one.turns == 1)
    notice()
    one.wake()

    until(lambda: len(sink.taken) == 1)
    until(lambda: one.counted.made == 1)


@pytest.mark.django_db(transaction=True)
def test_a_courier_finds_by_itself_what_another_process_has_left(sink, courier):
    notice()

    courier(interval=0.05)
    until(lambda: len(sink.taken) == 1)


@pytest.mark.django_db(transaction=True)
def test_a_courier_outlives_whatever_a_delivery_raises(sink, courier, monkeypatch):
    one = courier(interval=0.02)
    with monkeypatch.context() as broken:
        broken.setattr(queue, "claims", lambda **_: 1 / 0)
        turns = one.turns
        until(lambda: one.turns > turns + 3)
    notice()

    until(lambda: len(sink.taken) == 1)


@pytest.mark.django_db(transaction=True)
def test_a_courier_can_be_stopped_and_started_again(sink, courier):
    one = courier(interval=0.02)
    assert one.stop()
    notice()
    one.start()

    until(lambda: len(sink.taken) == 1)


@pytest.mark.django_db(transaction=True)
def test_four_couriers_at_once_deliver_each_mail_once(sink, courier):
    addresses = [f"reader{number}@example.com" for number in range(60)]
    for address in addresses:
        notice(address)

    for _ in range(4):
        courier(interval=0.02)
    until(lambda: not OutgoingMail.objects.exists())
    assert sorted(taken["To"] for taken in sink.taken) == sorted(addresses)


_PROCESS = """
import django
django.setup()
from django.conf import settings
settings.DATABASES["default"]["NAME"] = {name!r}
from tests.mail.sink import sending_to
from keyturn.mail.courier import deliver_due
with sending_to({url!r}):
    print(deliver_due().made)
"""


@pytest.mark.django_db(transaction=True)
def test_three_processes_at_once_deliver_each_mail_once(sink):
    addresses = [f"reader{number}@example.com" for number in range(60)]
    for address in addresses:
        notice(address)
    program = _PROCESS.format(name=connection.settings_dict["NAME"], url=sink.url)

    running = [
        subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    said = [process.communicate(timeout=60) for process in running]
    assert [process.returncode for process in running] == [0, 0, 0], said
    assert sum(int(out) for out, _ in said) == 60
    assert sorted(taken["To"] for taken in sink.taken) == sorted(addresses)


@pytest.mark.django_db(transaction=True)
def test_one_row_is_claimed_by_one_of_many(by_command):
    notice()
    at_once = Barrier(8)
    won: list[queue.Claim] = []

    def claim():
        at_once.wait(10)
        try:
            won.extend(claims(lane=Lane.MAIL, now=utc_now()))
        finally:
            connection.close()

    threads = [Thread(target=claim) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(won) == 1


@pytest.mark.django_db
def test_what_a_process_had_in_its_hands_when_it_died_is_taken_up_when_its_lease_has_run_out(by_command):
    notice()
    now = utc_now()
    assert next(claims(lane=Lane.MAIL, now=now)).attempts == 1

    assert deliver_due(now=now + LEASE - timedelta(seconds=1)).made == 0
    assert deliver_due(now=now + LEASE + timedelta(seconds=1)).made == 1
    assert len(mail.outbox) == 1


@pytest.mark.django_db
def test_a_lease_begins_when_its_delivery_does_however_long_those_before_it_took(by_command, monkeypatch):
    clock = [utc_now()]
    left: list[timedelta] = []
    for module in (queue, courier_module):
        monkeypatch.setattr(module, "utc_now", lambda: clock[0], raising=False)

    def slow(payload):
        leases = OutgoingMail.objects.exclude(leased_until=None).values_list("leased_until", flat=True)
        left.extend(aware(until) - clock[0] for until in leases if until)
        clock[0] += LEASE - timedelta(seconds=1)

    monkeypatch.setitem(carriers._carriers, "parcel", slow)
    for number in range(4):
        outbox.put({"number": number}, carrier="parcel", kind="login", now=clock[0])
    assert deliver_due(lane=Lane.OTHER).made == 4
    assert left == [LEASE] * 4


def test_the_wait_grows_from_ten_seconds_to_a_quarter_of_an_hour():
    waits = [wait(attempts) for attempts in range(1, 12)]

    assert waits[0] == timedelta(seconds=10)
    assert waits == sorted(waits)
    assert waits[-1] == wait(60_000) == timedelta(minutes=15)
    # A day of attempts fits into the column.
    assert timedelta(days=1) / waits[-1] < 32_767


@pytest.mark.django_db
def test_what_was_given_up_is_kept_for_a_week(by_command):
    notice()
    now = utc_now()
    OutgoingMail.objects.update(sealed="")
    assert deliver_due(now=now + timedelta(days=2)).given_up == 1
    given_up = now + timedelta(days=2)

    assert queue.prune(now=given_up + RETENTION - timedelta(minutes=1)) == 0
    assert queue.prune(now=given_up + RETENTION + timedelta(minutes=1)) == 1


@pytest.mark.django_db(transaction=True)
def test_in_a_running_program_a_commit_is_enough(sink):
    program = """
import django
django.setup()
from django.conf import settings
settings.DATABASES["default"]["NAME"] = {name!r}
from tests.mail.sink import sending_to
from keyturn.mail.models import OutgoingMail
from keyturn.mail.sending import send
import time
with sending_to({url!r}):
    send("password_changed", to="reader@example.com")
    deadline = time.monotonic() + 20
    while OutgoingMail.objects.exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    print(OutgoingMail.objects.count())
""".format(name=connection.settings_dict["NAME"], url=sink.url)

    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert (ran.stdout, ran.returncode) == ("0\n", 0), ran.stderr
    assert len(sink.taken) == 1


@pytest.mark.django_db(transaction=True)
def test_a_child_of_a_fork_delivers_what_it_puts_into_the_queue_itself(sink):
    program = """
import os, time, django
django.setup()
from django.conf import settings
settings.DATABASES["default"]["NAME"] = {name!r}
from django.db import connections
from tests.mail.sink import sending_to
from keyturn.mail.courier import couriers
from keyturn.mail.models import OutgoingMail
from keyturn.mail.sending import send
with sending_to({url!r}):
    for each in couriers():
        each.start()
    # SQLite's own locks do not survive a fork in the middle of a call: the parent's couriers must be at rest.
    deadline = time.monotonic() + 20
    while any(each.turns < 1 for each in couriers()) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert all(each.turns for each in couriers()), "the couriers never came to rest"
    connections.close_all()
    child = os.fork()
    if child:
        os.waitpid(child, 0)
        print(OutgoingMail.objects.count())
    else:
        for each in couriers():
            each._interval = 600
        send("password_changed", to="reader@example.com")
        deadline = time.monotonic() + 20
        while OutgoingMail.objects.exists() and time.monotonic() < deadline:
            time.sleep(0.01)
        os._exit(0)
""".format(name=connection.settings_dict["NAME"], url=sink.url)

    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert (ran.stdout, ran.returncode) == ("0\n", 0), ran.stderr


class _Carrier:
    def __init__(self, *answers):
        self.answers = list(answers)
        self.carried = []

    def __call__(self, payload):
        answer = self.answers.pop(0) if self.answers else None
        if answer is not None:
            raise answer
        self.carried.append(dict(payload))


@pytest.fixture
def parcel(monkeypatch):
    def register(*answers):
        made = _Carrier(*answers)
        monkeypatch.setitem(carriers._carriers, "parcel", made)
        return made

    return register


@pytest.mark.django_db
def test_other_deliveries_go_by_their_own_carrier_and_lane(by_command, parcel):
    carrier = parcel()
    outbox.put({"a": 1}, carrier="parcel", kind="login")
    notice()

    assert deliver_due(lane=Lane.MAIL).made == 1
    assert carrier.carried == []
    assert deliver_due(lane=Lane.OTHER).made == 1
    assert carrier.carried == [{"a": 1}]


@pytest.mark.django_db
def test_a_carrier_that_fails_is_tried_again_and_one_that_is_refused_is_not(by_command, parcel, mail_log):
    carrier = parcel(RuntimeError("CANARY-1"), carriers.Refused("http 410"))
    outbox.put({"a": 1}, carrier="parcel", kind="login")

    assert deliver_due(lane=Lane.OTHER).put_off == 1
    assert OutgoingMail.objects.get().last_error == "RuntimeError"
    assert deliver_due(lane=Lane.OTHER, now=utc_now() + timedelta(minutes=1)).given_up == 1
    assert OutgoingMail.objects.get().last_error == "http 410"
    assert carrier.carried == []
    assert "CANARY" not in mail_log.text


@pytest.mark.django_db
def test_a_carrier_that_this_process_does_not_know_puts_off(by_command):
    outbox.put({"a": 1}, carrier="unheard_of", kind="login")

    assert deliver_due(lane=Lane.OTHER).put_off == 1


@pytest.mark.django_db
def test_a_delivery_that_is_good_for_an_hour_is_given_up_after_one(by_command, parcel):
    parcel(*[RuntimeError()] * 50)
    outbox.put({"a": 1}, carrier="parcel", kind="login", good_for=timedelta(hours=1))
    now, minutes = utc_now(), 0

    while not deliver_due(lane=Lane.OTHER, now=now + timedelta(minutes=minutes)).given_up:
        minutes += 5
        assert minutes <= 60
    assert minutes > 40


@pytest.mark.django_db(transaction=True)
def test_where_the_command_delivers_a_commit_alone_sends_nothing(by_command):
    with transaction.atomic():
        notice()

    assert mail.outbox == []
    assert OutgoingMail.objects.count() == 1
