"""token_blacklist both ways: a session has one row, a row blacklisted ends it, an ended session is blacklisted."""

import html
from typing import Any

import pytest
from django.apps import apps
from django.core.management import call_command
from django.test import Client
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken
from rest_framework_simplejwt.tokens import RefreshToken, SlidingToken

from keyturn.clock import aware
from keyturn.sessions.models import Session
from tests.contract.caller import Caller, Tokens, assert_refused, claims, session_of


def row_of(tokens: Tokens) -> Any:
    return OutstandingToken.objects.get(jti=claims(tokens.refresh)["sid"])


def blacklisted(tokens: Tokens) -> bool:
    return BlacklistedToken.objects.filter(token__jti=claims(tokens.refresh)["sid"]).exists()


def assert_out(caller: Caller, tokens: Tokens, reason: str = "session_revoked") -> None:
    assert_refused(caller.home(tokens.access), reason)
    assert_refused(caller.try_refresh(tokens.refresh), reason)
    assert_refused(caller.verify(tokens.refresh), reason)


def everything_stored() -> str:
    """Every value of every table."""
    values = [row for model in apps.get_models() for row in model._base_manager.values_list()]
    return "\n".join(str(value) for row in values for value in row)


def test_a_login_lists_its_session_once_and_refreshes_add_nothing(ada, caller):
    tokens = caller.log_in()
    for _ in range(4):
        tokens = caller.refresh(tokens.refresh)

    row = OutstandingToken.objects.get()
    session = Session.objects.get()
    assert (row.user, row.jti, row.token) == (ada, str(session.pk), str(session.pk))
    assert (row.created_at, row.expires_at) == (session.created_at, session.absolute_expires_at)
    assert not BlacklistedToken.objects.exists()


def test_no_token_lies_in_the_database_whatever_was_done(ada, caller):
    issued = [caller.log_in()]
    issued += [caller.refresh(issued[0].refresh), caller.log_in()]
    by_code = RefreshToken.for_user(ada)
    issued.append(Tokens(str(by_code.access_token), str(by_code)))
    sliding = str(SlidingToken.for_user(ada))
    by_hand = RefreshToken(issued[1].refresh)
    by_hand.blacklist()
    by_hand.set_jti()
    by_hand.outstand()
    issued.append(Tokens(sliding, str(by_hand)))
    caller.log_out(issued[2].refresh, issued[2].access)

    stored = everything_stored()

    assert ada.username in stored
    for tokens in issued:
        for raw in (tokens.access, tokens.refresh):
            assert raw not in stored
            assert raw.rpartition(".")[2] not in stored


def test_each_way_into_the_code_lists_its_session(ada):
    tokens = [RefreshToken.for_user(ada), SlidingToken.for_user(ada)]

    assert {row.jti for row in OutstandingToken.objects.all()} == {token["sid"] for token in tokens}


def test_the_common_loop_that_logs_out_everywhere_does(ada, eve, caller):
    mine, other = [caller.log_in("ada") for _ in range(3)], caller.log_in("eve")

    for token in OutstandingToken.objects.filter(user=ada):
        BlacklistedToken.objects.get_or_create(token=token)

    for tokens in mine:
        assert_out(caller, tokens)
        assert session_of(tokens.refresh).revoked_reason == "blacklisted"
    assert caller.home(other.access).status_code == 200


def test_a_blacklisted_token_that_is_saved_ends_the_session(ada, caller):
    tokens = caller.log_in()

    BlacklistedToken(token=row_of(tokens)).save()

    assert_out(caller, tokens)


def test_bulk_create_ends_the_session_at_once_as_well(ada, caller):
    """It sends no signal: nothing is noted in the session's row, and yet no door opens."""
    tokens = caller.log_in()

    BlacklistedToken.objects.bulk_create([BlacklistedToken(token=row_of(tokens))])

    assert_out(caller, tokens)
    assert session_of(tokens.refresh).generation == 0
    assert caller.call("GET", "/sessions/", access=caller.log_in().access).json()[0]["current"] is True


def test_the_list_of_sessions_leaves_out_what_was_blacklisted_by_bulk_create(ada, caller):
    gone, here = caller.log_in(), caller.log_in()
    BlacklistedToken.objects.bulk_create([BlacklistedToken(token=row_of(gone))])

    listed = caller.call("GET", "/sessions/", access=here.access).json()

    assert [one["id"] for one in listed] == [claims(here.access)["sid"]]


@pytest.fixture
def admin(django_user_model: Any, db: None) -> Client:
    browser = Client()
    browser.force_login(django_user_model.objects.create_superuser("root", "root@example.com", "rootrootroot"))
    return browser


def test_a_token_blacklisted_in_the_admin_ends_its_session(ada, caller, admin):
    tokens = caller.log_in()

    answer = admin.post("/admin/token_blacklist/blacklistedtoken/add/", {"token": row_of(tokens).pk})

    assert answer.status_code == 302
    assert_out(caller, tokens)


def test_the_admin_pages_of_token_blacklist_work_and_show_no_token(ada, caller, admin):
    tokens = caller.log_in()
    caller.log_out(tokens.refresh, tokens.access)
    pk, other = row_of(tokens).pk, BlacklistedToken.objects.get().pk

    for path in (
        "outstandingtoken/",
        f"outstandingtoken/{pk}/change/",
        "blacklistedtoken/",
        f"blacklistedtoken/{other}/",
    ):
        answer = admin.get(f"/admin/token_blacklist/{path}", follow=True)
        assert answer.status_code == 200
        text = html.unescape(answer.content.decode())
        assert claims(tokens.access)["sid"] in text
        assert tokens.refresh.rpartition(".")[2] not in text
    assert admin.get(f"/admin/token_blacklist/outstandingtoken/?q={claims(tokens.access)['sid']}").status_code == 200


def by_log_out(caller: Caller, tokens: Tokens, user: Any) -> None:
    caller.log_out(tokens.refresh, tokens.access)


def by_blacklisting(caller: Caller, tokens: Tokens, user: Any) -> None:
    caller.call("POST", "/token/blacklist/", {"refresh": tokens.refresh})


def by_deleting_it(caller: Caller, tokens: Tokens, user: Any) -> None:
    caller.call("DELETE", f"/sessions/{claims(tokens.access)['sid']}/", access=tokens.access)


def by_log_out_everywhere(caller: Caller, tokens: Tokens, user: Any) -> None:
    caller.call("POST", "/logout/all/", {}, access=tokens.access)


def by_replay(caller: Caller, tokens: Tokens, user: Any) -> None:
    caller.refresh(caller.refresh(caller.refresh(tokens.refresh).refresh).refresh)
    caller.try_refresh(tokens.refresh)


def by_a_new_password(caller: Caller, tokens: Tokens, user: Any) -> None:
    user.set_password("another one entirely")
    user.save()


def by_code(caller: Caller, tokens: Tokens, user: Any) -> None:
    RefreshToken(tokens.refresh).blacklist()


ENDINGS = [
    by_log_out,
    by_blacklisting,
    by_deleting_it,
    by_log_out_everywhere,
    by_replay,
    by_a_new_password,
    by_code,
]


@pytest.mark.parametrize("end", ENDINGS)
def test_however_a_session_ends_its_row_is_blacklisted(ada, eve, caller, end):
    tokens, other = caller.log_in(), caller.log_in("eve")

    end(caller, tokens, ada)

    assert blacklisted(tokens)
    assert not blacklisted(other)
    assert OutstandingToken.objects.count() == 2


def test_blacklist_returns_what_stock_returns(ada, caller):
    tokens = caller.log_in()
    refresh = RefreshToken(tokens.refresh)

    row, created = refresh.blacklist()
    assert (row.token, created) == (row_of(tokens), True)
    assert refresh.blacklist() == (row, False)
    with pytest.raises(TokenError, match="Token is blacklisted"):
        RefreshToken(tokens.refresh)


def test_outstand_returns_what_stock_returns(ada, caller):
    refresh = RefreshToken.for_user(ada)
    assert refresh.outstand() == (OutstandingToken.objects.get(), False)

    refresh.set_jti()
    row, created = refresh.outstand()
    assert (row.jti, row.user, created) == (refresh["jti"], ada, True)
    assert int(aware(row.expires_at).timestamp()) == refresh["exp"]
    assert refresh.outstand() == (row, False)
    tokens = caller.refresh(str(refresh))
    assert caller.home(tokens.access).status_code == 200


def test_a_deleted_user_leaves_rows_of_nobody(ada, caller):
    tokens = caller.log_in()
    ada.delete()

    assert row_of(tokens).user is None
    assert_refused(caller.try_refresh(tokens.refresh), "session_revoked")


def test_flushexpiredtokens_still_works_and_logs_nobody_out(ada, caller):
    tokens = caller.log_in()
    ended = caller.log_in()
    caller.log_out(ended.refresh, ended.access)
    OutstandingToken.objects.update(expires_at="2020-01-01T00:00:00Z")

    call_command("flushexpiredtokens")

    assert not OutstandingToken.objects.exists()
    assert not BlacklistedToken.objects.exists()
    assert caller.home(tokens.access).status_code == 200
    assert_out(caller, ended)
    fresh = caller.refresh(tokens.refresh)
    assert caller.log_out(fresh.refresh, fresh.access).status_code == 205
    assert_out(caller, fresh)
