"""The link of a mail that signs in: in any browser, once, and never beside the code of the same mail."""

from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth import get_user_model

from keyturn.accounts.link_keys import LinkKind, read_key
from keyturn.accounts.models import Flow
from keyturn.clock import stored, utc_now
from keyturn.errors import Reason, RefusedError
from keyturn.sessions.models import Session
from keyturn.signin.models import AccountState
from keyturn.trail.models import AuditEvent
from tests.accounts.engine import NEW_PASSWORD, PASSWORD, AuthClient, claims, last_letter, letters
from tests.mfa.door import code_of, enrol

pytestmark = pytest.mark.django_db

ADDRESS = "ada@example.com"


@pytest.fixture(autouse=True)
def turned_on(settings):
    """As a project does it."""
    settings.ACCOUNT_LOGIN_BY_CODE_ENABLED = True
    settings.ACCOUNT_LOGIN_BY_CODE_SUPPORTS_RESEND = 3
    settings.ACCOUNT_LOGIN_BY_CODE_TIMEOUT = 900
    settings.KEYTURN = {"FRONTEND_URLS": {"sign_in_link": "https://app.example.com/sign-in/link?key={key}"}}


def ask(client: AuthClient | None = None, email: str = ADDRESS) -> AuthClient:
    """Have a mail sent."""
    client = client or AuthClient()
    assert client.call("POST", "auth/code/request", {"email": email}).status_code == 401
    return client


def follow(key, client: AuthClient | None = None):
    """What the page of the link does, after a click."""
    return (client or AuthClient()).call("POST", "auth/code/link", {"key": key})


def confirm(client: AuthClient, code: str):
    return client.call("POST", "auth/code/confirm", {"code": code})


def test_the_link_signs_in_anywhere(ada):
    ask()
    letter = last_letter(ADDRESS)
    assert letter.link.startswith("https://app.example.com/sign-in/link?key=")
    elsewhere = AuthClient()

    answer = follow(letter.key, elsewhere)

    assert answer.status_code == 200, answer.content
    assert answer.json()["meta"]["is_authenticated"] is True
    assert (claims(elsewhere.access or "")["amr"], claims(elsewhere.access or "")["acr"]) == (["otp"], "1fa")
    assert Session.objects.get().user == ada


def test_a_link_works_once(ada):
    ask()
    key = last_letter(ADDRESS).key
    assert follow(key).status_code == 200
    again = follow(key)
    assert (again.status_code, again.json()["reason"]) == (400, "link_used")
    assert Session.objects.count() == 1


def test_after_the_link_the_code_of_the_same_mail_is_void(ada):
    client = ask()
    letter = last_letter(ADDRESS)
    assert follow(letter.key).status_code == 200
    refused = confirm(client, letter.code)
    assert (refused.status_code, refused.json()["reason"]) == (400, "wrong_code")
    assert confirm(client, letter.code).status_code in {409, 410}
    assert Session.objects.count() == 1


def test_after_the_code_the_link_of_the_same_mail_is_void(ada):
    client = ask()
    letter = last_letter(ADDRESS)
    assert confirm(client, letter.code).status_code == 200
    assert follow(letter.key).json()["reason"] == "link_used"
    assert Session.objects.count() == 1


def test_another_mail_of_the_same_flow_voids_code_and_link_of_the_first(ada):
    client = ask()
    first = last_letter(ADDRESS)
    assert client.call("POST", "auth/code/resend").status_code == 200
    second = last_letter(ADDRESS)
    assert follow(first.key).json()["reason"] == "link_used"
    assert confirm(client, first.code).status_code == 400
    assert confirm(client, second.code).status_code == 200


def test_a_second_factor_is_asked_for_all_the_same(ada):
    secret = enrol(ada)
    ask()
    client = AuthClient()

    pending = follow(last_letter(ADDRESS).key, client)

    assert (pending.status_code, pending.json()["reason"]) == (401, "mfa_required")
    assert not Session.objects.exists()
    answer = client.call("POST", "auth/2fa/authenticate", {"code": code_of(secret)})
    assert answer.status_code == 200, answer.content
    assert (claims(client.access or "")["amr"], claims(client.access or "")["acr"]) == (["otp", "mfa"], "2fa")


def test_a_link_grows_old(ada):
    ask()
    key = last_letter(ADDRESS).key
    assert read_key(LinkKind.SIGN_IN_LINK, key, now=utc_now() + timedelta(seconds=898)).email == ADDRESS
    with pytest.raises(RefusedError) as caught:
        read_key(LinkKind.SIGN_IN_LINK, key, now=utc_now() + timedelta(seconds=901))
    assert caught.value.reason is Reason.LINK_EXPIRED


def test_a_changed_password_or_address_voids_code_and_link(ada):
    client = ask()
    letter = last_letter(ADDRESS)
    ada.set_password(NEW_PASSWORD)
    ada.save()
    assert follow(letter.key).json()["reason"] == "link_outdated"
    assert confirm(client, letter.code).json()["reason"] == "link_outdated"

    client = ask()
    letter = last_letter(ADDRESS)
    ada.email = "other@example.com"
    ada.save()
    assert follow(letter.key).json()["reason"] == "link_outdated"
    assert confirm(client, letter.code).json()["reason"] == "link_outdated"
    assert not Session.objects.exists()


def test_nobody_who_may_not_sign_in_gets_in_by_mail(ada):
    client = ask()
    letter = last_letter(ADDRESS)
    ada.is_active = False
    ada.save()
    assert follow(letter.key).json()["reason"] == "link_outdated"
    assert confirm(client, letter.code).json()["reason"] == "link_outdated"
    ask()
    assert last_letter(ADDRESS).kind == "unknown_account"


def test_a_link_of_another_kind_signs_nobody_in(ada, settings):
    settings.KEYTURN = {"FRONTEND_URLS": {"reset_password": "https://app.example.com/reset?key={key}"}}
    AuthClient().call("POST", "auth/password/request", {"email": ADDRESS})
    answer = follow(last_letter(ADDRESS).key)
    assert (answer.status_code, answer.json()["reason"]) == (400, "link_invalid")


def test_without_a_page_for_it_the_mail_has_the_code_alone(ada, settings):
    settings.KEYTURN = {"PUBLIC_URL": "https://auth.example.com"}
    client = ask()
    letter = last_letter(ADDRESS)
    assert "http" not in letter.text.replace("https://auth.example.com", "")
    assert "key=" not in letter.text
    assert confirm(client, letter.code).status_code == 200


def test_whoever_is_signed_in_is_not_signed_in_anew(ada):
    ask()
    client = AuthClient()
    client.log_in()
    assert follow(last_letter(ADDRESS).key, client).status_code == 409


def test_an_account_whose_address_nobody_had_confirmed_loses_the_password_that_somebody_chose_for_it():
    # Who signs up with a stranger's address must not be able to sign in once its owner does.
    attacker = AuthClient()
    attacker.sign_up("owner@example.com")
    ask(email="owner@example.com")
    owner = AuthClient()

    assert follow(last_letter("owner@example.com").key, owner).status_code == 200

    assert EmailAddress.objects.get(email="owner@example.com").verified
    assert (
        AuthClient().call("POST", "auth/login", {"email": "owner@example.com", "password": PASSWORD}).status_code == 400
    )
    assert attacker.call("GET", "auth/session").status_code in {401, 410}


def test_an_address_confirmed_before_keeps_its_password(ada):
    AuthClient().signed_up("new@example.com")
    ask(email="new@example.com")
    assert follow(last_letter("new@example.com").key).status_code == 200
    assert (
        AuthClient().call("POST", "auth/login", {"email": "new@example.com", "password": PASSWORD}).status_code == 200
    )


def test_the_trail_tells_of_the_mail_the_wrong_code_and_the_sign_in(ada):
    EmailAddress.objects.create(user=ada, email=ADDRESS, verified=True, primary=True)
    client = ask()
    confirm(client, "BBBB-BBBB")
    follow(last_letter(ADDRESS).key)
    told = list(AuditEvent.objects.filter(user_id=str(ada.pk)).order_by("id").values_list("event", flat=True))
    assert told == ["sign_in_mail_requested", "code_rejected", "login"]
    confirm(ask(email="nobody@example.com"), "BBBB-BBBB")
    told = list(AuditEvent.objects.filter(user_id="").order_by("id").values_list("event", flat=True))
    assert told == ["sign_in_mail_requested", "code_rejected"]


def test_presented_links_are_limited(ada, settings):
    settings.KEYTURN = {**settings.KEYTURN, "LIMITS": {"link_address": "3/10m"}}
    assert [follow("a.b").status_code for _ in range(4)] == [400, 400, 400, 429]


@pytest.mark.parametrize(
    "key",
    [None, "", 5, True, [], {}, "x", "a.b", ".", "x" * 5000, "\0", "\ud800", "ä.ö", {"key": {"key": []}}, ["a.b"]],
    ids=lambda key: ascii(key)[:20],
)
def test_garbage_for_a_link_is_a_400_and_leaves_nothing(ada, key):
    answer = follow(key)
    assert answer.status_code == 400
    assert {"detail", "code"} <= set(answer.json())
    assert not Session.objects.exists()
    assert not Flow.objects.exists()


@pytest.mark.parametrize("part", range(3))
def test_a_link_with_one_letter_changed_is_refused(ada, part):
    ask()
    key = last_letter(ADDRESS).key
    place = len(key) * (part + 1) // 4
    other = "A" if key[place] != "A" else "B"
    answer = follow(key[:place] + other + key[place + 1 :])
    assert (answer.status_code, answer.json()["reason"]) == (400, "link_invalid")


@pytest.mark.parametrize(
    "email", ["", None, 5, [], {}, "\0@a.bc", "a@b\r\nBcc: x@y.zz", "ad\u0430@example.com", "x" * 300]
)
def test_garbage_for_an_address_is_a_400_and_no_mail(ada, email):
    before = len(letters())
    assert AuthClient().call("POST", "auth/code/request", {"email": email}).status_code == 400
    assert len(letters()) == before


def test_the_browser_client_goes_on_by_its_cookie(ada):
    ask()
    client = AuthClient("browser")
    client.call("GET", "config")
    client.call("GET", "auth/session")
    answer = follow(last_letter(ADDRESS).key, client)
    assert answer.status_code == 200, answer.content


@pytest.mark.parametrize("path", ["request", "resend", "link"])
def test_where_it_is_off_nobody_finds_it(ada, settings, path):
    settings.ACCOUNT_LOGIN_BY_CODE_ENABLED = False
    answer = AuthClient().call("POST", f"auth/code/{path}", {"email": ADDRESS, "key": "a.b"})
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert letters() == []


def test_a_mail_does_not_do_where_an_administrator_wants_a_new_password(ada):
    AccountState.objects.create(user=ada, reset_required_at=stored(utc_now()))
    client = ask()
    refused = confirm(client, last_letter(ADDRESS).code)
    assert (refused.status_code, refused.json()["reason"]) == (401, "password_reset_required")
    ask()
    refused = follow(last_letter(ADDRESS).key)
    assert (refused.status_code, refused.json()["reason"]) == (401, "password_reset_required")
    assert not Session.objects.exists()


@pytest.mark.parametrize("by_link", [True, False])
@pytest.mark.parametrize("reset", [False, True])
def test_every_way_in_that_was_left_in_a_never_confirmed_account_is_gone(by_link, reset, settings):
    settings.ACCOUNT_EMAIL_VERIFICATION = "optional"
    settings.ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = False
    settings.KEYTURN = {
        "PUBLIC_URL": "https://auth.example.com",
        "FRONTEND_URLS": {"sign_in_link": "https://app.example.com/sign-in/link?key={key}"},
    }
    squatter = AuthClient()
    assert squatter.sign_up("owner@example.com").status_code == 200
    user = get_user_model()._default_manager.get()
    enrol(user)
    SocialAccount.objects.create(user=user, provider="google", uid="7")
    owner = AuthClient()

    if reset:
        owner.call("POST", "auth/password/request", {"email": "owner@example.com"})
        letter = last_letter("owner@example.com")
        body = {"key": letter.key if by_link else letter.code, "password": NEW_PASSWORD}
        answer = owner.call("POST", "auth/password/reset", body)
    else:
        ask(owner, "owner@example.com")
        letter = last_letter("owner@example.com")
        answer = follow(letter.key, owner) if by_link else confirm(owner, letter.code)

    assert answer.status_code == 200, answer.content
    assert not SocialAccount.objects.exists()
    assert not Authenticator.objects.exists()
    assert squatter.call("GET", "auth/session").status_code == 401
    user.refresh_from_db()
    assert not user.check_password(PASSWORD)
    assert Session.objects.filter(revoked_at=None).count() == 1
