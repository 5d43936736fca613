"""What waits in the queue, for those who watch it."""

from datetime import timedelta

import pytest
from prometheus_client import CollectorRegistry

from keyturn.clock import aware, stored, utc_now
from keyturn.mail import waiting
from keyturn.mail.models import OutgoingMail
from keyturn.mail.queue import Lane
from keyturn_server.observing import mail_metrics

pytestmark = pytest.mark.django_db


def put(kind, *, minutes, failed=False):
    at = stored(utc_now() - timedelta(minutes=minutes))
    return OutgoingMail.objects.create(kind=kind, created_at=at, due_at=at, failed_at=at if failed else None)


def test_an_empty_queue_waits_for_nothing():
    assert waiting.standing() == dict.fromkeys(Lane, waiting.Standing(0, None))


def test_each_lane_tells_how_many_wait_and_since_when(django_assert_num_queries):
    put("verify_email", minutes=1)
    oldest = put("reset_password", minutes=7)
    hook = put("webhook:trail", minutes=3)
    put("verify_email", minutes=60, failed=True)
    with django_assert_num_queries(1):
        found = waiting.standing()
    assert found[Lane.MAIL] == waiting.Standing(2, aware(oldest.created_at))
    assert found[Lane.OTHER] == waiting.Standing(1, aware(hook.created_at))


def test_the_numbers_say_so_and_look_no_oftener_than_they_should(django_assert_num_queries):
    from django.db import connection

    oldest = put("verify_email", minutes=7)
    registry = CollectorRegistry()
    look = mail_metrics._Queue(registry)
    with django_assert_num_queries(1):
        look.tell(connection)
        look.tell(connection)

    def told(name, lane):
        return registry.get_sample_value(name, {"lane": lane})

    assert told("keyturn_deliveries_waiting", "mail") == 1
    assert told("keyturn_deliveries_waiting", "other") == 0
    assert told("keyturn_deliveries_oldest_timestamp_seconds", "mail") == pytest.approx(
        aware(oldest.created_at).timestamp()
    )
    assert told("keyturn_deliveries_oldest_timestamp_seconds", "other") == 0
