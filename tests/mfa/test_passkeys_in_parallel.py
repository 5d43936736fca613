"""One answer of a passkey shown by many at once: one wins. Of guesses, as many are looked at as the limit says."""

from functools import partial
from typing import Any

import pytest
from allauth.mfa.models import Authenticator

from keyturn.mfa.models import FactorState, UsedChallenge
from keyturn.sessions.models import Session
from tests.accounts.engine import AuthClient
from tests.accounts.racing import at_once
from tests.contract.caller import PASSWORD
from tests.mfa.authenticator import SoftAuthenticator
from tests.mfa.keys import PASSKEYS, add, begun, options, signed_in

pytestmark = [pytest.mark.django_db(transaction=True)]

CROWD = 20
LOGIN = "auth/webauthn/login"
SECOND = "auth/webauthn/authenticate"
MANAGE = "account/authenticators/webauthn"


@pytest.fixture(autouse=True)
def limits_out_of_the_way(settings):
    """What is proven here is not proven by the limits."""
    settings.KEYTURN = {**PASSKEYS, "LIMITS": {"code_pair": None, "code_address": None, "code_account": None}}


def outcomes(answers: list[Any]) -> list[str]:
    """The reason of each refusal, and ``ok``; an exception stands for itself."""
    return sorted("ok" if one.status_code == 200 else one.json()["reason"] for one in answers)


@pytest.mark.parametrize("counts", [True, False], ids=["a passkey that counts", "one that does not"])
def test_twenty_uses_of_one_answer_at_once_open_one_session(ada, counts):
    key = SoftAuthenticator(counts=counts)
    add(signed_in(), key)
    Session.objects.all().delete()
    body = {"credential": key.get(options(AuthClient(), LOGIN))}
    answers = at_once([partial(AuthClient().call, "POST", LOGIN, body) for _ in range(CROWD)])
    assert outcomes(answers) == ["ok"] + ["passkey_invalid"] * (CROWD - 1)
    assert Session.objects.count() == 1
    assert UsedChallenge.objects.count() == 2


def test_twenty_sign_ins_with_one_second_factor_at_once_end_in_one_session(ada):
    key = SoftAuthenticator(counts=False)
    add(signed_in(), key)
    Session.objects.all().delete()
    clients = [begun() for _ in range(CROWD)]
    body = {"credential": key.get(options(clients[0], SECOND))}
    answers = at_once([partial(one.call, "POST", SECOND, body) for one in clients])
    assert outcomes(answers) == ["ok"] + ["passkey_invalid"] * (CROWD - 1)
    assert Session.objects.count() == 1


def test_of_twenty_copies_with_one_count_at_once_one_gets_in(ada):
    key = SoftAuthenticator()
    add(signed_in(), key)
    Session.objects.all().delete()
    bodies = [{"credential": key.get(options(AuthClient(), LOGIN), count=7)} for _ in range(CROWD)]
    answers = at_once([partial(AuthClient().call, "POST", LOGIN, body) for body in bodies])
    assert outcomes(answers) == ["ok"] + ["passkey_copied"] * (CROWD - 1)
    assert Session.objects.count() == 1
    assert FactorState.objects.get(credential_hash__isnull=False).counter == 7


def test_of_two_hundred_wrong_passkeys_at_once_five_are_looked_at(ada, settings, monkeypatch):
    key = SoftAuthenticator()
    add(signed_in(), key)
    settings.KEYTURN = {**PASSKEYS, "LIMITS": {"code_pair": "5/10m", "login_pair": None, "login_address": None}}
    looked_at: list[object] = []
    from keyturn.accounts import passkeys

    accept = passkeys.__dict__["accept"]

    def counting(**given: Any) -> Any:
        looked_at.append(given)
        return accept(**given)

    monkeypatch.setattr(passkeys, "accept", counting)
    clients = [begun() for _ in range(20)]
    body = {"credential": key.get(options(clients[0], SECOND), signature=b"wrong")}

    def guess(client: Any) -> list[Any]:
        return [client.call("POST", SECOND, body) for _ in range(10)]

    answers = at_once([partial(guess, one) for one in clients])
    found = [answer for of_one in answers for answer in of_one]
    assert outcomes(found) == ["passkey_invalid"] * 5 + ["too_many_attempts"] * 195
    assert len(looked_at) == 5


def test_a_passkey_sent_twenty_times_at_once_is_kept_once(ada):
    client, key = signed_in(), SoftAuthenticator()
    body = {"name": "x", "credential": key.create(options(client, f"{MANAGE}?passwordless"))}
    answers = at_once([partial(client.call, "POST", MANAGE, body) for _ in range(CROWD)])
    kept = [one for one in answers if one.status_code == 200]
    assert len(kept) == 1, [one.status_code for one in answers]
    # The others were too late to be as recent a proof as that with the new factor, or found it used.
    assert {one.status_code for one in answers} <= {200, 400, 401}
    assert Authenticator.objects.filter(type="webauthn").count() == 1
    # The codes that came with it were shown in the one answer, and only there.
    assert len(kept[0].json()["meta"]["recovery_codes"]) == 10


def test_a_credential_that_many_users_register_at_once_is_one_users(django_user_model):
    makers = [django_user_model.objects.create_user(f"u{n}", f"u{n}@example.com", PASSWORD) for n in range(6)]
    key, calls = SoftAuthenticator(), []
    for user in makers:
        client = signed_in(user.username)
        credential = key.create(options(client, MANAGE), credential_id=b"the same for all of them")
        calls.append(partial(client.call, "POST", MANAGE, {"name": "x", "credential": credential}))
    assert outcomes(at_once(calls)) == ["ok"] + ["passkey_invalid"] * 5
    assert Authenticator.objects.filter(type="webauthn").count() == 1
    assert FactorState.objects.filter(credential_hash__isnull=False).count() == 1


def test_of_two_last_passkeys_removed_at_once_one_stays(django_user_model):
    user = django_user_model.objects.create_user("ada", "ada@example.com", PASSWORD)
    first, second, client = SoftAuthenticator(), SoftAuthenticator(), AuthClient()
    add(signed_in(), first)
    client.call("POST", LOGIN, {"credential": first.get(options(client, LOGIN))})
    add(client, second)
    user.set_unusable_password()
    user.save()
    clients = []
    for key in (first, second):
        one = AuthClient()
        assert one.call("POST", LOGIN, {"credential": key.get(options(one, LOGIN))}).status_code == 200
        clients.append(one)
    ids = list(Authenticator.objects.filter(type="webauthn").values_list("pk", flat=True))
    answers = at_once(
        [partial(one.call, "DELETE", MANAGE, {"authenticators": [pk]}) for one, pk in zip(clients, ids, strict=True)]
    )
    assert outcomes(answers) == ["last_way_in", "ok"]
    assert Authenticator.objects.filter(type="webauthn").count() == 1


def test_sign_ins_renames_and_the_removal_at_once_stand_in_nobodys_way(ada):
    key, client = SoftAuthenticator(counts=False), AuthClient()
    add(signed_in(), key)
    client.call("POST", LOGIN, {"credential": key.get(options(client, LOGIN))})
    pk = Authenticator.objects.get(type="webauthn").pk
    calls: list[Any] = []
    for number in range(8):
        one = begun()
        calls.append(partial(one.call, "POST", SECOND, {"credential": key.get(options(one, SECOND))}))
        body = {"credential": key.get(options(AuthClient(), LOGIN))}
        calls.append(partial(AuthClient().call, "POST", LOGIN, body))
        calls.append(partial(client.call, "PUT", MANAGE, {"id": pk, "name": f"Name {number}"}))
    calls.insert(9, partial(client.call, "DELETE", MANAGE, {"authenticators": [pk]}))
    answers = at_once(calls)
    assert {one.status_code for one in answers} <= {200, 400, 404}, [one.content for one in answers]
    assert answers[9].status_code == 200
    assert not Authenticator.objects.filter(type="webauthn").exists()
    assert not FactorState.objects.exists()
