"""/me/ in a project that stores local times without a zone."""

import json
from datetime import datetime, timedelta

from django.contrib.auth import get_user_model

from keyturn.clock import stored, utc_now
from keyturn.sessions.models import Session


def _is_now(text: str) -> bool:
    moment = datetime.fromisoformat(text)
    return moment.utcoffset() == timedelta(0) and abs(moment - utc_now()) < timedelta(minutes=5)


def test_times_are_told_in_utc(ada, caller):
    access = caller.log_in().access

    assert _is_now(caller.call("GET", "/me/", access=access).json()["date_joined"])
    found = json.loads(caller.call("GET", "/me/export/", access=access).getvalue())
    assert _is_now(found["account"]["date_joined"])
    assert _is_now(found["exported_at"])
    assert _is_now(found["sessions"][0]["created_at"])
    assert _is_now(found["activity"][-1]["at"])


def test_five_minutes_after_the_login_are_five_minutes(ada, caller):
    get_user_model().objects.filter(pk=ada.pk).update(password="!")
    ada.refresh_from_db()
    from keyturn.sessions.client import Client
    from keyturn.tokens.issuing import issue_pair

    access = issue_pair(user=ada, now=utc_now(), client=Client()).access
    Session.objects.update(auth_time=stored(utc_now() - timedelta(minutes=6)))
    assert caller.call("DELETE", "/me/", {}, access=access).status_code == 401

    Session.objects.update(auth_time=stored(utc_now() - timedelta(minutes=4)))
    assert caller.call("DELETE", "/me/", {}, access=access).status_code == 204
