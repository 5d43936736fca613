"""Whatever the user model, and without django-allauth: a view asks for a recent proof, and a sign-in is one."""

from datetime import timedelta
from typing import Any

import pytest
from django.urls import path
from rest_framework.response import Response
from rest_framework.views import APIView

from keyturn.authentication import JWTAuthentication
from keyturn.clock import stored, utc_now
from keyturn.permissions import RecentlyAuthenticated, StronglyAuthenticated
from keyturn.sessions.models import Session
from tests.compat.other_settings.user_models.test_user_models import log_in, new_user
from tests.urls import urlpatterns as _urlpatterns

pytestmark = pytest.mark.django_db


class Recent(APIView):
    """As a project writes it."""

    authentication_classes = (JWTAuthentication,)
    permission_classes: Any = (RecentlyAuthenticated,)

    def get(self, _request: Any) -> Response:
        return Response({})


class Strong(Recent):
    permission_classes = (StronglyAuthenticated,)


urlpatterns = [path("recent/", Recent.as_view()), path("strong/", Strong.as_view()), *_urlpatterns]


@pytest.fixture(autouse=True)
def with_views(settings):
    settings.ROOT_URLCONF = __name__


def test_a_sign_in_is_recent_for_five_minutes_and_there_is_no_second_factor(caller):
    new_user("ada@example.com")
    access = log_in(caller).access
    assert caller.call("GET", "/recent/", access=access).status_code == 200
    refused = caller.call("GET", "/strong/", access=access)
    assert (refused.status_code, refused.json()["reason"]) == (403, "factor_setup_required")


def test_later_the_password_is_asked_for(caller):
    new_user("ada@example.com")
    tokens = log_in(caller)
    Session.objects.update(auth_time=stored(utc_now() - timedelta(minutes=6)))
    access = caller.refresh(tokens.refresh).access
    refused = caller.call("GET", "/recent/", access=access)
    assert (refused.status_code, refused.json()["methods"]) == (401, ["password"])
    assert 'max_age="300"' in refused["WWW-Authenticate"]
