"""No password, token, code or key that anybody sends or is given is found in the log, in the database or in an error.

Every flow is driven with secrets that are found nowhere else; then everything that was left behind is searched.
"""

import logging
import re
from typing import Any
from urllib.parse import unquote

import pytest
from django.apps import apps

from keyturn.trail.events import Event
from keyturn.trail.models import AuditEvent
from keyturn.trail.recording import record
from tests.accounts.engine import AuthClient, last_letter, letters
from tests.contract.caller import Caller

pytestmark = pytest.mark.django_db(transaction=True)

EMAIL = "canary-bird@example.com"
FIRST = "first-canary-Gx71 pass"
SECOND = "second-canary-Qw82 pass"
THIRD = "third-canary-Zt93 pass"
WRONG = "wrong-canary-Uy04 pass"
TYPED = "typed-canary-Ki15"
"""A name that nobody has: people type passwords into that field."""


class Witness:
    """Sees every answer, and remembers every secret that was sent or given.

    Attributes:
        secrets: what must be found nowhere.
        errors: the bodies of all answers that are errors.
    """

    def __init__(self):
        self.secrets = {FIRST, SECOND, THIRD, WRONG, TYPED}
        self.errors = []

    def client(self, kind="app"):
        """A client whose answers are seen."""
        made: Any = AuthClient(kind)
        call = made.call

        def seen(*args, **headers):
            answer = call(*args, **headers)
            self.see(answer)
            self.secrets |= {token for token in (made.access, made.refresh, made.flow) if token}
            return answer

        made.call = seen
        return made

    def see(self, answer):
        if answer.status_code >= 400:
            self.errors.append(answer.content.decode() + str(dict(answer.headers)))
        return answer

    def read_mail(self, to):
        """The newest mail; its code and its key are secrets."""
        letter = last_letter(to)
        codes = re.findall(r"^\s+([A-Z0-9]{3,}(?:-[A-Z0-9]{3,})+)\s*$", letter.text, re.MULTILINE)
        keys = [unquote(key) for key in re.findall(r"key=(\S+)", letter.text)]
        # A short code may be found by chance within something else, with its hyphen it is not.
        self.secrets |= {*codes, *keys}
        return letter


@pytest.fixture
def witness(caplog):
    """A witness, with every logger at its most talkative."""
    caplog.set_level(logging.DEBUG)
    return Witness()


def rows():
    """Every value of every row of every table but the sessions' own clock, as text, by where it stands."""
    for model in apps.get_models():
        for row in model._base_manager.values():
            for name, value in row.items():
                yield f"{model._meta.label}.{name}", str(value)


def _parts(record):
    """The whole record, arguments too, before anything formats them; but for the request that Django hangs on it.

    That holds everything a client has sent, and no formatter of ours prints it.
    """
    return {name: part for name, part in vars(record).items() if name != "request"}


def assert_nowhere(witness, caplog):
    assert len(witness.secrets) >= 5
    places = list(rows())
    assert any(place == "keyturn.AuditEvent.event" for place, _ in places)
    places += [("the log", f"{record.getMessage()} {_parts(record)}") for record in caplog.records]
    places += [("an error", text) for text in witness.errors]
    for place, text in places:
        for secret in witness.secrets:
            given_back = place == "an error" and f'"session_token": "{secret}"' in text
            assert secret not in text or given_back, f"{place} holds one of the secrets: {secret[:8]}…"


@pytest.mark.parametrize("where", ["the log", "a row", "an error"])
def test_a_secret_that_is_left_behind_would_be_found(witness, caplog, where):
    record(Event.LOGIN, details={"word": FIRST} if where == "a row" else {})
    if where == "the log":
        logging.getLogger("keyturn.anything").debug("wrong: %s", FIRST)
    if where == "an error":
        witness.errors.append(FIRST)

    with pytest.raises(AssertionError, match="holds one of the secrets"):
        assert_nowhere(witness, caplog)


def test_sign_up_verification_sign_in_and_recovery_leave_no_secret_behind(witness, caplog):
    client = witness.client()
    client.sign_up(EMAIL, FIRST)
    letter = witness.read_mail(EMAIL)
    client.verify("WRNG-CODE")
    assert client.verify(letter.code).status_code == 200
    witness.client().sign_up(EMAIL, SECOND)
    for password in (WRONG, FIRST):
        witness.client().log_in(EMAIL, password)
    witness.client().log_in(TYPED, WRONG)

    forgetful = witness.client()
    forgetful.call("POST", "auth/password/request", {"email": EMAIL})
    letter = witness.read_mail(EMAIL)
    forgetful.call("POST", "auth/password/reset", {"key": "WRNG-CODE", "password": SECOND})
    forgetful.call("POST", "auth/password/reset", {"key": letter.code, "password": SECOND})
    forgetful.call("POST", "auth/password/reset", {"key": letter.code, "password": THIRD})
    witness.client().log_in(EMAIL, FIRST)

    assert letters(EMAIL)
    assert_nowhere(witness, caplog)


def test_what_is_done_to_an_account_leaves_no_secret_behind(witness, caplog, django_user_model):
    django_user_model.objects.create_user("ada", EMAIL, FIRST)
    client = witness.client()
    client.log_in("ada", FIRST)
    for password in (WRONG, FIRST):
        client.call("POST", "auth/reauthenticate", {"password": password})
    client.call("POST", "account/email", {"email": "other@example.com"})
    client.verify(witness.read_mail("other@example.com").code)
    for password in (WRONG, FIRST):
        client.call("POST", "account/password/change", {"current_password": password, "new_password": SECOND})
    caller = Caller()
    for method, path, body in (
        ("GET", "/me/", None),
        ("PATCH", "/me/", {"first_name": "Canary", "password": THIRD}),
        ("GET", "/me/activity/", None),
        ("GET", f"/me/activity/?cursor={THIRD.replace(' ', '+')}", None),
        ("DELETE", "/me/", {"password": WRONG}),
        ("DELETE", "/me/", {"password": SECOND}),
    ):
        witness.see(caller.call(method, path, body, access=client.access))

    assert_nowhere(witness, caplog)


def test_links_and_the_pages_behind_them_leave_no_secret_behind(witness, caplog, settings, client):
    settings.KEYTURN = {"PUBLIC_URL": "https://auth.example.com"}
    witness.client("browser").call("GET", "config")
    mailed = witness.client()
    mailed.sign_up(EMAIL, FIRST)
    twice = {"password": SECOND, "repeated": SECOND}
    for path, fields in (("/auth/verify-email/", {}), ("/auth/reset-password/", twice)):
        if fields:
            mailed.call("POST", "auth/password/request", {"email": EMAIL})
        letter = witness.read_mail(EMAIL)
        for key in (THIRD, letter.key[:-2], letter.key, letter.key):
            shown = client.get(path, {"key": unquote(key)})
            assert shown.status_code in {200, 400, 404, 409, 410}
            witness.see(client.post(f"{path}?key={key}", {"key": unquote(key), **fields}))
        assert letter.key

    assert witness.errors
    assert AuditEvent.objects.filter(event="email_verified").exists()
    assert AuditEvent.objects.filter(event="password_reset").exists()
    assert_nowhere(witness, caplog)


def test_a_browser_signs_in_and_leaves_no_secret_behind(witness, caplog, django_user_model):
    django_user_model.objects.create_user("ada", EMAIL, FIRST)
    browser = witness.client("browser")
    browser.call("GET", "config")
    browser.log_in("ada", WRONG)
    browser.log_in("ada", FIRST)
    witness.secrets |= {morsel.value for morsel in browser.http.cookies.values() if morsel.value}
    browser.call("GET", "auth/session")
    browser.call("DELETE", "auth/session")

    assert browser.access in witness.secrets
    assert_nowhere(witness, caplog)


def test_the_life_of_a_token_leaves_no_secret_behind(witness, caplog, django_user_model):
    django_user_model.objects.create_user("ada", EMAIL, FIRST)
    caller = Caller()
    witness.see(caller.try_log_in("ada", WRONG))
    witness.see(caller.try_log_in(TYPED, WRONG))
    for _ in range(8):
        witness.see(Caller(ip="198.51.100.3").try_log_in("ada", WRONG))
    tokens = [caller.log_in("ada", FIRST)]
    for _ in range(4):
        tokens.append(caller.refresh(tokens[-1].refresh))
    witness.secrets |= {token for pair in tokens for token in (pair.access, pair.refresh)}
    # The whole token, and the part that makes it one.
    witness.secrets |= {token.rpartition(".")[2] for pair in tokens for token in (pair.access, pair.refresh)}
    witness.see(caller.try_refresh(tokens[0].refresh))
    witness.see(caller.try_refresh(tokens[-1].refresh))
    witness.see(caller.try_refresh(tokens[-1].refresh[:-4] + "AAAA"))
    witness.see(caller.verify(tokens[-1].access))
    witness.see(caller.home(tokens[-1].access))
    witness.see(caller.home(tokens[-1].refresh))
    witness.see(caller.log_out(tokens[-1].refresh, tokens[-1].access))
    witness.see(caller.log_out(WRONG, tokens[-1].access))
    witness.see(caller.call("POST", "/token/", f'{{"username": "ada", "password": "{WRONG}"'.encode()))

    assert AuditEvent.objects.filter(event="login_blocked").exists()
    assert AuditEvent.objects.filter(event="refresh_reused").exists()
    assert_nowhere(witness, caplog)


def test_the_admin_leaves_no_secret_behind(witness, caplog, client, django_user_model):
    django_user_model.objects.create_superuser("boss", "boss@example.com", FIRST)
    ada = django_user_model.objects.create_user("ada", EMAIL, SECOND)
    for name, password, status in (("boss", WRONG, 200), (TYPED, WRONG, 200), ("boss", FIRST, 302)):
        answer = client.post("/admin/login/?next=/admin/", {"username": name, "password": password})
        assert answer.status_code == status
    changed = client.post(
        f"/admin/auth/user/{ada.pk}/password/",
        {"usable_password": "true", "password1": THIRD, "password2": THIRD},
    )
    assert changed.status_code == 302

    assert AuditEvent.objects.filter(event="password_changed").exists()
    assert_nowhere(witness, caplog)
