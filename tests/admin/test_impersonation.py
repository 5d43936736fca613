"""An administrator acts as a user: one short token, marked, told in the trail, and no good for what is the user's.

It is one long file, since every test begins with the same administrator, user and token.
"""

import html
import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.core.exceptions import ImproperlyConfigured
from django.test import override_settings

from keyturn.api.exception_handler import exception_handler
from keyturn.api.impersonation import acting_for, refuse_impersonated
from keyturn.clock import aware, utc_now
from keyturn.sessions.models import Session
from keyturn.tokens.claims import read_access
from keyturn.tokens.impersonating import WhyNot, actor_of, impersonate, why_not
from keyturn.tokens.introspecting import introspect
from keyturn.trail.models import AuditEvent
from tests.admin.conftest import ADMIN_ADDRESS, ADMIN_AGENT, allow, browser_of
from tests.contract.caller import PASSWORD, assert_refused, claims, session_of

WHY = "ticket 4711"


def page_of(user: Any) -> str:
    return f"/admin/auth/user/{user.pk}/keyturn/impersonate/"


def token_in(answer: Any) -> str:
    assert answer.status_code == 200, answer.content[-3000:]
    found = re.search(r"<textarea[^>]*>([^<]*)</textarea>", answer.content.decode())
    assert found is not None
    return html.unescape(found[1])


def act_as(browser: Any, user: Any, why: str = WHY) -> str:
    return token_in(browser.post(page_of(user), {"reason": why}))


def add_to_claims(session: Session) -> dict[str, Any]:
    return {"act": {"sub": "1"}}


def test_the_token_acts_as_the_user_and_names_the_administrator(ada, root, browser, caller):
    access = act_as(browser, ada)

    assert caller.home(access).json() == {"message": "Welcome, ada."}
    told = claims(access)
    assert told["sub"] == str(ada.pk)
    assert told["act"] == {"sub": str(root.pk)}
    assert told["amr"] == ["impersonation"]


def test_introspection_tells_who_acts(ada, root):
    given = impersonate(actor=root, user=ada, reason=WHY, now=utc_now())

    told = introspect(given.access, now=utc_now())

    assert told is not None
    assert (told["act"], told["sub"], told["username"]) == ({"sub": str(root.pk)}, str(ada.pk), "ada")


def test_a_users_own_token_says_nothing_of_an_actor(ada, caller):
    assert "act" not in claims(caller.log_in().access)


def test_the_session_ends_with_its_only_token(ada, root):
    now = utc_now()

    given = impersonate(actor=root, user=ada, reason=WHY, now=now)

    session = Session.objects.get()
    lifetime = timedelta(minutes=5)
    assert session.pk == given.session_id
    assert abs(aware(session.absolute_expires_at) - now - lifetime) < timedelta(seconds=1)
    assert aware(session.idle_expires_at) == aware(session.absolute_expires_at) == given.expires_at
    assert claims(given.access)["exp"] == int(given.expires_at.timestamp())


def test_no_refresh_token_is_shown(ada, browser):
    answer = browser.post(page_of(ada), {"reason": WHY})

    assert "refresh" not in token_in(answer)
    tokens = re.findall(r"eyJ[\w-]+\.[\w-]+\.[\w-]+", answer.content.decode())
    assert [claims(token).get("gen") for token in tokens] == [None]


def test_the_page_with_the_token_is_kept_by_nobody(ada, browser):
    answer = browser.post(page_of(ada), {"reason": WHY})

    assert "no-store" in answer["Cache-Control"]
    assert answer["Referrer-Policy"] == "no-referrer"


def test_the_user_sees_such_a_session_in_the_list_and_not_whose_browser_it_is(ada, browser, caller):
    mine = caller.log_in()
    act_as(browser, ada)

    listed = caller.call("GET", "/sessions/", access=mine.access).json()

    (other,) = [one for one in listed if not one["current"]]
    assert other["label"] == "An administrator, acting as you"
    assert other["ip"] is None
    assert other["user_agent"] == "Unknown client"


def test_the_user_can_end_it(ada, browser, caller):
    mine = caller.log_in()
    access = act_as(browser, ada)

    assert caller.call("DELETE", "/sessions/", access=mine.access).status_code == 204

    assert_refused(caller.home(access), "session_revoked")


def test_the_trail_tells_both_accounts_and_why(ada, root, browser):
    access = act_as(browser, ada, "  ticket\n 4711 ")

    told = {event.user_id: event for event in AuditEvent.objects.filter(session_id=claims(access)["sid"])}
    user, admin = told[str(ada.pk)], told[str(root.pk)]
    assert (user.event, user.actor_id, user.details) == ("impersonated", str(root.pk), {"why": "ticket 4711"})
    assert (admin.event, admin.actor_id, admin.reason) == ("admin_action", "", "impersonate_user")
    assert admin.details == {"user": str(ada.pk), "why": "ticket 4711"}
    assert {(event.ip, event.user_agent) for event in told.values()} == {(ADMIN_ADDRESS, ADMIN_AGENT)}


def test_what_is_done_with_the_token_stands_in_the_trail_under_the_administrators_name(ada, root, browser, caller):
    access = act_as(browser, ada)

    assert caller.call("DELETE", f"/sessions/{claims(access)['sid']}/", access=access).status_code == 204

    ended = AuditEvent.objects.filter(event="session_revoked", user_id=str(ada.pk)).latest("id")
    assert ended.actor_id == str(root.pk)


def test_without_the_record_there_is_no_session(ada, root, monkeypatch):
    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError("the trail cannot be written")

    monkeypatch.setattr("keyturn.tokens.impersonating.record", fail)

    with pytest.raises(RuntimeError):
        impersonate(actor=root, user=ada, reason=WHY, now=utc_now())
    assert not Session.objects.exists()


def test_neither_the_last_login_nor_the_users_own_sessions_change(ada, browser, caller):
    mine = caller.log_in()
    ada.refresh_from_db()
    before = ada.last_login

    act_as(browser, ada)

    ada.refresh_from_db()
    assert ada.last_login == before
    assert caller.home(mine.access).status_code == 200


@pytest.mark.parametrize("reason", ["", "   ", "x" * 201, "\x00"])
def test_without_a_fitting_reason_there_is_no_token(ada, browser, reason):
    answer = browser.post(page_of(ada), {"reason": reason})

    assert answer.status_code == 400
    assert "<textarea" not in answer.content.decode()
    assert not Session.objects.exists()
    assert not AuditEvent.objects.filter(event="impersonated").exists()


def test_a_reason_is_one_line_of_text_in_the_trail(ada, root):
    impersonate(actor=root, user=ada, reason="ticket\r\n\x1b[31m\u202e4711\ud800 " + "x" * 300, now=utc_now())

    why = AuditEvent.objects.get(event="impersonated").details["why"]
    assert why.startswith("ticket [31m 4711 xxx")
    assert len(why) == 200


def test_a_get_gives_no_token(ada, browser):
    answer = browser.get(page_of(ada) + "?reason=ticket")

    assert answer.status_code == 200
    assert not Session.objects.exists()


def test_a_post_without_the_forms_csrf_token_gives_none(ada, root):
    from django.test import Client

    strict = Client(enforce_csrf_checks=True)
    strict.force_login(root)

    assert strict.post(page_of(ada), {"reason": WHY}).status_code == 403
    assert not Session.objects.exists()


def test_it_takes_a_permission_of_its_own(ada, support):
    assert claims(act_as(browser_of(support), ada))["act"] == {"sub": str(support.pk)}

    support.user_permissions.remove(Permission.objects.get(codename="impersonate_user"))
    answer = browser_of(support).post(page_of(ada), {"reason": WHY})

    assert answer.status_code == 403
    assert Session.objects.count() == 1


def test_who_may_not_look_at_users_may_not_act_as_them(ada, django_user_model):
    blind = django_user_model.objects.create_user("blind", "b@example.com", "blindblindblind", is_staff=True)
    allow(blind, "keyturn.impersonate_user")

    assert browser_of(blind).post(page_of(ada), {"reason": WHY}).status_code == 403
    assert not Session.objects.exists()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"is_superuser": True}, WhyNot.SUPERUSER),
        ({"is_active": False}, WhyNot.INACTIVE),
    ],
)
def test_support_acts_neither_as_a_superuser_nor_as_somebody_inactive(ada, support, change, reason):
    for name, value in change.items():
        setattr(ada, name, value)
    ada.save()

    assert why_not(actor=support, user=ada) is reason
    assert browser_of(support).post(page_of(ada), {"reason": WHY}).status_code == 403
    with pytest.raises(PermissionError):
        impersonate(actor=support, user=ada, reason=WHY, now=utc_now())
    assert not Session.objects.exists()


def test_nobody_gains_a_permission_by_acting_as_somebody(ada, support, root):
    allow(ada, "auth.delete_user")

    assert why_not(actor=support, user=ada) is WhyNot.MORE_PERMISSIONS
    assert browser_of(support).post(page_of(ada), {"reason": WHY}).status_code == 403
    assert why_not(actor=root, user=ada) is None


def test_nobody_acts_as_oneself(root, browser):
    assert browser.post(page_of(root), {"reason": WHY}).status_code == 403
    assert not Session.objects.exists()


def test_a_superuser_acts_as_a_superuser_and_still_not_as_somebody_inactive(root, ada, browser):
    ada.is_superuser = True
    ada.save()
    assert act_as(browser, ada)

    ada.is_active = False
    ada.save()

    assert browser.post(page_of(ada), {"reason": WHY}).status_code == 403


def test_an_administrator_who_was_deactivated_acts_as_nobody(ada, root):
    root.is_active = False
    root.save()

    assert why_not(actor=root, user=ada) is WhyNot.NO_PERMISSION


def test_a_user_who_is_deactivated_meanwhile_gets_no_token(ada, browser, monkeypatch, django_user_model):
    from keyturn.tokens import impersonating

    def meanwhile(**who: Any) -> None:
        django_user_model.objects.filter(pk=ada.pk).update(is_active=False)

    monkeypatch.setattr(impersonating, "why_not", meanwhile)

    assert browser.post(page_of(ada), {"reason": WHY}).status_code == 409
    assert not Session.objects.exists()
    assert not AuditEvent.objects.filter(event="impersonated").exists()


def test_the_users_new_password_ends_it(ada, browser, caller):
    access = act_as(browser, ada)

    ada.set_password("another password entirely")
    ada.save()

    assert caller.home(access).status_code == 401


def test_the_token_dies_after_its_lifetime(ada, root):
    from keyturn.errors import Reason, RefusedError

    now = utc_now()
    given = impersonate(actor=root, user=ada, reason=WHY, now=now)

    with pytest.raises(RefusedError) as refused:
        read_access(given.access, now=now + timedelta(minutes=5, seconds=1))
    assert refused.value.reason is Reason.EXPIRED


@override_settings(KEYTURN={"ACCESS_TOKEN_CLAIMS": add_to_claims})
def test_a_projects_own_claims_cannot_name_an_actor(ada, caller):
    with pytest.raises(ImproperlyConfigured, match="act"):
        caller.try_log_in()


@override_settings(SIMPLE_JWT={"CHECK_REVOKE_TOKEN": True})
def test_it_works_where_tokens_tell_of_the_password(ada, browser, caller):
    assert caller.home(act_as(browser, ada)).status_code == 200


class _Asked:
    """A request as far as the helper looks at it."""

    def __init__(self, payload: Any) -> None:
        self.auth = type("Token", (), {"payload": payload})()


def test_what_is_for_the_user_alone_is_refused_with_403_and_a_word(ada, root):
    payload = read_access(impersonate(actor=root, user=ada, reason=WHY, now=utc_now()).access, now=utc_now()).payload

    with pytest.raises(Exception, match="not an administrator") as refused:
        refuse_impersonated(_Asked(payload))

    answer = exception_handler(refused.value, {})
    assert answer is not None
    assert (answer.status_code, answer.data["code"]) == (403, "impersonated")
    assert acting_for(_Asked(payload)) == str(root.pk)


@pytest.mark.parametrize("act", [{}, [], "nobody", 7, {"sub": 7}, {"sub": None}])
def test_a_claim_that_names_nobody_is_refused_all_the_same(act):
    assert actor_of({"act": act}) == ""
    with pytest.raises(Exception, match="not an administrator"):
        refuse_impersonated(_Asked({"act": act}))


@pytest.mark.parametrize("request_like", [_Asked({"sub": "1"}), _Asked(None), object()])
def test_everybody_else_goes_on(request_like):
    refuse_impersonated(request_like)
    assert acting_for(request_like) is None


@pytest.mark.parametrize("pk", ["0", "99999999", "x", "1%00", "9" * 30, "../../x", "%F0%9F%92%A9"])
def test_a_user_who_is_not_there_is_not_found(browser, pk):
    path = f"/admin/auth/user/{pk}/keyturn/impersonate/"

    assert browser.get(path).status_code == 404
    assert browser.post(path, {"reason": WHY}).status_code == 404


def test_a_session_of_this_kind_can_be_found_in_the_admin(ada, browser):
    access = act_as(browser, ada)

    text = browser.get(f"/admin/keyturn/session/{session_of(access).pk}/change/").content.decode()

    assert "An administrator, acting as you" in text
    assert "impersonation" in text


def test_the_user_reads_of_it_in_the_activity_and_not_who_it_was(ada, root, browser, caller):
    mine = caller.log_in()
    access = act_as(browser, ada)

    answer = caller.call("GET", "/me/activity/", access=mine.access)

    (told,) = [event for event in answer.json()["results"] if event["event"] == "impersonated"]
    assert told["message"] == "An administrator signed in as you."
    assert told["by_administrator"] is True
    assert told["session"] == claims(access)["sid"]
    assert (told["ip"], told["user_agent"]) == (None, "")
    for word in (WHY, ADMIN_ADDRESS, "root"):
        assert word not in answer.content.decode()


def test_the_administrator_reads_of_it_in_the_own_activity(ada, root, browser, caller):
    act_as(browser, ada)
    own = caller.log_in("root", "rootrootroot")

    results = caller.call("GET", "/me/activity/", access=own.access).json()["results"]

    assert "You signed in as another user." in [event["message"] for event in results]


@pytest.mark.parametrize(
    "call",
    [
        ("PATCH", "/me/", {"first_name": "Eve"}),
        ("GET", "/me/export/", None),
        ("DELETE", "/me/", {"password": PASSWORD}),
        ("POST", "/auth/app/v1/account/password/change", {"current_password": PASSWORD, "new_password": "x" * 20}),
        ("POST", "/auth/app/v1/account/email", {"email": "eve@example.com"}),
        ("POST", "/auth/app/v1/auth/reauthenticate", {"password": PASSWORD}),
        ("GET", "/auth/app/v1/account/authenticators/totp", None),
    ],
    ids=lambda call: f"{call[0]} {call[1]}",
)
def test_what_only_the_user_may_do_is_refused(ada, browser, caller, call):
    before = type(ada).objects.filter(pk=ada.pk).values().get()
    access = act_as(browser, ada)

    answer = caller.call(*call, access=access)

    assert (answer.status_code, answer.json()["code"]) == (403, "impersonated"), answer.content
    assert type(ada).objects.filter(pk=ada.pk).values().get() == before


def test_looking_at_the_profile_is_allowed(ada, browser, caller):
    answer = caller.call("GET", "/me/", access=act_as(browser, ada))

    assert answer.status_code == 200
    assert answer.json()["username"] == "ada"


@pytest.mark.parametrize(
    ("method", "path"),
    [("DELETE", "/sessions/{sid}/"), ("DELETE", "/auth/app/v1/auth/session")],
)
def test_the_session_can_be_logged_out(ada, browser, caller, method, path):
    access = act_as(browser, ada)

    answer = caller.call(method, path.format(sid=claims(access)["sid"]), access=access)

    assert answer.status_code in {204, 401}
    assert_refused(caller.home(access), "session_revoked")


@pytest.mark.parametrize(
    "call",
    [
        "DELETE /sessions/",
        "DELETE /sessions/{sid}/",
        "POST /logout/all/",
        "DELETE /auth/app/v1/auth/sessions",
    ],
)
def test_the_users_own_sessions_are_not_the_administrators_to_end(ada, browser, caller, call):
    own = caller.log_in().access
    access = act_as(browser, ada)
    sid = claims(own)["sid"]

    answer = caller.call(*call.format(sid=sid).split(), {"sessions": [sid]}, access=access)

    assert (answer.status_code, answer.json()["code"]) == (403, "impersonated"), answer.content
    assert caller.home(own).status_code == 200
    assert caller.home(access).status_code == 200
