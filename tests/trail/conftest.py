"""Who acts, and what is known of it."""

import pytest

from keyturn.trail.models import AuditEvent
from tests.contract.caller import PASSWORD
from tests.contract.conftest import ada, caller, eve

__all__ = ["ada", "boss", "caller", "eve", "trail"]


@pytest.fixture
def boss(db, django_user_model):
    """An administrator."""
    return django_user_model.objects.create_superuser("boss", "boss@example.com", PASSWORD)


@pytest.fixture
def trail(db):
    """The events so far, the oldest first, as ``(event, reason)``; of one user where a user is given."""

    def events(user=None):
        found = AuditEvent.objects.order_by("id")
        found = found if user is None else found.filter(user_id=str(user.pk))
        return [(event.event, event.reason) for event in found]

    return events
