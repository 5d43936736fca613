"""Bodies that are no answers of passkeys, and calls about passkeys of others: refused, and nothing is changed."""

import struct
from copy import deepcopy
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from fido2 import cbor

from tests.accounts.engine import AuthClient
from tests.mfa.authenticator import SoftAuthenticator, b64, unb64
from tests.mfa.keys import add, begun, options, sign_in, signed_in
from tests.mfa.unchanged import kept, refused

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("passkey_site")]

LOGIN = "auth/webauthn/login"
SECOND = "auth/webauthn/authenticate"
MANAGE = "account/authenticators/webauthn"


def _mangled(credential: dict[str, Any], part: str, value: Any) -> dict[str, Any]:
    changed = deepcopy(credential)
    place = changed
    *way, last = part.split(".")
    for name in way:
        place = place[name]
    if value is None:
        place.pop(last, None)
    else:
        place[last] = value
    return changed


DEEP = cbor.encode({"fmt": "none", "attStmt": {}, "authData": b""})[:-1] + b"\x81" * 20_000
HEADER = bytes(32) + struct.pack(">BI", 0x45, 1)
PARTS = (
    "id",
    "rawId",
    "type",
    "response",
    "response.clientDataJSON",
    "response.authenticatorData",
    "response.signature",
    "response.attestationObject",
)
VALUES: dict[str, Any] = {
    "nothing": None,
    "a number": 7,
    "a list": ["a"],
    "an object": {"a": "b"},
    "no text": "",
    "a letter that does not belong": "a*b",
    "text with a hole": "YQ\u2028",
    "one letter": "a",
    "padding only": "==",
    "very much": "A" * 50_000,
    "bytes of nothing": b64(bytes(40)),
    "nested": b64(b"\x81" * 20_000),
    "nested JSON": b64(b"[" * 3_000),
    "huge array": b64(b"\x9b" + b"\xff" * 8),
    "a map with keys that are none": b64(b"\xa1\x80\x80"),
    "half a number": b64(b"\x1b\x00"),
    "no UTF-8": b64(b"\xff\xfe{"),
    "JSON that is no object": b64(b"[]"),
    "empty JSON": b64(b"{}"),
    "a header without its rest": b64(HEADER),
    "an attestation of nothing": b64(cbor.encode({"fmt": "none", "attStmt": {}, "authData": b""})),
    "nested attestation": b64(DEEP),
}


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES)
def test_malformed_answers_are_refused_wherever_they_are_malformed(laptop, ada, value):
    right = laptop.get(options(AuthClient(), LOGIN))
    client = AuthClient()
    assert sign_in(laptop, client).status_code == 200
    made = SoftAuthenticator().create(options(client, f"{MANAGE}?passwordless"))
    before = kept()
    for part in PARTS:
        for path, credential, caller in ((LOGIN, right, AuthClient()), (MANAGE, made, client)):
            if part.partition(".")[2] in {"", *credential["response"]} and not (part == "rawId" and value is None):
                refused(
                    caller.call("POST", path, {"name": "x", "credential": _mangled(credential, part, value)}), before
                )


WRONG: dict[str, Any] = {
    "nothing": None,
    "text": "{}",
    "a number": 1,
    "a list": [],
    "true": True,
    "a nest": [[[[]]]],
}


@pytest.mark.parametrize("credential", WRONG.values(), ids=WRONG)
@pytest.mark.parametrize("path", [LOGIN, SECOND, "auth/webauthn/reauthenticate", MANAGE])
def test_a_credential_is_an_object(laptop, credential, path):
    client = AuthClient() if path == LOGIN else begun() if path == SECOND else AuthClient()
    if path not in {LOGIN, SECOND}:
        sign_in(laptop, client)
    before = kept()
    answer = client.call("POST", path, {"credential": credential})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["param"] == "credential"
    assert kept() == before


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"id": None, "name": "x"},
        {"id": True, "name": "x"},
        {"id": [1], "name": "x"},
        {"id": {"pk": 1}, "name": "x"},
        {"id": 10**40, "name": "x"},
        {"id": -1, "name": "x"},
        {"id": "1 OR 1=1", "name": "x"},
        {"id": "OTHERS", "name": "x"},
        {"id": "OWN", "name": ""},
        {"id": "OWN", "name": "x" * 101},
        {"id": "OWN", "name": ["x"]},
        {"id": "OWN", "name": "x\u0000"},
        {"id": "OWN"},
    ],
)
def test_only_a_passkey_of_ones_own_is_renamed_and_to_something(laptop, eve, body):
    other = SoftAuthenticator()
    add(signed_in("eve"), other)
    keys = {row.user.username: row.pk for row in Authenticator.objects.filter(type="webauthn")}
    client = AuthClient()
    sign_in(laptop, client)
    before = kept()
    words = {"OTHERS": keys["eve"], "OWN": keys["ada"]}
    sent = {name: words.get(value, value) if isinstance(value, str) else value for name, value in body.items()}
    answer = client.call("PUT", MANAGE, sent)
    assert answer.status_code == 400, answer.content
    assert kept() == before


@pytest.mark.parametrize("wanted", [None, [], "OWN", ["OWN", "OTHERS"], [None], [{"a": 1}], [10**40], [True], {}, 7])
def test_passkeys_are_taken_away_all_or_none(laptop, eve, wanted):
    other = SoftAuthenticator()
    add(signed_in("eve"), other)
    keys = {row.user.username: row.pk for row in Authenticator.objects.filter(type="webauthn")}
    client = AuthClient()
    sign_in(laptop, client)
    before = kept()
    words = {"OTHERS": keys["eve"], "OWN": keys["ada"]}
    if isinstance(wanted, list):
        wanted = [words.get(one, one) if isinstance(one, str) else one for one in wanted]
    answer = client.call("DELETE", MANAGE, {} if wanted is None else {"authenticators": wanted})
    assert answer.status_code == 400, answer.content
    assert kept() == before


def test_nobody_who_is_signed_out_sees_or_changes_passkeys(laptop):
    for method in ("GET", "POST", "PUT", "DELETE"):
        assert AuthClient().call(method, MANAGE, None if method == "GET" else {}).status_code == 401
    assert AuthClient().call("GET", "auth/webauthn/reauthenticate").status_code == 401
    assert AuthClient().call("GET", SECOND).status_code == 401


def test_whoever_is_signed_in_does_not_sign_in(laptop):
    client = AuthClient()
    sign_in(laptop, client)
    credential = laptop.get(options(client, LOGIN))
    assert client.call("POST", LOGIN, {"credential": credential}).status_code == 409


def test_what_a_browser_leaves_out_or_adds_is_no_mistake(laptop):
    credential = laptop.get(options(AuthClient(), LOGIN))
    credential["authenticatorAttachment"] = "something new"
    credential["response"]["more"] = [1]
    credential["clientExtensionResults"] = None
    del credential["rawId"]
    assert unb64(credential["id"]) == laptop.keys[0].id
    assert AuthClient().call("POST", LOGIN, {"credential": credential}).status_code == 200
