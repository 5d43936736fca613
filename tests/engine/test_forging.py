"""P5: whoever reads the database can present nothing he finds there, and forge nothing with it."""

import hmac
import itertools
import json

import jwt
import pytest
from django.apps import apps
from django.conf import settings as django_settings
from django.db import connection

from keyturn import keys
from keyturn.errors import Reason, RefusedError
from keyturn.keys.models import SigningKey
from keyturn.tokens.claims import read_access, read_any, read_refresh
from tests.bad_input.forgery import b64, signing_key
from tests.engine.acting import COOKIE, FIREFOX, NOW, later
from tests.engine.tokens import claims_of, login, refresh_pair, refreshed


def dump():
    """Every value of every table, as text."""
    found = set()
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            found |= {str(value) for row in cursor.fetchall() for value in row}
    return found - {"", "None"}


@pytest.fixture
def pairs(user):
    """What a user who signed in three times holds."""
    held = []
    for binding in (None, COOKIE, None):
        pair = login(user, binding=binding)
        held += [pair, refresh_pair(pair.refresh, now=later(5), client=FIREFOX, binding=binding)]
    return held


def test_the_database_holds_no_token_nor_any_part_of_one(pairs):
    everything = dump()
    assert {str(sid) for sid in apps.get_model("keyturn", "Session").objects.values_list("pk", flat=True)}
    for pair in pairs:
        for token in (pair.access, pair.refresh):
            for part in token.split("."):
                assert not any(part in value for value in everything)
            assert not any(claims_of(token)["jti"] in value for value in everything)


def test_the_database_holds_nothing_of_a_binding_that_could_be_presented(pairs):
    assert not any("what the device cookie holds" in value for value in dump())


@pytest.mark.parametrize("read", [read_any, read_refresh, read_access])
def test_nothing_in_the_database_verifies_as_a_token(pairs, read):
    for value in dump():
        with pytest.raises(RefusedError) as caught:
            read(value, now=later(6))
        assert caught.value.reason is Reason.MALFORMED


def keys_in(values):
    for value in values:
        yield value.encode()
        plain = value.replace("-", "")
        if len(plain) % 2 == 0 and all(letter in "0123456789abcdefABCDEF" for letter in plain):
            yield bytes.fromhex(plain)


def headers_for(kind):
    """No key id, or one that names a key of Keyturn's own; any of them is in plain sight in every token."""
    ring = keys.refresh_keys() if kind == "refresh" else keys.access_keys(now=NOW)
    return [None, *({"kid": kid} for kid in ring.named)]


@pytest.mark.parametrize("kind", ["refresh", "access"])
def test_tokens_signed_with_what_is_in_the_database_are_refused(pairs, kind):
    claims = claims_of(getattr(pairs[-1], kind))
    tried = 0
    for key, headers in itertools.product(set(keys_in(dump())), headers_for(kind)):
        head = f"{b64(json.dumps({'alg': 'HS256', 'typ': 'JWT', **(headers or {})}))}.{b64(json.dumps(claims))}"
        forged = f"{head}.{b64(hmac.digest(key, head.encode(), 'sha256'))}"
        for read in (read_any, read_refresh, read_access):
            with pytest.raises(RefusedError) as caught:
                read(forged, now=later(6))
            assert caught.value.reason is Reason.BAD_SIGNATURE
        tried += 1
    assert tried > 40


def test_the_same_claims_signed_with_the_real_keys_are_accepted(pairs):
    """Lest the tests above refuse for a reason of their own."""
    for kind in ("refresh", "access"):
        key = signing_key(kind)
        forged = jwt.encode(
            claims_of(getattr(pairs[-1], kind)), key.signing, algorithm=key.algorithm, headers={"kid": key.kid}
        )
        read_any(forged, now=later(6))


@pytest.mark.parametrize("one", ["refresh", "access"])
def test_keys_of_one_kind_of_token_do_not_sign_the_other(pairs, one):
    other = "access" if one == "refresh" else "refresh"
    key = signing_key(one)
    forged = jwt.encode(
        claims_of(getattr(pairs[-1], other)), key.signing, algorithm=key.algorithm, headers={"kid": key.kid}
    )
    with pytest.raises(RefusedError):
        (read_access if other == "access" else read_refresh)(forged, now=later(6))


def test_the_secret_itself_is_no_signing_key_of_ours(pairs):
    """Django signs many things with it. A session's token signed with it and no key id would be stock simplejwt's."""
    assert keys.refresh_signing_key().signing != django_settings.SECRET_KEY.encode()
    assert "kid" in jwt.get_unverified_header(pairs[0].refresh)
    assert "kid" in jwt.get_unverified_header(pairs[0].access)


def test_without_the_secret_the_very_row_does_not_tell_the_next_token(pairs, settings, user):
    token = pairs[-1].refresh
    settings.SECRET_KEY = "another secret of the same length, and more"
    with pytest.raises(RefusedError):
        read_refresh(token, now=later(6))
    SigningKey.objects.all().delete()  # sealed under the other secret
    keys.refresh()
    assert refreshed(login(user).refresh, now=later(1))
