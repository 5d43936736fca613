"""An authenticated request asks the database nothing while the feed is followed, and the session's row whenever not."""

import copy
import operator
import pickle
from datetime import timedelta
from uuid import UUID

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import AnonymousUser
from django.contrib.contenttypes.models import ContentType
from django.template import engines
from rest_framework.permissions import AllowAny, IsAdminUser, IsAuthenticated
from rest_framework.response import Response
from rest_framework.test import APIClient, APIRequestFactory
from rest_framework.views import APIView
from rest_framework_simplejwt.authentication import JWTAuthentication, JWTStatelessUserAuthentication
from rest_framework_simplejwt.tokens import RefreshToken

from keyturn import keys
from keyturn.api.authentication import JWTAuthentication as OwnAuthentication
from keyturn.api.lazy_user import LazyUser
from keyturn.clock import utc_now
from keyturn.jose import sign
from keyturn.sessions.client import Client
from keyturn.sessions.models import Session
from keyturn.sessions.revocation import revoke_sessions
from keyturn.tokens.sliding import issue_sliding
from tests.engine.tokens import claims_of, login

# Without a transaction around it: what others could not see yet, a process does not remember, the key ring included.
pytestmark = pytest.mark.django_db(transaction=True)

CLASSES = (OwnAuthentication, JWTAuthentication, JWTStatelessUserAuthentication)
NAMES = ("keyturn's", "simplejwt's", "simplejwt's stateless")


class Feed:
    """What this process has heard, told by the test."""

    def __init__(self):
        self.fresh = True
        self.revoked = set()

    def ensure_started(self):
        """Nothing to start."""

    def is_fresh(self):
        return self.fresh

    def is_revoked_key(self, kid):
        return False

    def clears(self, sid, kid=None):
        return self.fresh and sid not in self.revoked


@pytest.fixture
def feed(monkeypatch):
    feed = Feed()
    for room in ("tokens.authenticating", "keys.ring"):
        monkeypatch.setattr(f"keyturn.{room}.watcher", lambda: feed)
    return feed


@pytest.fixture
def access(user):
    return login(user, now=utc_now()).access


def asked(access, *, look=lambda user: None, cls=OwnAuthentication, permission=IsAuthenticated):
    """GET a view that lets ``look`` see the user."""

    class View(APIView):
        authentication_classes = (cls,)
        permission_classes = (permission,)

        def get(self, request):
            return Response({"seen": look(request.user)})

    request = APIRequestFactory().get("/", headers={"authorization": f"Bearer {access}"})
    return View.as_view()(request)


@pytest.mark.parametrize("cls", CLASSES, ids=NAMES)
def test_nothing_is_read(feed, access, cls, count_statements):
    asked(access, cls=cls)
    with count_statements(exactly=0) as seen:
        assert asked(access, cls=cls).status_code == 200
    assert seen.transaction_commands == []


def test_over_http_nothing_is_read_before_the_view_does(feed, access, count_statements):
    client = APIClient(headers={"authorization": f"Bearer {access}"})
    client.get("/home/")
    # The page greets the user by name.
    with count_statements(exactly=1):
        assert client.get("/home/").json() == {"message": "Welcome, ada."}


def test_verifying_an_access_token_reads_what_a_request_with_it_would(feed, access, count_statements):
    def verified():
        return APIClient().post("/token/verify/", {"token": access}, format="json")

    with count_statements(exactly=0):
        assert (verified().status_code, verified().json()) == (200, {})
    sid = UUID(claims_of(access)["sid"])
    feed.revoked.add(sid)
    with count_statements(exactly=1):
        assert verified().status_code == 200
    revoke_sessions((sid,), reason="logout", now=utc_now())
    assert (verified().status_code, verified().json()["reason"]) == (401, "session_revoked")
    feed.revoked.clear()
    feed.fresh = False
    assert (verified().status_code, verified().json()["reason"]) == (401, "session_revoked")


@pytest.mark.parametrize("cls", CLASSES, ids=NAMES)
def test_what_the_feed_names_is_looked_up_and_the_row_decides(feed, access, cls, count_statements):
    sid = UUID(claims_of(access)["sid"])
    feed.revoked.add(sid)
    with count_statements(exactly=1):
        assert asked(access, cls=cls).status_code == 200
    revoke_sessions((sid,), reason="logout", now=utc_now())
    answer = asked(access, cls=cls)
    assert (answer.status_code, answer.data["reason"]) == (401, "session_revoked")


@pytest.mark.parametrize("cls", CLASSES, ids=NAMES)
def test_without_fresh_news_the_row_decides(feed, access, cls, count_statements):
    feed.fresh = False
    # The session's, and the key ring's once a second.
    with count_statements(at_most=2):
        assert asked(access, cls=cls).status_code == 200
    Session.objects.update(revoked_at=utc_now(), revoked_reason="logout")
    assert asked(access, cls=cls).status_code == 401


def test_a_token_for_longer_than_the_feed_reaches_back_is_looked_up(feed, access, settings, count_statements):
    settings.SIMPLE_JWT = {"ACCESS_TOKEN_LIFETIME": 299}
    keys.refresh()
    with count_statements(exactly=1):
        assert asked(access).status_code == 200
    settings.SIMPLE_JWT = {"ACCESS_TOKEN_LIFETIME": 300}
    keys.refresh()
    with count_statements(exactly=0):
        assert asked(access).status_code == 200


def test_a_project_that_compares_the_password_with_every_request_reads(feed, user, settings, count_statements):
    settings.SIMPLE_JWT = {"CHECK_REVOKE_TOKEN": True}
    access = login(user, now=utc_now()).access
    with count_statements(exactly=1):
        assert asked(access).status_code == 200


def test_a_sliding_token_is_looked_up(feed, user, settings, count_statements):
    settings.SIMPLE_JWT = {"AUTH_TOKEN_CLASSES": ("rest_framework_simplejwt.tokens.SlidingToken",)}
    token = issue_sliding(user=user, now=utc_now(), client=Client())
    with count_statements(exactly=1):
        assert asked(token).status_code == 200


class TestTheUser:
    """``request.user`` in all the places a user stands in."""

    @pytest.fixture
    def lazy(self, feed, access):
        kept: list[object] = []
        assert asked(access, look=kept.append).status_code == 200
        assert type(kept[0]) is LazyUser
        return kept[0]

    def test_what_the_token_says_is_not_read(self, lazy, user, django_user_model, count_statements):
        with count_statements(exactly=0):
            assert lazy.is_authenticated
            assert not lazy.is_anonymous
            assert bool(lazy)
            assert lazy.pk == lazy.id == user.pk
            assert isinstance(lazy, django_user_model)
            assert lazy == user
            assert user == lazy
            assert operator.ne(lazy, user) is False
            assert lazy != django_user_model(pk=user.pk + 1)
            assert lazy != AnonymousUser()
            assert lazy != "ada"
            assert hash(lazy) == hash(user)
            assert {lazy, user} == {user}

    def test_anything_else_reads_the_row_once(self, lazy, count_statements):
        with count_statements(exactly=1):
            assert lazy.username == "ada"
            assert str(lazy) == "ada"
            assert not lazy.is_staff
            assert lazy.get_username() == "ada"
            assert lazy.pk == lazy.id

    def test_a_filter_takes_its_id_alone(self, lazy, user, count_statements):
        with count_statements(exactly=1):
            assert Session.objects.filter(user=lazy).count() == 1
        with count_statements(exactly=1):
            assert Session.objects.filter(user__in=[lazy]).count() == 1

    def test_it_is_the_value_of_a_foreign_key(self, lazy, user):
        entry = LogEntry.objects.create(
            user=lazy, content_type=ContentType.objects.get_for_model(user), object_id="1", action_flag=1
        )
        assert LogEntry.objects.get(pk=entry.pk).user == user
        assert entry.user.username == "ada"

    def test_it_can_be_changed_and_saved(self, lazy, django_user_model):
        lazy.first_name = "Ada"
        lazy.save()
        assert django_user_model.objects.get().first_name == "Ada"

    def test_it_stands_in_templates(self, lazy):
        template = engines["django"].from_string("{% if user.is_authenticated %}{{ user.username }}{% endif %}")
        assert template.render({"user": lazy}) == "ada"

    def test_it_is_asked_by_permissions(self, feed, access, user):
        assert asked(access, permission=IsAdminUser).status_code == 403
        type(user).objects.update(is_staff=True)
        assert asked(access, permission=IsAdminUser).status_code == 200

    def test_it_can_be_copied_and_pickled(self, lazy, user):
        assert copy.copy(lazy).username == "ada"
        assert copy.deepcopy(lazy).username == "ada"
        assert pickle.loads(pickle.dumps(lazy)) == user

    @pytest.mark.parametrize(("change", "reason"), [({"is_active": False}, "user_inactive"), (None, "session_revoked")])
    def test_one_that_may_not_go_on_is_refused_where_it_is_read(self, feed, access, user, change, reason):
        users = type(user).objects.filter(pk=user.pk)
        if change is None:
            Session.objects.all()._raw_delete("default")
            users._raw_delete("default")
        else:
            users.update(**change)
        assert asked(access).status_code == 200  # nobody looked
        answer = asked(access, look=lambda user: user.username, permission=AllowAny)
        assert (answer.status_code, answer.data["reason"]) == (401, reason)
        assert "WWW-Authenticate" in answer


def test_an_id_that_no_user_can_have_is_refused(feed, user):
    access = login(user, now=utc_now()).access
    claims = claims_of(access) | {"user_id": "no number", "sub": "no number"}
    answer = asked(sign(claims, keys.access_signing_key(now=utc_now(), lifetime=timedelta(minutes=5))))
    assert (answer.status_code, answer.data["reason"]) == (401, "invalid_claim")


def test_a_field_that_may_change_hands_is_looked_up(feed, user, settings, django_user_model, count_statements):
    settings.SIMPLE_JWT = {"USER_ID_FIELD": "username"}
    access = login(user, now=utc_now()).access
    keys.refresh()
    with count_statements(exactly=1):
        assert asked(access, look=lambda user: user.pk).data == {"seen": user.pk}
    django_user_model.objects.update(username="ada2")
    other = django_user_model.objects.create_user("ada", is_staff=True)
    answer = asked(access, look=lambda user: user.pk)
    assert (answer.status_code, answer.data["reason"]) == (401, "user_mismatch"), other.pk


def test_a_token_that_names_another_user_than_its_sessions_is_looked_up(feed, access, django_user_model):
    other = django_user_model.objects.create_user("eve")
    key = keys.access_signing_key(now=utc_now(), lifetime=timedelta(minutes=5))
    changed = sign(claims_of(access) | {"user_id": str(other.pk)}, key, typ="at+jwt")
    answer = asked(changed, look=lambda user: user.pk)
    assert (answer.status_code, answer.data["reason"]) == (401, "user_mismatch")


def test_a_refresh_token_whose_user_a_project_changed_gives_no_token_of_that_user(feed, user, django_user_model):
    other = django_user_model.objects.create_user("eve")
    refresh = RefreshToken.for_user(user)
    refresh["user_id"] = str(other.pk)
    answer = asked(str(refresh.access_token), look=lambda user: user.pk)
    assert (answer.status_code, answer.data["reason"]) == (401, "user_mismatch")


def test_a_model_with_its_own_word_on_who_is_authenticated_is_asked(feed, access, monkeypatch, django_user_model):
    monkeypatch.setattr(django_user_model, "is_authenticated", property(lambda user: user.username != "ada"))
    assert asked(access).status_code == 403


def test_what_it_shows_of_itself_is_no_claim(feed, access):
    kept: list[object] = []
    asked(access, look=kept.append)
    assert claims_of(access)["jti"] not in repr(kept[0])
    assert repr(kept[0]).startswith("<LazyUser: ")
