"""A new password by mail: asked for, by code, by link.

It is one long file, since every test begins with the same mail and the same client;
the races are in test_reset_races.py.
"""

import json
from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator

from keyturn.accounts.models import Flow
from keyturn.clock import utc_now
from keyturn.sessions.models import Session
from keyturn.signin.models import AccountState
from keyturn.trail.models import AuditEvent
from tests.accounts.engine import NEW_PASSWORD, PASSWORD, AuthClient, last_letter, letters
from tests.contract.caller import Caller, claims

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def public_url(settings):
    settings.KEYTURN = {"PUBLIC_URL": "https://auth.example.com"}


@pytest.fixture
def ada(django_user_model: Any) -> Any:
    user = django_user_model.objects.create_user("ada", "ada@example.com", PASSWORD)
    EmailAddress.objects.create(user=user, email="ada@example.com", verified=True, primary=True)
    return user


def ask(client: AuthClient, email: Any = "ada@example.com") -> Any:
    return client.call("POST", "auth/password/request", {"email": email})


def reset(client: AuthClient, key: Any, password: Any = NEW_PASSWORD) -> Any:
    return client.call("POST", "auth/password/reset", {"key": key, "password": password})


def asked(kind: str = "app") -> AuthClient:
    client = AuthClient(kind)
    assert ask(client).status_code == 401
    return client


def lets_in(password: str) -> bool:
    return bool(Caller(ip="198.51.100.99").try_log_in("ada", password).status_code == 200)


@pytest.mark.parametrize("kind", ["app", "browser"])
def test_a_code_sets_a_new_password_and_signs_this_client_in(ada, kind):
    client = AuthClient(kind)
    answer = ask(client)
    assert answer.status_code == 401
    assert {"id": "password_reset_by_code", "is_pending": True} in answer.json()["data"]["flows"]

    done = reset(client, last_letter("ada@example.com").code)

    assert done.status_code == 200, done.content
    assert done.json()["meta"]["is_authenticated"] is True
    assert Caller().home(client.access).status_code == 200
    assert lets_in(NEW_PASSWORD)
    assert not lets_in(PASSWORD)
    assert Flow.objects.count() == 0


@pytest.mark.parametrize("with_flow", [True, False])
def test_a_link_does_too_with_or_without_the_flow(ada, with_flow):
    asking = asked()
    letter = last_letter("ada@example.com")
    assert letter.link.startswith("https://auth.example.com/auth/reset-password/?key=")
    client = asking if with_flow else AuthClient(ip="198.51.100.7")

    done = reset(client, letter.key)

    assert done.status_code == 200, done.content
    assert Caller().home(client.access).status_code == 200
    assert lets_in(NEW_PASSWORD)


@pytest.mark.parametrize("by", ["code", "key"])
def test_all_other_sessions_end(ada, by):
    others = [Caller().log_in() for _ in range(3)]
    client = asked()

    reset(client, getattr(last_letter("ada@example.com"), by))

    for tokens in others:
        assert Caller().home(tokens.access).status_code == 401
        assert Caller().try_refresh(tokens.refresh).status_code == 401
    assert Session.objects.filter(revoked_at__isnull=True).count() == 1
    assert set(Session.objects.filter(revoked_at__isnull=False).values_list("revoked_reason", flat=True)) == {
        "password_changed"
    }


def test_a_link_works_once(ada):
    asked()
    key = last_letter("ada@example.com").key
    assert reset(AuthClient(), key).status_code == 200

    answer = reset(AuthClient(), key, "yet another long sentence")

    assert (answer.status_code, answer.json()["code"], answer.json()["reason"]) == (400, "link_not_valid", "link_used")
    assert lets_in(NEW_PASSWORD)


def test_a_code_works_once(ada):
    client = asked()
    code, flow = last_letter("ada@example.com").code, client.flow
    assert reset(client, code).status_code == 200
    again = AuthClient()
    again.flow = flow

    assert reset(again, code, "yet another long sentence").status_code == 410
    assert lets_in(NEW_PASSWORD)


@pytest.mark.parametrize(("first", "second"), [("code", "key"), ("key", "code")])
def test_code_and_link_of_one_mail_are_good_for_one_reset_together(ada, first, second):
    client = asked()
    letter = last_letter("ada@example.com")
    other = AuthClient(ip="198.51.100.7")
    used, left = (client, other) if first == "code" else (other, client)
    assert reset(used, getattr(letter, first)).status_code == 200

    answer = reset(left, getattr(letter, second), "yet another long sentence")

    assert (answer.status_code, answer.json()["reason"]) == (400, "link_outdated")
    assert lets_in(NEW_PASSWORD)


def test_links_of_several_mails_are_good_for_one_reset_together(ada):
    for _ in range(3):
        asked()
    keys = [letter.key for letter in letters("ada@example.com")]
    assert reset(AuthClient(), keys[0]).status_code == 200

    for key in keys[1:]:
        assert reset(AuthClient(), key).json()["reason"] == "link_outdated"


def test_an_expired_link_is_refused(ada, settings):
    settings.KEYTURN = {**settings.KEYTURN, "RESET_LINK_LIFETIME": timedelta(seconds=1)}
    from keyturn.accounts.link_keys import LinkKind, write_key

    key = write_key(LinkKind.RESET_PASSWORD, user=ada, email=ada.email, now=utc_now() - timedelta(seconds=2))

    answer = reset(AuthClient(), key)

    assert (answer.status_code, answer.json()["reason"]) == (400, "link_expired")
    assert lets_in(PASSWORD)


def test_an_expired_code_is_refused(ada, monkeypatch):
    client = asked()
    import time

    now = time.time()
    monkeypatch.setattr("time.time", lambda: now + 16 * 60)

    assert reset(client, last_letter("ada@example.com").code).status_code == 409
    assert lets_in(PASSWORD)


def test_a_link_for_an_address_that_has_changed_since_is_refused(ada):
    asked()
    type(ada).objects.update(email="elsewhere@example.com")

    assert reset(AuthClient(), last_letter("ada@example.com").key).json()["reason"] == "link_outdated"
    assert lets_in(PASSWORD)


def test_a_code_for_an_address_that_has_changed_since_is_refused(ada):
    client = asked()
    type(ada).objects.update(email="elsewhere@example.com")

    assert reset(client, last_letter("ada@example.com").code).json()["reason"] == "link_outdated"
    assert lets_in(PASSWORD)


def test_a_verification_link_resets_nothing_and_the_reverse(ada):
    from keyturn.accounts.link_keys import LinkKind, write_key

    asked()
    wrong = write_key(LinkKind.VERIFY_EMAIL, user=ada, email=ada.email, now=utc_now())

    assert reset(AuthClient(), wrong).json()["reason"] == "link_invalid"
    assert AuthClient().verify(last_letter("ada@example.com").key).json()["reason"] == "link_invalid"


def test_a_link_signed_under_a_former_secret_is_good(ada, settings):
    asked()
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another-secret-of-the-tests-and-of-no-value"

    assert reset(AuthClient(), last_letter("ada@example.com").key).status_code == 200


def _no_meta(answer):
    body = answer.json()
    body["meta"].pop("session_token", None)
    return answer.status_code, json.dumps(body, sort_keys=True), sorted(answer.headers)


@pytest.mark.parametrize("kind", ["app", "browser"])
def test_the_answer_does_not_tell_whether_there_is_an_account(ada, kind):
    known, unknown = ask(AuthClient(kind)), ask(AuthClient(kind), "nobody@example.com")

    assert _no_meta(known)[:2] == _no_meta(unknown)[:2]
    assert letters("nobody@example.com")[0].subject
    assert "auth.example.com/auth/reset" not in letters("nobody@example.com")[0].text


def test_what_follows_does_not_tell_it_either(ada):
    def told(email):
        client = AuthClient()
        ask(client, email)
        answers = [reset(client, "BCDF-GHJK") for _ in range(4)]
        return [(answer.status_code, answer.json()["code"], answer.json().get("reason")) for answer in answers]

    assert told("ada@example.com") == told("nobody@example.com")


def test_nobody_can_know_the_code_of_an_account_that_is_not_there():
    client = AuthClient()
    ask(client, "nobody@example.com")

    for key in ("", "-", "none", "BCDF-GHJK"):
        assert reset(client, key).status_code in {400, 409, 410}


def test_the_third_wrong_code_ends_the_flow_and_the_right_one_comes_too_late(ada):
    client = asked()
    statuses = [reset(client, "BCDF-GHJK").status_code for _ in range(3)]

    assert statuses == [400, 400, 400]
    assert reset(client, last_letter("ada@example.com").code).status_code == 410
    assert lets_in(PASSWORD)
    assert AuditEvent.objects.filter(event="code_rejected", user_id=str(ada.pk)).count() == 3


def test_guesses_are_limited_over_all_flows_of_an_account(ada, settings):
    settings.KEYTURN = {**settings.KEYTURN, "LIMITS": {"code_pair": "4/10m"}}
    for _ in range(2):
        client = asked()
        for _ in range(2):
            assert reset(client, "BCDF-GHJK").status_code == 400

    answer = reset(asked(), last_letter("ada@example.com").code)

    assert (answer.status_code, answer.json()["reason"]) == (429, "too_many_attempts")
    assert int(answer["Retry-After"]) > 0
    assert lets_in(PASSWORD)


def test_a_get_says_whether_a_key_is_good_and_changes_nothing(ada):
    client = asked()
    letter = last_letter("ada@example.com")

    for key in (letter.code, letter.key):
        answer = client.call("GET", "auth/password/reset", X_Password_Reset_Key=key)
        assert answer.status_code == 200, answer.content
        assert answer.json()["data"]["user"]["username"] == "ada"
    assert lets_in(PASSWORD)
    assert reset(client, letter.code).status_code == 200


@pytest.mark.parametrize("key", ["BCDF-GHJK", "", "a.b", "ÄÖÜ", "." * 3_000])
def test_a_get_with_a_bad_key_is_refused(ada, key):
    answer = asked().call("GET", "auth/password/reset", X_Password_Reset_Key=key)

    assert answer.status_code == 400
    assert {"detail", "code", "reason"} <= set(answer.json())


@pytest.mark.parametrize("password", ["Qx7!pK", "qwertyuiop", "12345678", "ada@example.com", "x" * 4_097, "a\x00" * 8])
@pytest.mark.parametrize("by", ["code", "key"])
def test_a_bad_password_is_a_400_that_says_why_and_the_key_stays_good(ada, by, password, settings):
    similar = "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"
    settings.AUTH_PASSWORD_VALIDATORS = [{"NAME": similar}]
    client = asked()
    key = getattr(last_letter("ada@example.com"), by)

    answer = reset(client, key, password)

    assert answer.status_code == 400, answer.content
    body = answer.json()
    assert {"detail", "code"} <= set(body)
    if "errors" in body:
        assert body["errors"][0]["param"] == "password"
    assert password not in answer.content.decode()
    assert lets_in(PASSWORD)
    assert reset(client, key).status_code == 200


@pytest.mark.parametrize("by", ["code", "key"])
@pytest.mark.parametrize("body", [{}, {"password": NEW_PASSWORD}, {"key": None}, [], 5, None, "x", {"key": 5}])
def test_a_bad_body_is_a_400_and_changes_nothing(ada, by, body):
    client = asked()
    key = getattr(last_letter("ada@example.com"), by)
    sent = {"key": key, **body, "password": body.get("password")} if isinstance(body, dict) else body

    answer = client.call("POST", "auth/password/reset", json.dumps(sent))

    assert answer.status_code in ({200} if sent == {"key": key, "password": NEW_PASSWORD} else {400})
    assert lets_in(PASSWORD) == (answer.status_code == 400)


@pytest.mark.parametrize(
    "email", ["", " ", "@", "ada", "a@b\nBcc: x@y.zz", "x" * 300 + "@a.bc", 5, None, [], {}, "\x00@a.bc"]
)
def test_a_bad_address_gets_no_mail_and_no_500(ada, email):
    answer = ask(AuthClient(), email)

    assert answer.status_code in {400, 401}
    assert {"detail", "code"} <= set(answer.json())
    assert letters() == []


def test_an_unverified_address_is_verified_by_the_reset(django_user_model):
    client = AuthClient()
    client.sign_up("new@example.com", username="newcomer")
    other = AuthClient(ip="198.51.100.7")
    ask(other, "new@example.com")

    assert reset(other, last_letter("new@example.com").code).status_code == 200

    assert EmailAddress.objects.get().verified is True
    assert AccountState.objects.get().verified_at is not None
    assert Caller().try_log_in("newcomer", NEW_PASSWORD).status_code == 200


def test_an_account_that_nobody_gave_an_address_row_is_found_by_its_own_field(django_user_model):
    django_user_model.objects.create_user("grace", "Grace@Example.com", PASSWORD)
    client = AuthClient()
    ask(client, "grace@example.com")

    assert reset(client, last_letter("Grace@example.com").code).status_code == 200
    assert EmailAddress.objects.get().email == "grace@example.com"
    assert EmailAddress.objects.get().verified is True


def test_an_inactive_user_is_like_nobody(ada):
    type(ada).objects.update(is_active=False)

    answer = ask(AuthClient())

    assert answer.status_code == 401
    assert "auth/reset-password" not in last_letter("ada@example.com").text


def test_a_user_who_is_deactivated_meanwhile_is_not_let_in(ada):
    client = asked()
    letter = last_letter("ada@example.com")
    type(ada).objects.update(is_active=False)

    for each, key in ((client, letter.code), (AuthClient(), letter.key)):
        answer = reset(each, key)
        assert answer.status_code == 400, answer.content
        assert "access_token" not in answer.json().get("meta", {})
    assert Session.objects.count() == 0


def test_a_deleted_user_is_a_400(ada):
    client = asked()
    letter = last_letter("ada@example.com")
    ada.delete()

    assert reset(AuthClient(), letter.key).json()["reason"] == "link_invalid"
    assert reset(client, letter.code).status_code in {400, 401, 409}


def test_a_user_without_password_sets_the_first(ada):
    ada.set_unusable_password()
    ada.save()

    assert reset(asked(), last_letter("ada@example.com").code).status_code == 200
    assert lets_in(NEW_PASSWORD)


def test_a_second_factor_is_still_asked_for(ada):
    Authenticator.objects.create(user=ada, type="totp", data={"secret": "GEZDGNBVGY3TQOJQ"})
    for by in ("code", "key"):
        client = asked()

        answer = reset(client, getattr(last_letter("ada@example.com"), by), f"{NEW_PASSWORD} {by}")

        assert answer.status_code == 401, answer.content
        assert answer.json()["reason"] == "mfa_required"
        assert client.access is None
    assert not Session.objects.exists()


def test_a_required_reset_is_done_by_it(ada):
    AccountState.objects.create(user=ada, reset_required_at=utc_now())
    assert Caller().try_log_in().json()["reason"] == "password_reset_required"

    assert reset(asked(), last_letter("ada@example.com").code).status_code == 200

    assert AccountState.objects.get().reset_required_at is None
    assert lets_in(NEW_PASSWORD)


def test_a_client_that_is_signed_in_may_reset_and_has_a_new_session(ada):
    client = AuthClient()
    client.log_in()
    before = claims(client.access or "")["sid"]
    ask(client)

    assert reset(client, last_letter("ada@example.com").code).status_code == 200

    assert claims(client.access or "")["sid"] != before
    assert Caller().home(client.access).status_code == 200


def test_the_user_is_told_afterwards_and_the_trail_has_it(ada):
    reset(asked(), last_letter("ada@example.com").code)

    assert [letter.kind.rpartition(":")[2] for letter in letters("ada@example.com")][-1].endswith("password_was_reset")
    events = list(AuditEvent.objects.filter(user_id=str(ada.pk)).order_by("id").values_list("event", flat=True))
    for event in ("password_reset_requested", "password_changed", "password_reset", "login"):
        assert events.count(event) == 1, (event, events)


def test_mails_to_one_mailbox_are_limited_whatever_its_spelling(ada):
    for email in ("ada@example.com", "ADA@example.com", " ada@EXAMPLE.com", "Ada@example.com", "ada@example.com"):
        assert ask(AuthClient(), email).status_code == 401

    answer = ask(AuthClient(ip="198.51.100.7"), "aDa@example.com")

    assert (answer.status_code, answer.json()["reason"]) == (429, "too_many_attempts")
    assert int(answer["Retry-After"]) > 0
    assert len(letters()) == 5
    assert reset(AuthClient(), letters()[0].key).status_code == 200


def test_mails_from_one_address_are_limited(settings):
    settings.KEYTURN = {**settings.KEYTURN, "LIMITS": {"mail_address": "3/1h"}}
    statuses = [ask(AuthClient(), f"nobody{number}@example.com").status_code for number in range(5)]

    assert statuses == [401, 401, 401, 429, 429]
    assert len(letters()) == 3


def test_links_are_built_from_the_settings_and_never_from_the_host(ada, settings):
    client = AuthClient()
    client.http.defaults["HTTP_HOST"] = "localhost"
    client.http.defaults["HTTP_X_FORWARDED_HOST"] = "evil.example"
    ask(client)
    assert "localhost" not in last_letter("ada@example.com").text
    assert "evil" not in last_letter("ada@example.com").text

    settings.KEYTURN = {"FRONTEND_URLS": {"reset_password": "https://app.example.com/new#key={key}"}}
    ask(AuthClient())
    assert last_letter("ada@example.com").link.startswith("https://app.example.com/new#key=")

    settings.KEYTURN = {}
    ask(AuthClient())
    assert "http" not in last_letter("ada@example.com").text
    assert last_letter("ada@example.com").code


def test_a_host_that_is_not_ours_is_a_400(ada):
    client = AuthClient()
    client.http.defaults["HTTP_HOST"] = "evil.example"

    assert client.http.post("/auth/app/v1/auth/password/request").status_code in {400, 415, 401}
    assert letters() == []


def test_an_administrator_who_acts_as_the_user_resets_nothing(ada, django_user_model):
    from keyturn.tokens.impersonating import impersonate

    root = django_user_model.objects.create_superuser("root", "root@example.com", PASSWORD)
    asked()
    client = AuthClient()
    client.access = impersonate(actor=root, user=ada, reason="a call for help", now=utc_now()).access

    answer = reset(client, last_letter("ada@example.com").key)

    assert (answer.status_code, answer.json()["code"]) == (403, "impersonated")
    assert lets_in(PASSWORD)


def test_asking_costs_the_same_statements_whether_there_is_an_account(ada, count_statements):
    def cost(email):
        ask(AuthClient(), email)
        with count_statements(at_most=20) as seen:
            ask(AuthClient(), email)
        return [statement.split(None, 3)[:3] for statement in seen.statements]

    assert cost("ada@example.com") == cost("nobody@example.com")


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_wrong_code_costs_the_same_statements_whether_there_is_an_account(ada, count_statements, method):
    def cost(email):
        client = AuthClient()
        ask(client, email)
        guess = {"method": method, "path": "auth/password/reset", "X_Password_Reset_Key": "BCDF-GHJK"}
        body = {"key": "BCDF-GHJK", "password": NEW_PASSWORD} if method == "POST" else None
        client.call(body=body, **guess)
        with count_statements(at_most=30) as seen:
            assert client.call(body=body, **guess).status_code == 400
        return [" ".join(statement.split(None, 4)[:4])[:60] for statement in seen.statements]

    assert cost("ada@example.com") == cost("nobody@example.com")
