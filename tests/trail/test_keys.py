"""What is done to the signing keys is recorded: by the operator, and by the ring itself."""

import io
from datetime import timedelta

import pytest
from django.core.management import call_command

from keyturn import keys
from keyturn.clock import utc_now
from keyturn.keys import changing, ring
from keyturn.keys.models import SigningKey
from keyturn.trail.models import AuditEvent

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _ring():
    """A ring that nobody remembers from another test."""
    ring.forget()
    yield
    ring.forget()


def acts():
    return [(event.event, event.reason, event.details["kid"]) for event in AuditEvent.objects.order_by("id")]


@pytest.fixture
def first(db):
    """The key that signs."""
    now = utc_now()
    keys.tend(now=now)
    return SigningKey.objects.get().kid


def test_publishing_the_next_key_is_recorded_once(first):
    published = changing.rotate(now=utc_now())
    changing.rotate(now=utc_now())

    assert acts() == [("signing_key_rotated", "published", published.kid)]


def test_a_rotation_at_once_is_recorded_with_the_key_that_signs(first):
    published = changing.rotate(now=utc_now(), at_once=True, emergency=True)

    assert acts() == [("signing_key_rotated", "emergency", published.kid)]


def test_letting_the_next_key_sign_at_once_is_recorded(first):
    now = utc_now()
    published = changing.rotate(now=now)
    changing.rotate(now=now, at_once=True, emergency=True)

    assert acts()[1:] == [("signing_key_rotated", "signs_at_once", published.kid)]


def test_a_revoked_key_and_its_successor_are_recorded(first):
    _, successor = changing.revoke(first, now=utc_now(), emergency=True)
    assert successor is not None

    assert acts() == [
        ("signing_key_revoked", "emergency", first),
        ("signing_key_rotated", "emergency", successor.kid),
    ]


def test_what_is_refused_is_not_recorded(first):
    with pytest.raises(changing.NotNowError):
        changing.revoke(first, now=utc_now())
    with pytest.raises(changing.NotNowError):
        changing.rotate(now=utc_now(), at_once=True)

    assert acts() == []


def test_the_ring_records_the_key_that_it_publishes_by_itself(first):
    later = utc_now() + timedelta(days=31)
    keys.tend(now=later)
    keys.tend(now=later)

    kid = SigningKey.objects.exclude(kid=first).get().kid
    assert acts() == [("signing_key_rotated", "scheduled", kid)]


def test_no_half_of_a_key_is_recorded(first):
    call_command("keys", "rotate", stdout=io.StringIO(), stderr=io.StringIO())
    sealed = SigningKey.objects.values_list("sealed", flat=True)
    recorded = str([event.__dict__ for event in AuditEvent.objects.all()])

    assert not any(secret and secret in recorded for secret in sealed)
