"""simplejwt's token classes in a project's own code: as before, and with Keyturn's guarantees."""

import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.utils.functional import SimpleLazyObject
from rest_framework_simplejwt import state
from rest_framework_simplejwt.exceptions import (
    AuthenticationFailed,
    ExpiredTokenError,
    TokenBackendError,
    TokenBackendExpiredToken,
    TokenError,
)
from rest_framework_simplejwt.models import TokenUser
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken, SlidingToken, UntypedToken

from keyturn.clock import utc_now
from keyturn.sessions.client import Client
from keyturn.sessions.models import Session
from keyturn.tokens.issuing import issue_pair
from tests.compat.stock import stock_access, stock_refresh
from tests.contract.caller import assert_refused, claims, session_of
from tests.services.process import clean_environment


def refused(cls: Any, raw: Any, message: str, reason: str, error: type[Exception] = TokenError) -> None:
    with pytest.raises(error) as failure:
        cls(raw)
    assert str(failure.value) == message
    assert failure.value.reason == reason  # type: ignore[attr-defined]


def test_refresh_token_for_user_opens_a_session(ada, caller):
    refresh = RefreshToken.for_user(ada)

    assert Session.objects.get().user == ada
    assert refresh["user_id"] == str(ada.pk)
    assert refresh["sid"] == str(Session.objects.get().pk)
    assert claims(str(refresh)) == refresh.payload
    assert caller.home(str(refresh.access_token)).status_code == 200
    rotated = caller.refresh(str(refresh))
    assert claims(rotated.refresh)["gen"] == 1
    written, again = str(refresh), str(refresh)
    assert written == again


def test_for_user_refuses_who_may_not_sign_in(ada):
    stale = get_user_model().objects.get(pk=ada.pk)
    type(ada).objects.update(is_active=False)
    with pytest.raises(AuthenticationFailed) as failure:
        RefreshToken.for_user(stale)
    assert failure.value.detail["code"] == "no_active_account"

    type(ada).objects.update(is_active=True, password="changed meanwhile")
    with pytest.raises(AuthenticationFailed):
        RefreshToken.for_user(stale)
    assert not Session.objects.exists()


def test_for_user_takes_the_lazy_user_of_a_request_and_a_token_user(ada, caller):
    lazy = SimpleLazyObject(lambda: ada)
    assert caller.try_refresh(str(RefreshToken.for_user(lazy))).status_code == 200

    stateless = TokenUser(AccessToken.for_user(ada))
    assert caller.try_refresh(str(RefreshToken.for_user(stateless))).status_code == 200
    assert {session.user for session in Session.objects.all()} == {ada}


def test_claims_added_to_a_token_go_into_its_access_token(ada):
    refresh = RefreshToken.for_user(ada)
    refresh["plan"] = "gold"

    assert refresh.access_token["plan"] == "gold"
    assert refresh.get("plan") == "gold"
    assert refresh.get("nothing", 7) == 7
    assert "plan" in refresh
    del refresh["plan"]
    assert "plan" not in refresh.access_token


def test_an_access_token_of_a_refresh_token_has_an_id_and_a_life_of_its_own(ada):
    refresh = RefreshToken.for_user(ada)
    access = refresh.access_token

    assert access["jti"] != refresh["jti"]
    assert access["exp"] - access["iat"] == 300
    assert access["token_type"] == "access"
    assert access["sid"] == refresh["sid"]
    assert "gen" not in access
    access.set_exp(lifetime=timedelta(hours=2))
    assert claims(str(access))["exp"] - access["iat"] == 7200


def test_an_access_token_never_outlives_the_session(ada):
    RefreshToken.for_user(ada)
    soon = utc_now() + timedelta(seconds=30)
    Session.objects.update(absolute_expires_at=soon)
    session = Session.objects.get()
    refresh = RefreshToken.for_user(ada)
    refresh.keyturn_session = session

    assert refresh.access_token["exp"] == int(soon.timestamp())


def test_refresh_token_of_a_raw_one_says_whether_a_refresh_would_take_it_and_changes_nothing(ada, caller):
    tokens = caller.log_in()
    before = Session.objects.values().get()

    for raw in (tokens.refresh, tokens.refresh.encode()):
        refresh = RefreshToken(raw)
        assert refresh["user_id"] == str(ada.pk)
        assert AccessToken(str(refresh.access_token))["sid"] == refresh["sid"]

    assert Session.objects.values().get() == before
    caller.log_out(tokens.refresh, tokens.access)
    refused(RefreshToken, tokens.refresh, "Token is blacklisted", "session_revoked")


def test_blacklist_ends_the_session(ada, caller):
    tokens = caller.log_in()

    RefreshToken(tokens.refresh).blacklist()

    assert_refused(caller.home(tokens.access), "session_revoked")
    assert_refused(caller.try_refresh(tokens.refresh), "session_revoked")
    assert session_of(tokens.access).revoked_reason == "logout"
    with pytest.raises(TokenError):
        RefreshToken(tokens.refresh)


def test_blacklist_of_a_token_from_for_user_ends_its_session_too(ada, caller):
    refresh = RefreshToken.for_user(ada)

    refresh.blacklist()
    refresh.blacklist()

    assert_refused(caller.try_refresh(str(refresh)), "session_revoked")


def test_blacklist_of_a_stock_token_forgets_it(ada, caller):
    raw = stock_refresh(ada)

    RefreshToken(raw).blacklist()

    assert_refused(caller.try_refresh(raw), "session_revoked")
    refused(RefreshToken, raw, "Token is blacklisted", "session_revoked")


def test_errors_are_simplejwts_with_a_reason(ada, caller):
    tokens = caller.log_in()
    old = issue_pair(user=ada, now=utc_now() - timedelta(days=3), client=Client())

    for cls in (RefreshToken, AccessToken, UntypedToken, SlidingToken):
        refused(cls, "nonsense", "Token is invalid", "malformed")
        refused(cls, f"{tokens.access[:-4]}AAAA", "Token is invalid", "bad_signature")
        refused(cls, 17, "Token is invalid", "malformed")
    refused(AccessToken, tokens.refresh, "Token has wrong type", "wrong_type")
    refused(RefreshToken, tokens.access, "Token has wrong type", "wrong_type")
    refused(SlidingToken, tokens.access, "Token has wrong type", "wrong_type")
    refused(AccessToken, stock_access(ada, token_type=None), "Token has no type", "wrong_type")
    refused(RefreshToken, stock_refresh(ada, jti=None), "Token has no id", "missing_claim")
    refused(AccessToken, stock_access(ada, exp=None), "Token is invalid", "missing_claim")
    for raw in (old.access, old.refresh):
        refused(UntypedToken, raw, "Token is expired", "expired", ExpiredTokenError)
    refused(RefreshToken, old.refresh, "Token is expired", "expired", ExpiredTokenError)


def test_a_token_can_be_read_without_being_verified(ada, caller):
    tokens = caller.log_in()
    caller.log_out(tokens.refresh, tokens.access)
    old = issue_pair(user=ada, now=utc_now() - timedelta(days=3), client=Client())

    for raw in (tokens.refresh, old.refresh):
        assert RefreshToken(raw, verify=False).payload == claims(str(raw))
    with pytest.raises(TokenError, match="Token 'exp' claim has expired") as failure:
        RefreshToken(old.refresh, verify=False).verify()
    assert failure.value.reason == "expired"
    with pytest.raises(TokenError, match="Token has no 'until' claim") as failure:
        RefreshToken(old.refresh, verify=False).check_exp("until")
    assert failure.value.reason == "missing_claim"


def test_untyped_token_takes_any_kind_that_stands(ada, caller):
    tokens = caller.log_in()

    for raw in (tokens.access, tokens.refresh, stock_access(ada), stock_refresh(ada)):
        assert UntypedToken(raw)["user_id"] == str(ada.pk)
    caller.log_out(tokens.refresh, tokens.access)
    for raw in (tokens.access, tokens.refresh):
        refused(UntypedToken, raw, "Token is blacklisted", "session_revoked")


def test_sliding_token_for_user_opens_a_session_and_blacklist_ends_it(settings, ada, caller):
    settings.SIMPLE_JWT = {"AUTH_TOKEN_CLASSES": ("rest_framework_simplejwt.tokens.SlidingToken",)}
    token = SlidingToken.for_user(ada)
    raw = str(token)
    assert caller.home(raw).status_code == 200
    assert SlidingToken(raw)["refresh_exp"] == token["refresh_exp"]

    SlidingToken(raw).blacklist()

    assert_refused(caller.home(raw), "session_revoked")
    refused(SlidingToken, raw, "Token is blacklisted", "session_revoked")


def test_an_empty_token_of_the_project_is_adopted_when_shown(ada, caller):
    """Some projects fill a token by hand instead of calling for_user."""
    refresh = RefreshToken()
    refresh["user_id"] = ada.pk
    refresh["plan"] = "gold"

    tokens = caller.refresh(str(refresh))

    assert claims(tokens.access)["plan"] == "gold"
    assert caller.home(tokens.access).status_code == 200
    assert Session.objects.get().user == ada


def rotate_by_hand(raw: str) -> tuple[str, str]:
    """What stock's own serializer does; projects have copied it."""
    refresh = RefreshToken(raw)
    access = str(refresh.access_token)
    refresh.blacklist()
    refresh.set_jti()
    refresh.set_exp()
    refresh.set_iat()
    refresh.outstand()
    return access, str(refresh)


def test_a_rotation_by_hand_ends_the_old_token_and_its_successor_can_be_refreshed(ada, caller):
    first = caller.log_in()

    _, second = rotate_by_hand(first.refresh)

    assert_refused(caller.try_refresh(first.refresh), "session_revoked")
    access, third = rotate_by_hand(second)
    assert caller.home(access).status_code == 200
    assert_refused(caller.try_refresh(second), "session_revoked")
    tokens = caller.refresh(third)
    assert caller.home(tokens.access).status_code == 200


def test_the_token_backend_of_state_signs_and_reads(ada, caller):
    tokens = caller.log_in()
    backend = state.token_backend

    for raw in (tokens.access, tokens.refresh, tokens.access.encode()):
        assert backend.decode(raw)["user_id"] == str(ada.pk)
    payload = claims(tokens.access)
    assert backend.decode(backend.encode(payload), verify=True) == payload
    with pytest.raises(TokenBackendError):
        backend.decode(f"{tokens.access[:-4]}AAAA")
    assert backend.decode(f"{tokens.access[:-4]}AAAA", verify=False) == payload
    old = issue_pair(user=ada, now=utc_now() - timedelta(days=3), client=Client())
    with pytest.raises(TokenBackendExpiredToken):
        backend.decode(old.access)


def test_a_token_backend_that_was_imported_before_keyturn_was_ready_is_the_same(tmp_path):
    """As ``from rest_framework_simplejwt.state import token_backend`` in a project's models does."""
    (tmp_path / "early").mkdir()
    (tmp_path / "early" / "models.py").write_text("from rest_framework_simplejwt.state import token_backend\n")
    (tmp_path / "project_settings.py").write_text(
        "from tests.settings.sqlite import *\nINSTALLED_APPS = ['early', *INSTALLED_APPS]\n"
        "DATABASES['default']['NAME'] = ':memory:'\n"
    )
    program = (
        "import django; django.setup()\n"
        "from django.core.management import call_command; call_command('migrate', verbosity=0)\n"
        "from early.models import token_backend\n"
        "from rest_framework_simplejwt.tokens import AccessToken\n"
        "token = AccessToken(); token['user_id'] = 7\n"
        "print(token_backend.decode(str(token))['user_id'])"
    )
    root = Path(__file__).resolve().parents[2]
    environment = clean_environment(
        {"DJANGO_SETTINGS_MODULE": "project_settings", "PYTHONPATH": f"{tmp_path}:{root}:{root / 'src'}"}
    )

    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, env=environment, cwd=tmp_path
    )

    assert (done.returncode, done.stdout) == (0, "7\n"), done.stderr


def test_api_settings_follow_the_projects_settings(settings):
    """Projects read simplejwt's settings by this name; stock freezes them at import."""
    from rest_framework_simplejwt.settings import api_settings

    def read(*names: str) -> list[Any]:
        return [getattr(api_settings, name) for name in names]

    assert read("ACCESS_TOKEN_LIFETIME", "USER_ID_CLAIM") == [timedelta(minutes=5), "user_id"]
    assert read("SIGNING_KEY", "ALGORITHM") == [settings.SECRET_KEY, "HS256"]
    assert read("AUTH_TOKEN_CLASSES", "TOKEN_USER_CLASS") == [[AccessToken], TokenUser]

    settings.SIMPLE_JWT = {
        "ACCESS_TOKEN_LIFETIME": timedelta(minutes=1),
        "USER_ID_CLAIM": "sub",
        "SIGNING_KEY": "k" * 40,
    }
    assert read("ACCESS_TOKEN_LIFETIME", "USER_ID_CLAIM") == [timedelta(minutes=1), "sub"]
    assert read("SIGNING_KEY") == ["k" * 40]
    with pytest.raises(AttributeError, match="Invalid API setting: 'ACCES_TOKEN'"):
        _ = api_settings.ACCES_TOKEN


def test_a_token_class_of_the_project_with_an_access_token_class_of_its_own(settings, ada, caller):
    class ShortAccess(AccessToken):  # type: ignore[misc] # simplejwt has no usable types
        lifetime = timedelta(seconds=45)

    class LongRefresh(RefreshToken):  # type: ignore[misc] # simplejwt has no usable types
        lifetime = timedelta(days=5)
        access_token_class = ShortAccess

    refresh = LongRefresh.for_user(ada)

    assert refresh["exp"] - refresh["iat"] == 5 * 86_400
    assert refresh.access_token["exp"] - refresh.access_token["iat"] == 45
    assert session_of(str(refresh)).idle_expires_at - session_of(str(refresh)).rotated_at == timedelta(days=5)
    assert LongRefresh(str(refresh))["user_id"] == str(ada.pk)
    assert caller.home(str(refresh.access_token)).status_code == 200
