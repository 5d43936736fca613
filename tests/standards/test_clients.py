"""The clients of other services: made, recognised, given another secret, disabled, deleted."""

import hashlib
import re
from hmac import compare_digest

import pytest

from keyturn import clients
from keyturn.clients.models import ServiceClient
from keyturn.clock import utc_now

pytestmark = pytest.mark.django_db


def _made(*scopes, name="billing"):
    return clients.create(name=name, scopes=scopes or ("introspect",), now=utc_now())


def test_credentials_are_random_long_and_recognisable():
    one, two = _made(), _made()

    for made in (one, two):
        assert re.fullmatch(r"ktc-[0-9a-f]{20}", made.client_id)
        assert re.fullmatch(r"kts_[A-Za-z0-9_-]{43}", made.secret)  # 32 bytes in base64url
    assert one.client_id != two.client_id
    assert one.secret != two.secret


def test_of_the_secret_only_the_hash_is_stored():
    made = _made("revoke", "introspect")

    row = ServiceClient.objects.values().get()

    assert row["secret_hash"] == hashlib.sha256(made.secret.encode()).hexdigest()
    assert made.secret not in str(row)
    assert row["scopes"] == "introspect revoke"
    assert row["name"] == "billing"
    assert row["disabled_at"] is None


def test_a_secret_is_in_no_representation_and_no_log(whole_log):
    made = _made()
    again = clients.rotate_secret(made.client_id)
    assert again is not None
    clients.authenticate(made.client_id, made.secret)

    assert made.secret not in repr(made)
    for secret in (made.secret, again.secret):
        assert secret not in whole_log.text
        assert hashlib.sha256(secret.encode()).hexdigest() not in whole_log.text
    assert made.client_id in whole_log.text


def test_the_right_credentials_are_recognised_by_one_statement(count_statements):
    made = _made("introspect", "metrics")

    with count_statements(exactly=1):
        client = clients.authenticate(made.client_id, made.secret)

    assert client is not None
    assert client.client_id == made.client_id
    assert [scope for scope in clients.Scope if clients.has_scope(client, scope)] == ["introspect", "metrics"]


def test_wrong_credentials_are_not():
    made, other = _made(), _made()
    wrong = [
        (made.client_id, other.secret),
        (made.client_id, made.secret + "x"),
        (made.client_id, made.secret[:-1]),
        (made.client_id, ""),
        (made.client_id, made.secret.upper()),
        (made.client_id, made.secret + "\x00"),
        (made.client_id, "\udcff"),
        (made.client_id, made.secret * 100_000),
        (made.client_id, hashlib.sha256(made.secret.encode()).hexdigest()),
        (made.client_id.upper(), made.secret),
        (made.client_id + "\x00", made.secret),
        (made.client_id + "\n", made.secret),
        ("ktc-nobody", made.secret),
        ("", made.secret),
        ("%", made.secret),
        ("' OR 1=1 --", made.secret),
        ("\udcff", made.secret),
        ("x" * 1_000_000, made.secret),
    ]
    for client_id, secret in wrong:
        assert clients.authenticate(client_id, secret) is None


def test_an_unknown_client_costs_as_much_as_a_known_one(count_statements, monkeypatch):
    made = _made()
    compared = []

    def compare(one, other):
        compared.append((len(one), len(other)))
        return compare_digest(one, other)

    monkeypatch.setattr("secrets.compare_digest", compare)
    for client_id in (made.client_id, "ktc-nobody"):
        with count_statements(exactly=1):
            clients.authenticate(client_id, "kts_wrong")
    assert compared == [(64, 64), (64, 64)]


def test_a_new_secret_ends_the_old_one():
    made = _made()

    again = clients.rotate_secret(made.client_id)

    assert again is not None
    assert again.client_id == made.client_id
    assert clients.authenticate(made.client_id, made.secret) is None
    assert clients.authenticate(made.client_id, again.secret) is not None


def test_a_disabled_client_is_refused_and_stays_disabled_since_then():
    made = _made()
    assert clients.disable(made.client_id, now=utc_now())
    since = ServiceClient.objects.get().disabled_at

    assert clients.disable(made.client_id, now=utc_now())

    assert ServiceClient.objects.get().disabled_at == since
    assert clients.authenticate(made.client_id, made.secret) is None


def test_a_deleted_client_is_gone():
    made, kept = _made(), _made()

    assert clients.delete(made.client_id)
    assert not clients.delete(made.client_id)

    assert clients.authenticate(made.client_id, made.secret) is None
    assert [client.client_id for client in clients.listed()] == [kept.client_id]


@pytest.mark.parametrize("client_id", ["nobody", "", "\x00", "x" * 1_000])
def test_nothing_can_be_done_to_a_client_that_is_none(client_id):
    assert clients.rotate_secret(client_id) is None
    assert not clients.disable(client_id, now=utc_now())
    assert not clients.delete(client_id)


@pytest.mark.parametrize("name", ["", "  ", "x" * 101, "a\nb", "a\x00b"])
def test_a_name_that_nobody_can_read_is_refused(name):
    with pytest.raises(ValueError, match="the name must have"):
        _made(name=name)


def test_scopes_that_are_none_are_refused():
    with pytest.raises(ValueError, match=r"there is no scope 'admin'; the scopes are introspect, revoke, revocations"):
        _made("introspect", "admin")
    with pytest.raises(ValueError, match="a client needs a scope"):
        clients.create(name="x", scopes=(), now=utc_now())
    assert not ServiceClient.objects.exists()


def test_the_scopes_are_these():
    assert clients.SCOPES == ("introspect", "revoke", "revocations", "metrics")


@pytest.mark.parametrize("use_tz", [True, False])
def test_times_are_kept_whatever_the_projects_time_zones_are(settings, use_tz):
    settings.USE_TZ = use_tz
    made = _made()
    assert clients.disable(made.client_id, now=utc_now())
    (client,) = clients.listed()
    assert client.disabled_at is not None
    assert client.disabled_at >= client.created_at
