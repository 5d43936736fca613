"""CHECK_REVOKE_TOKEN: tokens tell under which password they were minted, and it is the one the session stands under."""

import pytest
from django.contrib.auth.hashers import make_password

from keyturn.errors import Reason, RefusedError
from keyturn.sessions.models import Session
from keyturn.tokens.authenticating import authenticate
from keyturn.tokens.claims import read_access
from keyturn.tokens.minting import password_claim
from keyturn.tokens.refreshing import refresh_sliding
from keyturn.tokens.sliding import issue_sliding
from tests.engine.acting import FIREFOX, NOW, later
from tests.engine.conftest import PASSWORD
from tests.engine.hashers import BETTER_FIRST
from tests.engine.overlap import elsewhere, just_before
from tests.engine.tokens import claims_of, login, refresh_pair, refreshed, refusal

pytestmark = pytest.mark.django_db(transaction=True)

READING = "SELECT"


@pytest.fixture(autouse=True)
def password_claims(settings):
    settings.SIMPLE_JWT = {"CHECK_REVOKE_TOKEN": True}


def stored(user):
    return type(user).objects.values_list("password", flat=True).get(pk=user.pk)


def change_without_a_signal(user):
    type(user).objects.filter(pk=user.pk).update(password=make_password("a password nobody else has"))


def change(user):
    fresh = type(user).objects.get(pk=user.pk)
    fresh.set_password("a password nobody else has")
    fresh.save()


def test_both_tokens_carry_the_claim_of_the_password_they_were_minted_under(user):
    first = login(user)
    for pair in (first, refresh_pair(first.refresh, now=later(1)), refresh_pair(first.refresh, now=later(2))):
        assert claims_of(pair.access)["hash_password"] == password_claim(user.password)
        assert claims_of(pair.refresh)["hash_password"] == password_claim(user.password)


@pytest.mark.parametrize("door", [change, change_without_a_signal])
def test_an_access_token_of_another_password_is_refused(user, door):
    access = login(user).access
    door(user)
    with pytest.raises(RefusedError) as caught:
        authenticate(read_access(access, now=later(1)), now=later(1))
    assert caught.value.reason is Reason.PASSWORD_CHANGED


@pytest.mark.parametrize("door", [change, change_without_a_signal])
def test_a_password_changed_right_after_the_rotation_gets_no_token_of_the_new_one(user, door):
    token = login(user).refresh
    with just_before(READING, lambda: elsewhere(lambda: door(user))):
        assert refusal(token, now=later(1)) is Reason.PASSWORD_CHANGED


def test_a_user_deleted_right_after_the_rotation_is_refused_and_no_fault(user):
    token = login(user).refresh
    with just_before(READING, lambda: elsewhere(user.delete)):
        assert refusal(token, now=later(1)) is Reason.SESSION_REVOKED
    assert not Session.objects.exists()


def test_a_hash_upgraded_right_after_the_rotation_leaves_the_client_signed_in(user, settings):
    token = login(user).refresh
    settings.PASSWORD_HASHERS = BETTER_FIRST

    def upgrade():
        assert elsewhere(lambda: type(user).objects.get(pk=user.pk).check_password(PASSWORD))

    with just_before(READING, upgrade):
        pair = refresh_pair(token, now=later(1))
    assert claims_of(pair.access)["hash_password"] == password_claim(stored(user))
    assert authenticate(read_access(pair.access, now=later(2)), now=later(2)).user == user
    assert refreshed(pair.refresh, now=later(60))


def test_a_sliding_token_of_a_user_deleted_while_it_is_refreshed_is_refused_and_no_fault(user):
    token = issue_sliding(user=user, now=NOW, client=FIREFOX)
    with just_before(READING, lambda: elsewhere(user.delete)), pytest.raises(RefusedError) as caught:
        refresh_sliding(token, now=later(1), client=FIREFOX)
    assert caught.value.reason is Reason.SESSION_REVOKED


def test_a_sliding_token_keeps_the_claim(user):
    token = issue_sliding(user=user, now=NOW, client=FIREFOX)
    assert claims_of(refresh_sliding(token, now=later(1), client=FIREFOX))["hash_password"] == password_claim(
        user.password
    )
