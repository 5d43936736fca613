"""The two documents that anybody may read: public keys (RFC 7517) and metadata (RFC 8414)."""

import json

import jwt
import pytest
from django.test import Client

from keyturn import keys
from keyturn.clock import utc_now

JWKS = "/.well-known/jwks.json"
METADATA = "/.well-known/oauth-authorization-server"
BOTH = (JWKS, METADATA)

PRIVATE_MEMBERS = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"}
"""RFC 7518 sections 6.2.2, 6.3.2 and 6.4."""


@pytest.fixture(autouse=True)
def _one_key(pair):
    """A token was issued, so there is a key."""


@pytest.mark.parametrize("path", BOTH)
def test_a_document_is_json_that_anybody_may_keep_and_read(client, path):
    answer = client.get(path)

    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/json"
    assert answer["Cache-Control"] == "public, max-age=300"
    assert answer["Access-Control-Allow-Origin"] == "*"
    assert answer["ETag"].startswith('"')
    assert answer["ETag"].endswith('"')
    assert "Pragma" not in answer
    assert "Set-Cookie" not in answer
    assert "Accept" not in answer.get("Vary", "")
    assert "Authorization" not in answer.get("Vary", "")
    assert isinstance(json.loads(answer.content), dict)


def test_the_keys_are_those_of_the_ring_and_verify_tokens(client, pair):
    answer = client.get(JWKS)

    assert answer.content == keys.jwks(now=utc_now()).body
    (jwk,) = answer.json()["keys"]
    assert not PRIVATE_MEMBERS & set(jwk)
    assert jwk["use"] == "sig"
    assert jwt.get_unverified_header(pair.access)["kid"] == jwk["kid"]
    said = jwt.decode(pair.access, jwt.PyJWK(jwk), algorithms=[jwk["alg"]], options={"verify_aud": False})
    assert said["sid"]


def test_keys_that_nobody_may_have_are_not_there(client, settings):
    settings.SIMPLE_JWT = {"ALGORITHM": "HS256", "SIGNING_KEY": "a secret of the project's own, long enough"}
    answer = client.get(JWKS)
    assert answer.status_code == 200
    assert b"secret" not in answer.content
    for jwk in answer.json()["keys"]:
        assert not PRIVATE_MEMBERS & set(jwk)


def test_the_keys_may_be_kept_as_long_as_the_project_says(client, settings):
    settings.KEYTURN = {"JWKS_MAX_AGE": 120}
    assert client.get(JWKS)["Cache-Control"] == "public, max-age=120"


def test_that_there_is_no_key_yet_is_not_kept(client, settings):
    """The first key of a ring signs at once."""
    settings.SIMPLE_JWT = {"ALGORITHM": "HS256", "SIGNING_KEY": "a secret of the project's own, long enough"}
    answer = client.get(JWKS)
    assert answer.json() == {"keys": []}
    assert answer["Cache-Control"] == "public, max-age=0"


@pytest.mark.parametrize("path", BOTH)
def test_who_has_it_already_is_told_so(client, path):
    etag = client.get(path)["ETag"]
    for known in (etag, f"W/{etag}", f'"another", {etag}', "*"):
        answer = client.get(path, HTTP_IF_NONE_MATCH=known)
        assert (answer.status_code, answer.content) == (304, b""), known
        assert answer["ETag"] == etag
        assert answer["Cache-Control"] == "public, max-age=300"
        assert answer["Access-Control-Allow-Origin"] == "*"
    for unknown in ('"another"', "", "garbage", etag.strip('"'), '"', "\xff", ",,,", '"' * 9_000):
        assert client.get(path, HTTP_IF_NONE_MATCH=unknown).status_code == 200, unknown


@pytest.mark.parametrize("path", BOTH)
def test_head_gives_the_same_headers_and_no_body(client, path):
    got, head = client.get(path), client.head(path)
    assert (head.status_code, head.content) == (200, b"")
    for name in ("ETag", "Cache-Control", "Content-Type", "Access-Control-Allow-Origin"):
        assert head[name] == got[name]
    assert client.head(path, HTTP_IF_NONE_MATCH=got["ETag"]).status_code == 304


@pytest.mark.parametrize("path", BOTH)
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "TRACE"])
def test_nobody_can_do_anything_but_read(client, path, method):
    answer = client.generic(method, path)
    assert answer.status_code == 405
    assert set(answer["Allow"].replace(" ", "").split(",")) == {"GET", "HEAD", "OPTIONS"}
    assert answer.json()["code"] == "method_not_allowed"
    assert answer["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", BOTH)
def test_a_page_elsewhere_may_ask_whether_it_may(client, path):
    answer = client.options(path, HTTP_ORIGIN="https://anywhere.example", HTTP_ACCESS_CONTROL_REQUEST_METHOD="GET")
    assert answer.status_code == 200
    assert answer["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in answer


@pytest.mark.parametrize("path", BOTH)
@pytest.mark.parametrize(
    "accept", [None, "", "*/*", "text/html", "application/jwk-set+json", "application/xml", "garbage", "\xff", "/" * 99]
)
def test_whatever_is_asked_for_it_is_json(client, path, accept):
    answer = client.get(path, **({} if accept is None else {"HTTP_ACCEPT": accept}))
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/json")


@pytest.mark.parametrize("path", BOTH)
def test_no_header_and_no_parameter_upsets_it(client, path):
    for header in (
        "AUTHORIZATION",
        "COOKIE",
        "IF_MODIFIED_SINCE",
        "IF_MATCH",
        "IF_UNMODIFIED_SINCE",
        "RANGE",
        "ORIGIN",
    ):
        for value in ("", "\x00", "\xff\xfe", "x" * 9_000, "Bearer x", "Basic x", "bytes=0-", '"x"'):
            answer = client.get(path, **{f"HTTP_{header}": value})
            assert answer.status_code in {200, 412}, (header, value)
    for query in ("?format=xml", "?kid=x", "?%00", "?%ff=%ff", "?" + "a=b&" * 2_000):
        assert client.get(path + query).status_code in {200, 400}


@pytest.mark.parametrize("path", BOTH)
def test_it_wants_no_credentials_and_no_throttle_holds_it_up(path, settings):
    settings.REST_FRAMEWORK = {
        **settings.REST_FRAMEWORK,
        "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAdminUser"],
        "DEFAULT_THROTTLE_CLASSES": ["rest_framework.throttling.AnonRateThrottle"],
        "DEFAULT_THROTTLE_RATES": {"anon": "1/day"},
    }
    for _ in range(3):
        assert Client().get(path).status_code == 200


@pytest.mark.parametrize("path", BOTH)
def test_a_body_is_bounded_here_too(client, path):
    answer = client.generic("GET", path, b"x" * 10_000_000, "application/json")
    assert answer.status_code == 413
    assert answer.json()["code"] == "payload_too_large"


def test_while_the_database_does_not_answer_an_error_is_not_kept(client, monkeypatch):
    from django.db import OperationalError

    def fail(*, now):
        raise OperationalError("away")

    monkeypatch.setattr(keys, "jwks", fail)
    answer = client.get(JWKS)
    assert (answer.status_code, answer["Cache-Control"]) == (503, "no-store")
    assert int(answer["Retry-After"]) >= 1


def test_the_metadata_are_complete_and_honest(client):
    assert client.get(METADATA).json() == {
        "issuer": "http://testserver",
        "jwks_uri": "http://testserver/.well-known/jwks.json",
        "token_endpoint": "http://testserver/token/",
        "introspection_endpoint": "http://testserver/introspect/",
        "revocation_endpoint": "http://testserver/revoke/",
        "keyturn_refresh_endpoint": "http://testserver/token/refresh/",
        "keyturn_revocations_endpoint": "http://testserver/revocations/",
        "response_types_supported": [],
        "token_endpoint_auth_methods_supported": ["none"],
        "introspection_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "revocation_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "dpop_signing_alg_values_supported": ["ES256"],
    }


def test_every_endpoint_that_is_named_exists(client):
    for name, url in client.get(METADATA).json().items():
        if name.endswith(("_endpoint", "_uri")):
            assert client.options(url.removeprefix("http://testserver")).status_code != 404, name


def test_the_issuer_is_the_one_in_the_tokens(client, settings, user):
    from keyturn.sessions.client import Client as Caller
    from keyturn.tokens.issuing import issue_pair
    from tests.bad_input.forgery import claims_of

    for keyturn, simple_jwt, issuer in (
        ({"TOKEN_ISSUER": "https://auth.example"}, {}, "https://auth.example"),
        ({}, {"ISSUER": "https://auth.example/"}, "https://auth.example/"),
        ({"TOKEN_ISSUER": "https://a.example"}, {"ISSUER": "https://b.example"}, "https://b.example"),
    ):
        settings.KEYTURN, settings.SIMPLE_JWT = keyturn, simple_jwt
        token = issue_pair(user=user, now=utc_now(), client=Caller()).access
        found = client.get(METADATA).json()
        assert found["issuer"] == issuer == claims_of(token)["iss"]
        assert found["jwks_uri"] == issuer.rstrip("/") + JWKS


def test_an_issuer_that_is_no_address_leaves_the_endpoints_where_they_are(client, settings):
    settings.SIMPLE_JWT = {"ISSUER": "my shop"}
    found = client.get(METADATA).json()
    assert (found["issuer"], found["jwks_uri"]) == ("my shop", f"http://testserver{JWKS}")


def test_no_host_but_ours_gets_into_it(client):
    for host in ("evil.example", "testserver@evil.example", "a b", "\xff"):
        assert client.get(METADATA, HTTP_HOST=host).status_code == 400


def test_under_a_prefix_the_documents_can_stand_at_the_root_too(client, settings):
    settings.ROOT_URLCONF = "tests.standards.prefixed_urls"
    found = client.get(METADATA).json()
    assert found["token_endpoint"] == "http://testserver/api/v1/auth/token/"
    assert found["revocation_endpoint"] == "http://testserver/api/v1/auth/revoke/"
    assert found["jwks_uri"] == f"http://testserver{JWKS}"
    for path in BOTH:
        assert client.get(path).status_code == client.get(f"/api/v1/auth{path}").status_code == 200


def test_what_the_project_does_not_have_is_not_named(client, settings):
    settings.ROOT_URLCONF = "keyturn.well_known_urls"
    found = client.get(METADATA).json()
    assert [name for name in found if name.endswith("_endpoint")] == []
    assert found["jwks_uri"] == f"http://testserver{JWKS}"
