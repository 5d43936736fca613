"""The Python in the pages does what the pages say."""

import re
import sys
import types

import jwt
import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from tests.docs.pages import page

pytestmark = pytest.mark.django_db


def _blocks(name, containing):
    found = re.findall(r"^```python\n(.*?)^```$", page(name), re.MULTILINE | re.DOTALL)
    return [text for text in found if containing in text]


@pytest.fixture
def user():
    return get_user_model().objects.create_user("ann", password="pw", first_name="Ann", last_name="Lee")


@pytest.fixture
def yourapp(monkeypatch):
    """An empty package ``yourapp`` with a module ``tokens``."""
    module = types.ModuleType("yourapp.tokens")
    monkeypatch.setitem(sys.modules, "yourapp", types.ModuleType("yourapp"))
    monkeypatch.setitem(sys.modules, "yourapp.tokens", module)
    return module


def _post(path, **body):
    answer = Client().post(path, body, content_type="application/json")
    assert answer.status_code == 200, answer.content
    return answer.json()


def _claims(token):
    return jwt.decode(token, options={"verify_signature": False})


def _follow(settings, module, serializer):
    """Do what the page says of one serializer: its module, and its line in the settings."""
    [code] = _blocks("docs/how-to/custom-claims-and-serializers.md", f"class {serializer}")
    exec(code, module.__dict__)
    [line] = _blocks("docs/how-to/custom-claims-and-serializers.md", f'"yourapp.tokens.{serializer}"')
    written: dict[str, object] = {}
    exec(line, written)
    settings.SIMPLE_JWT = written["SIMPLE_JWT"]


def test_a_claim_of_the_login_is_in_every_token(settings, user, yourapp):
    _follow(settings, yourapp, "LoginSerializer")

    login = _post("/token/", username="ann", password="pw")
    user.first_name = "Anna"
    user.save()
    refreshed = _post("/token/refresh/", refresh=login["refresh"])

    for token in (*login.values(), *refreshed.values()):
        assert _claims(token)["name"] == "Ann Lee"


def test_a_claim_of_the_refresh_is_computed_each_time(settings, user, yourapp):
    [code] = _blocks("docs/how-to/custom-claims-and-serializers.md", "def access_claims")
    exec(code, yourapp.__dict__)
    [line] = _blocks("docs/how-to/custom-claims-and-serializers.md", '"yourapp.tokens.access_claims"')
    written: dict[str, object] = {}
    exec(line, written)
    settings.KEYTURN = written["KEYTURN"]
    testers: set[int] = set()
    yourapp.is_beta_tester = testers.__contains__

    login = _post("/token/", username="ann", password="pw")
    before = _post("/token/refresh/", refresh=login["refresh"])
    testers.add(user.pk)
    after = _post("/token/refresh/", refresh=before["refresh"])

    assert [_claims(answer["access"])["beta"] for answer in (before, after)] == [False, True]
    assert _claims(after["access"])["roles"] == []
    assert "beta" not in _claims(after["refresh"])
    opened = Client().get("/sessions/", headers={"Authorization": f"Bearer {after['access']}"})
    assert opened.status_code == 200


def test_tokens_without_a_password_are_a_session(user):
    [code] = _blocks("docs/how-to/custom-claims-and-serializers.md", "RefreshToken.for_user")
    names = {"user": user}
    exec(code, names)

    answer = names["answer"]
    assert _claims(answer["access"])["sid"] == _claims(answer["refresh"])["sid"]
    _post("/token/refresh/", refresh=answer["refresh"])


def test_all_sessions_of_a_user_are_revoked_in_code(user):
    [code] = _blocks("docs/how-to/log-out-everywhere.md", "revoke_user_sessions(user.pk")
    login = _post("/token/", username="ann", password="pw")

    exec(code, {"user": user})

    answer = Client().post("/token/refresh/", {"refresh": login["refresh"]}, content_type="application/json")
    assert (answer.status_code, answer.json()["reason"]) == (401, "session_revoked")
