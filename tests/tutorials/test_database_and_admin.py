"""What the second tutorial's database and admin hold once Keyturn is added."""

import re
from collections.abc import Iterator

import jwt
import pytest
import requests

from tests.tutorials import tutorial_two
from tests.tutorials.backend import Backend
from tests.tutorials.test_holes_shut import assert_refused

pytestmark = pytest.mark.server


@pytest.fixture
def admin(keyturn: Backend) -> Iterator[requests.Session]:
    """A browser in which the superuser of step 9 has signed in to the admin."""
    with requests.Session() as browser:
        browser.trust_env = False
        page = browser.get(f"{keyturn.client.base_url}/admin/login/", timeout=30)
        assert page.status_code == 200
        name, password = tutorial_two.ADMIN
        form = {"username": name, "password": password, "csrfmiddlewaretoken": _csrf(page)}
        signed_in = browser.post(page.url, data=form | {"next": "/admin/"}, timeout=30)
        assert signed_in.status_code == 200
        assert signed_in.url.endswith("/admin/")
        yield browser


def _csrf(page: requests.Response) -> str:
    found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.text)
    assert found
    return found[1]


def test_no_token_lies_in_the_database(keyturn: Backend) -> None:
    """Nor its signature, which is what makes it one."""
    client = keyturn.client
    rotated = client.refresh(keyturn.log_in().refresh)
    client.log_out(rotated.refresh, rotated.access)
    left = keyturn.log_in()
    client.refresh(client.refresh(left.refresh).refresh)
    _, adopted = keyturn.before.pop()
    client.refresh(adopted.refresh)
    signatures = {token.rsplit(".", 1)[1] for token in client.issued | {adopted.refresh}}
    assert len(signatures) >= 10

    leaks = {
        (table, column)
        for table, column, value in keyturn.project.database.cells()
        if isinstance(value, (str, bytes, dict, list))
        for text in [value.decode("latin-1") if isinstance(value, bytes) else str(value)]
        if any(signature in text for signature in signatures)
    }

    assert leaks == set()


def test_a_session_keeps_one_outstanding_token_however_often_it_refreshes(keyturn: Backend) -> None:
    username = keyturn.newcomer()
    tokens = [keyturn.log_in(username), keyturn.log_in(username)]
    for _ in range(4):
        tokens = [keyturn.client.refresh(session.refresh) for session in tokens]

    rows = keyturn.project.database.execute(
        "SELECT o.jti, o.token, b.id FROM token_blacklist_outstandingtoken o "
        "LEFT JOIN token_blacklist_blacklistedtoken b ON b.token_id = o.id WHERE o.user_id = ?",
        keyturn.user_id(username),
    )
    sessions = keyturn.project.database.execute(
        "SELECT id FROM keyturn_session WHERE user_id = ?", keyturn.user_id(username)
    )

    assert len(rows) == 2
    assert len(sessions) == 2
    assert all("." not in token and blacklisted is None for _, token, blacklisted in rows)


def test_the_superuser_sees_sessions_and_outstanding_tokens_but_no_token(
    keyturn: Backend, admin: requests.Session
) -> None:
    keyturn.log_in()
    for path in ("/admin/", "/admin/keyturn/session/", "/admin/token_blacklist/outstandingtoken/"):
        page = admin.get(f"{keyturn.client.base_url}{path}", timeout=30)
        assert page.status_code == 200
        assert not any(token in page.text for token in keyturn.client.issued)
    first = re.search(r'href="(/admin/keyturn/session/[^"/]+/change/[^"]*)"', _listed(keyturn, admin))
    assert first
    assert admin.get(f"{keyturn.client.base_url}{first[1]}", timeout=30).status_code == 200


def _listed(keyturn: Backend, admin: requests.Session) -> str:
    return admin.get(f"{keyturn.client.base_url}/admin/keyturn/session/", timeout=30).text


def test_a_token_blacklisted_in_the_admin_ends_its_session(keyturn: Backend, admin: requests.Session) -> None:
    username = keyturn.newcomer()
    tokens = keyturn.client.refresh(keyturn.log_in(username).refresh)
    [(row,)] = keyturn.project.database.execute(
        "SELECT id FROM token_blacklist_outstandingtoken WHERE user_id = ?", keyturn.user_id(username)
    )
    url = f"{keyturn.client.base_url}/admin/token_blacklist/blacklistedtoken/add/"
    form = admin.get(url, timeout=30)

    saved = admin.post(url, data={"token": row, "csrfmiddlewaretoken": _csrf(form)}, timeout=30)

    assert saved.url.endswith("/admin/token_blacklist/blacklistedtoken/")
    assert_refused(keyturn.client.home_once_heard(tokens.access), "session_revoked")
    assert_refused(keyturn.client.try_refresh(tokens.refresh), "session_revoked")


def test_a_user_deleted_in_the_admin_is_signed_out(keyturn: Backend, admin: requests.Session) -> None:
    username = keyturn.newcomer()
    tokens = keyturn.log_in(username)
    url = f"{keyturn.client.base_url}/admin/auth/user/{keyturn.user_id(username)}/delete/"
    question = admin.get(url, timeout=30)
    assert "Are you sure" in question.text

    deleted = admin.post(url, data={"post": "yes", "csrfmiddlewaretoken": _csrf(question)}, timeout=30)

    assert deleted.url.endswith("/admin/auth/user/")
    assert keyturn.client.home_once_heard(tokens.access).status_code == 401
    assert keyturn.client.try_refresh(tokens.refresh).status_code == 401


def test_a_password_changed_in_the_admin_ends_the_sessions(keyturn: Backend, admin: requests.Session) -> None:
    username = keyturn.newcomer()
    tokens = keyturn.log_in(username)
    url = f"{keyturn.client.base_url}/admin/auth/user/{keyturn.user_id(username)}/password/"
    new = "a new one, long enough"
    form = {"password1": new, "password2": new, "usable_password": "true"}

    saved = admin.post(url, data=form | {"csrfmiddlewaretoken": _csrf(admin.get(url, timeout=30))}, timeout=30)

    assert saved.url.endswith("/change/")
    assert_refused(keyturn.client.home_once_heard(tokens.access), "password_changed")
    assert_refused(keyturn.client.try_refresh(tokens.refresh), "password_changed")
    keyturn.client.refresh(keyturn.client.log_in(username, new).refresh)


def test_sessions_revoked_in_the_admin_end(keyturn: Backend, admin: requests.Session) -> None:
    username = keyturn.newcomer()
    revoked, alive = keyturn.log_in(username), keyturn.log_in(username)
    url = f"{keyturn.client.base_url}/admin/keyturn/session/"
    page = admin.get(url, timeout=30)
    action = re.search(r'<option value="(revoke\w*)"', page.text)
    assert action
    sid = jwt.decode(revoked.access, options={"verify_signature": False})["sid"]
    form = {"action": action[1], "_selected_action": sid, "csrfmiddlewaretoken": _csrf(page)}

    assert admin.post(url, data=form, timeout=30).status_code == 200

    assert_refused(keyturn.client.home_once_heard(revoked.access), "session_revoked")
    keyturn.client.refresh(alive.refresh)


def test_the_project_passes_its_checks_and_lacks_no_migration(keyturn: Backend) -> None:
    assert "no issues" in keyturn.project.manage("check")
    assert "No changes detected" in keyturn.project.manage("makemigrations", "--check", "--dry-run")


def test_a_deployment_is_warned_of_open_cors_under_the_settings_older_name(keyturn: Backend) -> None:
    warnings = keyturn.project.manage("check", "--deploy", "--fail-level", "CRITICAL")

    assert any("(keyturn." in line and "CORS" in line for line in warnings.splitlines()), warnings
