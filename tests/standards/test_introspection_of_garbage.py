"""Introspection (RFC 7662) of what is no token: not active, nothing more said, nothing changed."""

import json
from typing import Any

import pytest

from keyturn.sessions.models import Session
from tests.bad_input.catalogue.bodies import UNREADABLE, WRONG_VALUES
from tests.bad_input.forgery import claims_of, signed_by_us, spliced, unsigned
from tests.standards.conftest import oauth_error

INACTIVE = {"active": False}

_KIDS: list[Any] = [
    "x",
    "",
    None,
    0,
    [],
    {},
    "../../etc/passwd",
    "/dev/null",
    "' UNION SELECT 'x",
    "\x00",
    "x" * 10_000,
    "http://127.0.0.1/jwks",
]
_SENSELESS: dict[str, list[Any]] = {
    "sid": ["x", 1, [], {}, "00000000-0000-0000-0000-000000000000"],
    "user_id": [None, [], {}, True, "0", "x", "9" * 100, "\x00", "1; DROP TABLE"],
    "exp": [None, "9999999999", [], 0, -1, 1e300, True],
    "nbf": [9_999_999_999, "x"],
}


def _rows():
    return list(Session.objects.order_by("pk").values())


def garbage(pair):
    return {
        "a word": "garbage",
        "a space": " ",
        "dots": "..",
        "dots without end": "." * 60_000,
        "10 kB": "x" * 10_000,
        "a NUL": "\x00",
        "NULs": "\x00" * 100,
        "letters": "żółw.żółw.żółw",
        "emoji": "😀.😀.😀",
        "SQL": "' OR 1=1; DROP TABLE keyturn_session; --",
        "a template": "{{7*7}}",
        "JSON": '{"active": true}',
        "unsigned": unsigned({"alg": "none"}, claims_of(pair.access)),
        "unsigned, typed": unsigned({"alg": "none", "typ": "at+jwt"}, claims_of(pair.access)),
        "another signature": spliced(pair.access, signature=b"x" * 64),
        "no signature": pair.access.rpartition(".")[0] + ".",
        "two signatures": pair.access + "." + pair.access.rpartition(".")[2],
        "another user": spliced(pair.access, claims={**claims_of(pair.access), "user_id": "0", "sub": "0"}),
        "another session": spliced(pair.access, claims={**claims_of(pair.access), "sid": "0" * 32}),
        "a later end": spliced(pair.refresh, claims={**claims_of(pair.refresh), "exp": 9_999_999_999}),
        "text behind": pair.access + "x",
        "space behind": pair.access + " ",
        "a line behind": pair.access + "\n",
        "a NUL behind": pair.access + "\x00",
        "padded": pair.access + "=",
        "in capitals": pair.access.upper(),
        "Bearer": f"Bearer {pair.access}",
        **{
            f"kid {number}": spliced(pair.access, header={"alg": "HS256", "kid": kid})
            for number, kid in enumerate(_KIDS)
        },
        **{
            f"header {name}": spliced(pair.access, header={"alg": "HS256", name: value})
            for name, value in {
                "jwk": {"kty": "oct", "k": "eA"},
                "jku": "http://127.0.0.1/",
                "x5u": "http://127.0.0.1/",
                "crit": ["exp"],
                "b64": False,
            }.items()
        },
    }


def test_garbage_is_not_active_and_nothing_else_is_said(service, pair):
    before = _rows()
    for name, token in garbage(pair).items():
        # As JSON, which can carry every character.
        answer = service.post("/introspect/", json.dumps({"token": token}), content_type="application/json")
        assert (answer.status_code, answer.content) == (200, b'{"active":false}'), name
    answer = service.post("/introspect/", b'{"token": "\\ud800"}', content_type="application/json")
    assert answer.json() == INACTIVE
    assert _rows() == before


def test_a_signed_token_of_another_type_is_not_active(service, pair):
    """It was not made for requests, though its session stands (RFC 8725 section 3.12)."""
    for kind in ("email_confirmation", "", "REFRESH", "Access"):
        token = signed_by_us("access", {**claims_of(pair.access), "token_type": kind})
        assert service.introspect(token) == INACTIVE, kind
    assert service.introspect(signed_by_us("access", claims_of(pair.refresh))) == INACTIVE
    assert service.introspect(signed_by_us("refresh", claims_of(pair.access))) == INACTIVE


def test_a_signed_token_with_senseless_claims_is_not_active(service, pair, django_user_model):
    other = django_user_model.objects.create_user("bob", password="x")
    for name, values in {**_SENSELESS, "user_id": [*_SENSELESS["user_id"], str(other.pk)]}.items():
        for value in values:
            token = signed_by_us("access", {**claims_of(pair.access), name: value})
            assert service.introspect(token) == INACTIVE, (name, value)


@pytest.mark.parametrize("body", UNREADABLE.values(), ids=UNREADABLE)
def test_a_body_that_cannot_be_read_is_refused(service, body):
    answer = service.post("/introspect/", body, content_type="application/json")
    oauth_error(answer, 400, "invalid_request", "parse_error")


@pytest.mark.parametrize("value", ["null", "[]", "{}", '["x"]', '{"a": "b"}', "true", "false", '""'])
def test_a_token_that_is_no_text_is_refused(service, value):
    answer = service.post("/introspect/", f'{{"token": {value}}}'.encode(), content_type="application/json")
    assert "token" in oauth_error(answer, 400, "invalid_request", "invalid")


def test_no_value_upsets_it(service, pair):
    for name, value in WRONG_VALUES.items():
        body = '{"token": ' + value.replace("%s", f'"{pair.access}"') + "}"
        answer = service.post("/introspect/", body.encode(), content_type="application/json")
        assert answer.status_code in {200, 400}, name
        if answer.status_code == 200:
            assert answer.json() == INACTIVE, name


def test_no_token_is_refused(service):
    for body in ({}, {"token": ""}, {"tokens": "x"}):
        assert "token" in oauth_error(service.post("/introspect/", body), 400, "invalid_request", "invalid")


def test_ten_megabytes_are_refused_before_they_are_read(service):
    for authorization in (service.header, ""):
        answer = service.post(
            "/introspect/",
            json.dumps({"token": "x" * 10_000_000}),
            content_type="application/json",
            HTTP_AUTHORIZATION=authorization,
        )
        oauth_error(answer, 413, "invalid_request", "payload_too_large")
