"""Refresh tokens and sessions that outlived their end, or were used twice, elsewhere."""

import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.db import connection, connections
from rest_framework_simplejwt.exceptions import AuthenticationFailed
from rest_framework_simplejwt.tokens import RefreshToken

from keyturn.sessions.models import Session
from tests.bad_input.doors import DOORS, refusal, unchanged
from tests.bad_input.forgery import claims_of
from tests.bad_input.presenting import PRESENTATIONS


def _refresh(world, token=None):
    return PRESENTATIONS["refresh"].send(world, token or world.values["refresh"])


def _row(world):
    return Session.objects.get(pk=world.session)


@pytest.mark.django_db
def test_cve_2024_22513_an_inactive_user_gets_no_token_and_keeps_none(world):
    """simplejwt up to 5.3.1 made tokens for disabled users (``for_user``), and took those they had."""
    ada = get_user_model().objects.get(username="ada")
    ada.is_active = False
    ada.save()
    with pytest.raises(AuthenticationFailed):
        RefreshToken.for_user(ada)
    with unchanged():
        assert refusal(_refresh(world))["reason"] == "user_inactive"
        assert refusal(PRESENTATIONS["list sessions with"].send(world, world.access))["reason"] == "user_inactive"
        assert refusal(PRESENTATIONS["refresh a sliding token"].send(world, world.values["sliding"]))
        assert refusal(world.send(DOORS["token"]))["code"] == "no_active_account"


@pytest.mark.django_db
def test_cve_2024_22513_nor_one_disabled_behind_our_back(world):
    """The same for a door that calls no code of ours: the next mint sees it."""
    get_user_model().objects.filter(username="ada").update(is_active=False)
    with unchanged():
        assert refusal(_refresh(world))["reason"] == "user_inactive"
        assert refusal(PRESENTATIONS["list sessions with"].send(world, world.access))["reason"] == "user_inactive"


@pytest.mark.django_db
def test_cve_2020_10594_a_token_that_was_logged_out_cannot_be_refreshed(world):
    """drf-jwt 1.15.0 kept a blacklist that its refresh endpoint did not look at."""
    sliding = world.values["sliding"]
    there = replace(world, session=claims_of(sliding)["sid"])
    assert there.send(DOORS["end a session"]).status_code == 204
    assert PRESENTATIONS["log out"].send(world, world.values["refresh"]).status_code == 205
    with unchanged():
        assert refusal(PRESENTATIONS["refresh a sliding token"].send(world, sliding))["reason"] == "session_revoked"
        assert refusal(_refresh(world))["reason"] == "session_revoked"


def _at_once(world, *, threads):
    """Refresh one token from many threads; return the answers."""
    answers = []
    barrier = threading.Barrier(threads)

    def refresh():
        barrier.wait()
        try:
            answers.append(_refresh(world))
        finally:
            connections.close_all()

    running = [threading.Thread(target=refresh) for _ in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    return answers


def test_cve_2026_1035_of_many_strict_refreshes_at_once_one_succeeds(committed_world, settings):
    """Keycloak checked whether a refresh token had been used and marked it as used in two steps: requests in between
    all succeeded."""
    settings.KEYTURN = {"REFRESH_GRACE": timedelta(0)}
    answers = _at_once(committed_world, threads=8)
    assert sorted(answer.status_code for answer in answers) == [200] + [401] * 7
    assert _row(committed_world).revoked_reason == "refresh_reused"


def test_cve_2026_53517_refreshes_at_once_do_not_fork_the_family(committed_world):
    """Better Auth below 1.6.11 let refreshes of one token at once each start a family of its own."""
    answers = _at_once(committed_world, threads=8)
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["refresh"] for answer in answers}) == 1
    assert _row(committed_world).generation == 1


@pytest.mark.django_db
def test_cve_2026_126280_reuse_is_noticed_and_recorded(world, settings):
    """NocoDB below 2026.08.0 never looked at how many rows its rotation had changed: reuse worked and left no trace."""
    settings.KEYTURN = {"REFRESH_GRACE": timedelta(0)}
    successor = _refresh(world).json()["refresh"]
    assert refusal(_refresh(world))["reason"] == "refresh_reused"
    assert _row(world).revoked_reason == "refresh_reused"
    with unchanged():
        assert refusal(_refresh(world, successor))["reason"] == "refresh_reused"


@pytest.mark.django_db
def test_cve_2026_22706_a_new_password_ends_every_session(world):
    """Strapi below 5.33.3 ended refresh sessions on a password change only if the client named its device."""
    ada = get_user_model().objects.get(username="ada")
    ada.set_password("something new")
    ada.save()
    assert not ada.keyturn_sessions.filter(revoked_at=None).exists()
    with unchanged():
        assert refusal(_refresh(world))["reason"] == "password_changed"
        assert refusal(PRESENTATIONS["refresh a sliding token"].send(world, world.values["sliding"]))


@pytest.mark.django_db
def test_ghsa_mr34_8733_grr2_access_tokens_die_with_the_password(world):
    """Memos kept access tokens valid after the user had changed the password."""
    assert PRESENTATIONS["list sessions with"].send(world, world.access).status_code == 200
    ada = get_user_model().objects.get(username="ada")
    ada.set_password("something new")
    ada.save()
    with unchanged():
        assert refusal(PRESENTATIONS["list sessions with"].send(world, world.access))["reason"] == "password_changed"


@pytest.fixture
def locked_out(committed_world):
    """Somebody else holds a lock on the sessions, and this connection does not wait for it."""
    other = connection.copy(alias=connection.alias)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET lock_timeout = '50ms'")
        else:
            cursor.execute("PRAGMA busy_timeout = 50")
    try:
        with other.cursor() as cursor:
            cursor.execute("BEGIN" if connection.vendor == "postgresql" else "BEGIN IMMEDIATE")
            cursor.execute("UPDATE keyturn_session SET client_label = 'locked'")
        yield lambda: other.cursor().execute("ROLLBACK")
    finally:
        other.close()
        connection.close()


@pytest.mark.parametrize("way", ["blacklist", "log out", "log out everywhere with", "end other sessions with"])
def test_cve_2020_15223_a_log_out_that_was_not_stored_is_not_said_to_have_happened(committed_world, locked_out, way):
    """Fosite below 0.34.0 answered 200 to a revocation although its storage had failed. RFC 7009 section 2.2.1 wants a
    503, which tells the client to try again."""
    presentation = PRESENTATIONS[way]
    token = presentation.good(committed_world)
    response = presentation.send(committed_world, token)
    assert response.status_code == 503
    assert response.headers["Retry-After"]
    assert response.json()["code"] == "unavailable"
    locked_out()
    assert not Session.objects.filter(pk=committed_world.session, revoked_at__isnull=False).exists()
    assert presentation.send(committed_world, token).status_code in {200, 204, 205}
    assert Session.objects.filter(revoked_at__isnull=False).exists()
