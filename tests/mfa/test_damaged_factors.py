"""Rows of factors that somebody emptied, cut short or edited: they are shown and can be removed, and open nothing."""

import json
from typing import Any, Final

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from keyturn.accounts.profile_export import export_of
from keyturn.accounts.ways_in import WayIn, ways_in
from keyturn.clock import utc_now
from keyturn.sessions.models import Session
from tests.accounts.engine import PASSWORD, AuthClient

pytestmark = pytest.mark.django_db

ANY: Final[tuple[Any, ...]] = ({}, [], "", "{", 7, True)
PASSKEYS: Final[tuple[Any, ...]] = (
    {"name": None, "credential": None},
    {"name": ["a"], "credential": []},
    {"name": "key", "credential": {}},
    {"name": "key", "transports": None, "credential": {"response": None, "clientExtensionResults": None}},
    {
        "name": "key",
        "credential": {"response": {"attestationObject": "oA"}, "clientExtensionResults": {"credProps": 1}},
    },
    {"credential": {"response": {"attestationObject": 7}, "clientExtensionResults": {"credProps": {"rk": True}}}},
)
SECRETS: Final[tuple[Any, ...]] = (
    {"secret": None, "seed": None, "used_mask": None, "migrated_codes": None},
    {"secret": 7, "seed": 7, "used_mask": -1, "migrated_codes": {}},
    {"secret": "", "seed": "", "used_mask": "x", "migrated_codes": [None, 7]},
)
SHAPES: Final = {"totp": ANY + SECRETS, "recovery_codes": ANY + SECRETS, "webauthn": ANY + PASSKEYS}
DAMAGED: Final = pytest.mark.parametrize(
    ("kind", "shape"),
    [(kind, shape) for kind, shapes in SHAPES.items() for shape in shapes],
    ids=lambda one: json.dumps(one)[:60],
)


@pytest.fixture
def ada(settings: Any) -> Any:
    """A user with a verified address."""
    settings.KEYTURN = {"PUBLIC_URL": "https://auth.example.com"}
    user = get_user_model().objects.create_user("ada", "ada@example.com", PASSWORD)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


def _damaged(user: Any, kind: str, shape: Any) -> Any:
    return Authenticator.objects.create(user=user, type=kind, data=shape)


def _signed_in() -> AuthClient:
    """As somebody who had shown two factors."""
    client = AuthClient()
    assert client.log_in().status_code == 200
    Session.objects.update(amr="pwd otp mfa")
    return client


@DAMAGED
def test_the_owner_sees_it_and_removes_it(ada: Any, kind: str, shape: Any) -> None:
    client = _signed_in()
    row = _damaged(ada, kind, shape)
    listed = client.call("GET", "account/authenticators")
    assert listed.status_code == 200, listed.content
    (told,) = listed.json()["data"]
    assert told["type"] == kind
    if kind == "webauthn":
        assert told["id"] == row.pk
        assert isinstance(told["name"], str)
        renamed = client.call("PUT", "account/authenticators/webauthn", {"id": row.pk, "name": "my old key"})
        assert (renamed.status_code, renamed.json()["data"]["name"]) == (200, "my old key")
        removed = client.call("DELETE", "account/authenticators/webauthn", {"authenticators": [row.pk]})
        assert removed.status_code == 200, removed.content
    elif kind == "totp":
        assert client.call("GET", "account/authenticators/totp").status_code == 200
        assert client.call("DELETE", "account/authenticators/totp").status_code == 200
    else:
        counted = client.call("GET", "account/authenticators/recovery-codes")
        assert (counted.status_code, counted.json()["data"]["unused_code_count"] >= 0) == (200, True)
        return
    assert not Authenticator.objects.exists()


@DAMAGED
def test_it_signs_nobody_in_and_no_password_is_enough_beside_it(ada: Any, kind: str, shape: Any) -> None:
    """Else whoever may damage a row could take a factor away."""
    _damaged(ada, kind, shape)
    first = Client().post("/token/", {"username": "ada", "password": PASSWORD})
    if kind == "recovery_codes":
        # They alone are no factor.
        assert first.status_code == 200
        return
    assert (first.status_code, first.json()["code"]) == (401, "mfa_required")
    for code in ("000000", "0000-0000-0000-0000"):
        second = Client().post("/token/mfa/", {"mfa_token": first.json()["mfa_token"], "code": code})
        assert second.status_code in {400, 401, 503}, second.content
    assert not Session.objects.exists()
    flow = AuthClient()
    assert flow.log_in().status_code == 401
    assert flow.call("GET", "auth/webauthn/authenticate").status_code in {200, 409}
    assert flow.call("POST", "auth/2fa/authenticate", {"code": "000000"}).status_code in {400, 503}
    assert not Session.objects.exists()


@pytest.mark.parametrize("shape", SHAPES["webauthn"], ids=str)
def test_a_passkey_that_nobody_can_use_is_no_way_in(ada: Any, shape: Any) -> None:
    _damaged(ada, "webauthn", shape)
    assert ways_in(ada) == (WayIn.PASSWORD,)
    assert ways_in(ada, without=[WayIn.PASSWORD]) == ()


@DAMAGED
def test_the_export_has_it(ada: Any, kind: str, shape: Any) -> None:
    _damaged(ada, kind, shape)
    (told,) = json.loads("".join(export_of(ada, now=utc_now())))["sign_in_factors"]
    assert told["type"] == kind
    assert isinstance(told.get("name", ""), str)


@DAMAGED
def test_an_administrator_sees_it_and_removes_it(ada: Any, kind: str, shape: Any) -> None:
    staff = get_user_model().objects.create_superuser("root", "root@example.com", PASSWORD)
    row = _damaged(ada, kind, shape)
    browser = Client()
    browser.force_login(staff)
    of_factors = "/admin/mfa/authenticator/"
    pages = ("", f"{row.pk}/change/", f"{row.pk}/delete/", f"{row.pk}/history/")
    for path in (*(f"{of_factors}{page}" for page in pages), f"/admin/auth/user/{ada.pk}/change/"):
        assert browser.get(path).status_code == 200, path
    asked = {"action": "delete_selected", "_selected_action": [str(row.pk)]}
    assert browser.post("/admin/mfa/authenticator/", asked).status_code == 200
    assert browser.post(f"/admin/mfa/authenticator/{row.pk}/delete/", {"post": "yes"}).status_code == 302
    assert not Authenticator.objects.exists()


@pytest.mark.parametrize("kind", SHAPES)
def test_sealing_all_factors_goes_past_it(ada: Any, kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    for number, shape in enumerate(SHAPES[kind]):
        user = get_user_model().objects.create_user(f"user{number}")
        _damaged(user, kind, shape)
    before = list(Authenticator.objects.order_by("pk").values_list("data", flat=True))
    call_command("seal_factors")
    after = list(Authenticator.objects.order_by("pk").values_list("data", flat=True))
    assert [type(one) for one in after] == [type(one) for one in before]
    assert capsys.readouterr().out


def test_many_of_them_are_listed_side_by_side(ada: Any) -> None:
    client = _signed_in()
    for shape in SHAPES["webauthn"]:
        Authenticator.objects.create(user=ada, type="webauthn", data=shape, last_used_at=timezone.now())
    listed = client.call("GET", "account/authenticators").json()["data"]
    assert len(listed) == len(SHAPES["webauthn"])
    assert [one for one in listed if one.get("is_passwordless")] == [listed[-1]]
    assert client.call("GET", "account/authenticators/webauthn").status_code == 200
