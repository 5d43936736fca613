"""Secrets of factors in the database: sealed for their row, and opened under the secrets that a server has."""

import json

import pytest
from allauth.mfa.models import Authenticator
from django.db import transaction

from keyturn.clock import utc_now
from keyturn.mfa import totp
from keyturn.mfa.codes import accept_code
from keyturn.mfa.models import FactorState
from keyturn.mfa.sealing import FactorSecretError, open_secret, seal_secret
from tests.accounts.engine import PASSWORD, AuthClient
from tests.mfa.seeds import codes_of_seed, new_seed

pytestmark = pytest.mark.django_db

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


@pytest.fixture
def app(ada):
    sealed = seal_secret(SECRET, user_pk=ada.pk, kind="totp")
    return Authenticator.objects.create(user=ada, type="totp", data={"secret": sealed})


def shown(later=0):
    return totp.code_at(SECRET, totp.step_at(utc_now()) + later)


def accepted(user, code):
    with transaction.atomic():
        return accept_code(user=user, code=code, now=utc_now())


def kept(app):
    app.refresh_from_db()
    return app.data["secret"]


def test_a_secret_opens_for_its_user_and_kind_only():
    sealed = seal_secret(SECRET, user_pk=1, kind="totp")
    assert SECRET not in sealed
    assert open_secret(sealed, user_pk=1, kind="totp").plain == SECRET
    for user_pk, kind in ((2, "totp"), (1, "recovery_codes"), (None, "")):
        with pytest.raises(FactorSecretError) as caught:
            open_secret(sealed, user_pk=user_pk, kind=kind)
        assert caught.value.is_damaged


def test_a_secret_that_was_copied_into_another_users_row_lets_nobody_in(ada, app, django_user_model):
    mallory = django_user_model.objects.create_user("mallory", "mallory@example.com", PASSWORD)
    theirs = Authenticator.objects.create(user=mallory, type="totp", data=app.data)
    with pytest.raises(FactorSecretError):
        accepted(mallory, shown())
    assert not FactorState.objects.filter(factor_id=theirs.pk).exists()


def test_a_plain_secret_is_sealed_when_it_is_used_and_not_before(ada, app):
    Authenticator.objects.update(data={"secret": SECRET})
    assert accepted(ada, "000000") is None
    assert kept(app) == SECRET
    assert accepted(ada, shown()) == "totp"
    assert kept(app).startswith("v1.")
    assert open_secret(kept(app), user_pk=ada.pk, kind="totp").is_current
    assert accepted(ada, shown(1)) == "totp"


def test_a_secret_that_a_projects_own_hook_encrypted_is_opened_by_it_and_sealed(ada, app, settings):
    settings.MFA_ADAPTER = "tests.mfa.reversing.ReversingAdapter"
    Authenticator.objects.update(data={"secret": SECRET[::-1]})
    assert accepted(ada, shown()) == "totp"
    assert open_secret(kept(app), user_pk=ada.pk, kind="totp").plain == SECRET


def test_a_secret_that_allauths_own_code_stored_is_opened_and_sealed_for_its_row(ada, app):
    from keyturn.mfa.adapter import FactorAdapter

    Authenticator.objects.update(data={"secret": FactorAdapter().encrypt(SECRET)})
    assert SECRET not in json.dumps(Authenticator.objects.get().data)
    assert accepted(ada, shown()) == "totp"
    assert open_secret(kept(app), user_pk=ada.pk, kind="totp").is_current


def test_after_the_master_secret_was_replaced_a_factor_is_sealed_anew_when_it_is_used(ada, app, settings):
    old = settings.SECRET_KEY
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another secret altogether", [old]
    before = kept(app)
    assert accepted(ada, shown()) == "totp"
    assert kept(app) != before
    settings.SECRET_KEY_FALLBACKS = []
    assert accepted(ada, shown(1)) == "totp"


@pytest.fixture
def lost(app, settings):
    """The master secret was replaced, and the one before is gone."""
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another secret altogether", []


def test_a_secret_that_cannot_be_opened_is_a_503_and_no_wrong_code(ada, app, settings):
    client = AuthClient()
    client.log_in()
    before = kept(app)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another secret altogether"
    Authenticator.objects.update(data={"secret": seal_secret(SECRET, user_pk=ada.pk, kind="totp")})
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = settings.SECRET_KEY_FALLBACKS[0], []
    for _ in range(3):
        answer = client.call("POST", "auth/2fa/authenticate", {"code": shown()})
        assert answer.status_code == 503, answer.content
        assert answer.json()["code"] == "unavailable"
        assert int(answer["Retry-After"]) > 0
    Authenticator.objects.update(data={"secret": before})
    assert client.call("POST", "auth/2fa/authenticate", {"code": shown()}).status_code == 200


def test_the_operator_is_told_which_secret_is_missing_and_no_secret(ada, lost, caplog):
    with pytest.raises(FactorSecretError, match="SECRET_KEY_FALLBACKS") as caught:
        accepted(ada, shown())
    assert SECRET not in str(caught.value)


def test_recovery_codes_are_right_where_the_apps_secret_cannot_be_opened(ada, lost):
    from keyturn.mfa import recovery

    codes = recovery.make(ada.pk, now=utc_now())
    assert accepted(ada, codes[0]) == "recovery_codes"


@pytest.mark.parametrize(
    "stored", ["v1.", "v1.a.b.c", "v1.00000000.AAAAAAAAAAAAAAAA.AAAA", "not base32!", "", "\u2603", "v1.x.y.\u2603"]
)
def test_a_damaged_secret_is_a_503(ada, app, stored):
    Authenticator.objects.update(data={"secret": stored})
    client = AuthClient()
    client.log_in()
    answer = client.call("POST", "auth/2fa/authenticate", {"code": "123456"})
    assert answer.status_code == 503, answer.content


@pytest.mark.parametrize("data", [{}, [], "text", 3, {"secret": None}, {"secret": ["a"]}])
def test_a_row_of_another_shape_is_a_503(ada, app, data):
    Authenticator.objects.update(data=data)
    client = AuthClient()
    client.log_in()
    assert client.call("POST", "auth/2fa/authenticate", {"code": "123456"}).status_code == 503


@pytest.mark.parametrize(
    "data",
    [
        {},
        [],
        "text",
        {"seed": 3},
        {"seed": "v1.a.b.c", "used_mask": 0},
        {"seed": "abc", "used_mask": "all"},
        {"seed": "abc", "used_mask": -1},
        {"seed": "\u2603", "used_mask": 0},
        {"migrated_codes": 3},
        {"migrated_codes": [None, 3, ["12345678"]]},
    ],
)
def test_recovery_codes_of_another_shape_never_let_anybody_in(ada, app, data):
    Authenticator.objects.create(user=ada, type="recovery_codes", data=data)
    client = AuthClient()
    client.log_in()
    assert client.call("POST", "auth/2fa/authenticate", {"code": "12345678"}).status_code in {400, 503}
    assert client.call("POST", "auth/2fa/authenticate", {"code": shown()}).status_code == 200
    assert client.call("GET", "account/authenticators").status_code == 200


def test_a_seed_is_sealed_anew_with_what_is_left_of_it(ada, app, settings):
    seed = new_seed()
    sealed = seal_secret(seed, user_pk=ada.pk, kind="recovery_codes")
    Authenticator.objects.create(user=ada, type="recovery_codes", data={"seed": sealed, "used_mask": 0})
    codes = codes_of_seed(seed)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another secret altogether", [settings.SECRET_KEY]
    assert accepted(ada, codes[0]) == "recovery_codes"
    settings.SECRET_KEY_FALLBACKS = []
    assert accepted(ada, codes[0]) is None
    assert accepted(ada, codes[9]) == "recovery_codes"


@pytest.mark.parametrize("kind", ["seed", "migrated_codes"])
def test_who_guesses_at_an_app_is_counted_though_the_recovery_codes_cannot_be_opened(ada, app, settings, kind):
    here, settings.SECRET_KEY = settings.SECRET_KEY, "a secret that is lost"
    closed = seal_secret("a" * 40, user_pk=ada.pk, kind="recovery_codes")
    settings.SECRET_KEY = here
    data = {"seed": closed, "used_mask": 0} if kind == "seed" else {"migrated_codes": [closed]}
    Authenticator.objects.create(user=ada, type="recovery_codes", data=data)
    settings.KEYTURN = {"LIMITS": {"code_pair": "3/10m"}}
    client = AuthClient()
    client.log_in()
    wrong = f"{(int(shown()) + 500_000) % 1_000_000:06}"
    statuses = [client.call("POST", "auth/2fa/authenticate", {"code": wrong}).status_code for _ in range(6)]
    assert statuses == [400] * 3 + [429] * 3
    assert client.call("POST", "auth/2fa/authenticate", {"code": shown()}).status_code == 429


def test_a_recovery_code_that_cannot_be_looked_at_is_a_503_and_no_wrong_code(ada, app, settings):
    seed = new_seed()
    here, settings.SECRET_KEY = settings.SECRET_KEY, "a secret that is lost"
    closed = seal_secret(seed, user_pk=ada.pk, kind="recovery_codes")
    settings.SECRET_KEY = here
    Authenticator.objects.create(user=ada, type="recovery_codes", data={"seed": closed, "used_mask": 0})
    client = AuthClient()
    client.log_in()
    assert client.call("POST", "auth/2fa/authenticate", {"code": codes_of_seed(seed)[0]}).status_code == 503
