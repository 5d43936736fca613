"""How a service says who it is: HTTP Basic, or fields of the body of a POST; never both, never a user's token."""

import base64
import json
from urllib.parse import quote_plus, urlencode

import pytest
from django.test import Client

from keyturn import clients
from keyturn.clock import utc_now
from tests.standards.conftest import basic, make_service, oauth_error

POSTS = ("/introspect/", "/revoke/")
ALL = [("POST", "/introspect/"), ("POST", "/revoke/"), ("GET", "/revocations/")]


def _send(method, path, header=None, body=b"", content_type="application/json"):
    extra = {} if header is None else {"HTTP_AUTHORIZATION": header}
    if method == "POST" and not body:
        body = b'{"token": "x"}'
    return Client().generic(method, path, body, content_type, **extra)


@pytest.mark.parametrize(("method", "path"), ALL)
def test_credentials_in_the_header_are_enough(service, method, path):
    for header in (service.header, service.header.replace("Basic", "bAsIc"), service.header.replace(" ", "  ")):
        assert _send(method, path, header).status_code == 200


@pytest.mark.parametrize(("method", "path"), ALL)
def test_the_two_halves_may_be_form_encoded(service, method, path):
    """RFC 6749 section 2.3.1, by a client that encodes more than it must."""
    halves = ["".join(f"%{byte:02x}" for byte in text.encode()) for text in (service.client_id, service.secret)]
    header = "Basic " + base64.b64encode(":".join(halves).encode()).decode()
    assert _send(method, path, header).status_code == 200


@pytest.mark.parametrize("path", POSTS)
def test_credentials_in_the_body_are_enough(service, path):
    body = {"token": "x", "client_id": service.client_id, "client_secret": service.secret}
    assert _send("POST", path, body=json.dumps(body).encode()).status_code == 200
    form = urlencode(body).encode()
    assert _send("POST", path, body=form, content_type="application/x-www-form-urlencoded").status_code == 200
    assert Client().post(path, body).status_code == 200  # multipart


def test_credentials_in_the_query_are_none(service):
    query = urlencode({"client_id": service.client_id, "client_secret": service.secret})
    for method, path in ALL:
        oauth_error(_send(method, f"{path}?{query}"), 401, "invalid_client")


def test_credentials_in_the_body_of_a_get_are_none(service):
    body = json.dumps({"client_id": service.client_id, "client_secret": service.secret}).encode()
    oauth_error(_send("GET", "/revocations/", body=body), 401, "invalid_client")


@pytest.mark.parametrize("path", POSTS)
def test_credentials_in_both_places_are_refused(service, path):
    for more in (
        {"client_id": service.client_id, "client_secret": service.secret},
        {"client_secret": service.secret},
        {"client_id": "ktc-another"},
    ):
        body = json.dumps({"token": "x", **more}).encode()
        oauth_error(_send("POST", path, service.header, body), 400, "invalid_request")
    # An id alone is no credential (RFC 6749 section 3.2.1).
    body = json.dumps({"token": "x", "client_id": service.client_id}).encode()
    assert _send("POST", path, service.header, body).status_code == 200


@pytest.mark.parametrize("path", POSTS)
def test_a_parameter_that_is_there_twice_is_refused(service, path):
    """RFC 6749 section 3.2."""
    for name in ("token", "token_type_hint", "client_id", "client_secret"):
        form = f"token=x&{name}=a&{name}=b".encode()
        answer = _send("POST", path, service.header, form, "application/x-www-form-urlencoded")
        oauth_error(answer, 400, "invalid_request")


def _b64(text):
    return "Basic " + base64.b64encode(text if isinstance(text, bytes) else text.encode()).decode()


def _headers(service, pair):
    """Everything that is no credential, or a wrong one."""
    client_id, secret = service.client_id, service.secret
    return {
        "nothing": None,
        "empty": "",
        "spaces": "   ",
        "the scheme alone": "Basic",
        "the scheme and a space": "Basic ",
        "no scheme": service.header.partition(" ")[2],
        "another scheme": service.header.replace("Basic", "Digest"),
        "no Base64": "Basic ***",
        "Base64 of something else": _b64("hello"),
        "no padding": service.header.rstrip("=")[:-1],
        "text behind": service.header + " x",
        "a comma": f"{service.header}, {service.header}",
        "two credentials": f"{service.header} {service.header}",
        "url-safe Base64": "Basic " + base64.urlsafe_b64encode(b"\xff\xfe\xff:\xff\xff").decode(),
        "no colon": _b64(f"{client_id}{secret}"),
        "only a colon": _b64(":"),
        "no id": _b64(f":{secret}"),
        "no secret": _b64(f"{client_id}:"),
        "a wrong secret": _b64(f"{client_id}:kts_wrong"),
        "a secret with a colon behind": _b64(f"{client_id}:{secret}:"),
        "the wrong way round": _b64(f"{secret}:{client_id}"),
        "spaces around": _b64(f" {client_id} : {secret} "),
        "an unknown id": _b64(f"ktc-nobody:{secret}"),
        "a NUL in the id": _b64(f"{client_id}\x00:{secret}"),
        "a NUL in the secret": _b64(f"{client_id}:{secret}\x00"),
        "an encoded NUL": _b64(f"{client_id}%00:{secret}"),
        "invalid UTF-8": _b64(client_id.encode() + b":\xff\xfe"),
        "encoded invalid UTF-8": _b64(f"{client_id}:%ff%fe"),
        "a surrogate in UTF-8": _b64(client_id.encode() + b":\xed\xa0\x80"),
        "latin-1": _b64("ktc-ü:ü".encode("latin-1")),
        "bytes": "Basic \xff\xfe",
        "SQL": _b64("' OR 1=1 --:x"),
        "a wildcard": _b64(f"ktc-%:{secret}"),
        "100,000 letters": _b64("x" * 100_000),
        "100,000 colons": _b64(":" * 100_000),
        "a user's access token": f"Bearer {pair.access}",
        "a user's refresh token": f"Bearer {pair.refresh}",
        "a user's access token as the secret": _b64(f"{client_id}:{pair.access}"),
        "a user's password": _b64("ada:correct horse battery staple"),
        "the secret as a bearer token": f"Bearer {secret}",
    }


@pytest.mark.parametrize(("method", "path"), ALL)
def test_anything_else_is_refused_in_one_form(service, pair, method, path):
    seen = set()
    for name, header in _headers(service, pair).items():
        body = oauth_error(_send(method, path, header), 401, "invalid_client")
        seen.add(json.dumps(body))
        assert service.secret not in json.dumps(body), name
    assert len(seen) == 1  # nothing tells an unknown client from a wrong secret


@pytest.mark.parametrize("path", POSTS)
def test_wrong_credentials_in_the_body_are_refused(service, path):
    good = {"client_id": service.client_id, "client_secret": service.secret}
    for name, value in good.items():
        for wrong in (None, "", "x", "\x00", "\ud800", [], ["x"], {}, {"a": 1}, 0, 1, True, 1.5, "x" * 60_000):
            body = json.dumps({"token": "x", **good, name: wrong}).encode()
            oauth_error(_send("POST", path, body=body), 401, "invalid_client")
        body = json.dumps({"token": "x", **good, name: [value]}).encode()
        oauth_error(_send("POST", path, body=body), 401, "invalid_client")


@pytest.mark.parametrize("path", POSTS)
@pytest.mark.parametrize("body", [b"[]", b"null", b"0", b'"x"', b'[{"token": "x"}]', b"{}"])
def test_who_sends_no_object_is_nobody(db, path, body):
    oauth_error(_send("POST", path, body=body), 401, "invalid_client")


@pytest.mark.parametrize(("method", "path"), ALL)
def test_a_disabled_client_is_nobody(service, method, path):
    clients.disable(service.client_id, now=utc_now())
    oauth_error(_send(method, path, service.header), 401, "invalid_client")


@pytest.mark.parametrize(
    ("method", "path", "scope"), [(*call, scope) for call, scope in zip(ALL, clients.SCOPES, strict=False)]
)
def test_each_endpoint_wants_its_own_scope(db, method, path, scope):
    others = [one for one in clients.SCOPES if one != scope]
    assert _send(method, path, make_service(scope).header).status_code == 200
    oauth_error(_send(method, path, make_service(*others).header), 403, "insufficient_scope")


def test_a_scope_is_a_whole_word(db):
    from keyturn.clients.models import ServiceClient

    service = make_service("introspect")
    ServiceClient.objects.update(scopes="introspection prevoke revoked")
    for method, path in ALL:
        oauth_error(_send(method, path, service.header), 403, "insufficient_scope")


@pytest.mark.parametrize(("method", "path"), ALL)
def test_a_wrong_method_is_told_so(service, method, path):
    for other in {"GET", "POST", "PUT", "PATCH", "DELETE", "TRACE"} - {method}:
        answer = _send(other, path, service.header)
        assert answer.status_code == 405
        assert method in answer["Allow"]
        assert answer.json()["code"] == "method_not_allowed"


def test_credentials_are_in_no_log(service, pair, whole_log):
    for header in (*_headers(service, pair).values(), service.header):
        _send("POST", "/introspect/", header)
    _send("POST", "/introspect/", _b64(f"{service.secret}:{service.client_id}"))
    assert service.secret not in whole_log.text
    assert quote_plus(service.secret) not in whole_log.text
    assert pair.access not in whole_log.text


def test_a_throttle_of_the_projects_does_not_hold_services_up(service, settings):
    settings.REST_FRAMEWORK = {
        **settings.REST_FRAMEWORK,
        "DEFAULT_THROTTLE_CLASSES": ["rest_framework.throttling.AnonRateThrottle"],
        "DEFAULT_THROTTLE_RATES": {"anon": "1/day"},
    }
    for _ in range(3):
        assert service.introspect("x") == {"active": False}


def test_the_header_is_what_the_rfc_says():
    assert basic("a:b", "c d") == "Basic " + base64.b64encode(b"a%3Ab:c+d").decode()


@pytest.mark.parametrize(("method", "path"), ALL)
def test_while_the_database_does_not_answer_nothing_is_decided(service, monkeypatch, method, path):
    from django.db import OperationalError

    def fail(*_):
        raise OperationalError("away")

    monkeypatch.setattr(clients, "authenticate", fail)
    answer = _send(method, path, service.header)
    oauth_error(answer, 503, "temporarily_unavailable", "unavailable")
    assert int(answer["Retry-After"]) >= 1


@pytest.mark.parametrize(("method", "path"), ALL)
def test_options_are_told_to_services_only(service, method, path):
    assert _send("OPTIONS", path, service.header).status_code == 200
    oauth_error(_send("OPTIONS", path), 401, "invalid_client")


@pytest.mark.parametrize(("method", "path"), ALL)
@pytest.mark.parametrize("accept", ["text/html", "text/html,*/*;q=0.1"])
def test_in_development_there_is_no_page_with_a_form(service, settings, method, path, accept):
    """A page would hold what a service is told of a token."""
    settings.DEBUG = True
    body = b'{"token": "x"}' if method == "POST" else b""
    answer = Client().generic(
        method, path, body, "application/json", HTTP_AUTHORIZATION=service.header, HTTP_ACCEPT=accept
    )
    assert answer.status_code == (200 if "*" in accept else 406)
    assert answer["Content-Type"] == "application/json"
