"""A service made on the command line talks to a real server: credentials, HEAD, other origins, bytes on a socket."""

import base64
import json
import re
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.bad_input.live import Live, serve, status_of
from tests.server.running import PRODUCTION, ask, keyturn
from tests.standards.conftest import basic

pytestmark = pytest.mark.server

JWKS = "/.well-known/jwks.json"
METADATA = "/.well-known/oauth-authorization-server"
_FORM = "Content-Type: application/x-www-form-urlencoded"


@pytest.fixture(scope="module", params=["development", "production"])
def live(request, tmp_path_factory, db_vendor) -> Iterator[Live]:
    directory = tmp_path_factory.mktemp("live")
    env = {"KEYTURN_DEBUG": "1"} if request.param == "development" else dict(PRODUCTION)
    with ExitStack() as stack:
        database = f"sqlite:///{directory / 'live.sqlite3'}"
        if db_vendor == "postgres":
            database = stack.enter_context(request.getfixturevalue("postgres_server").new_database())
        yield stack.enter_context(serve(directory, database, env))


@pytest.fixture(scope="module")
def authorization(live, tmp_path_factory) -> str:
    """The header of a service that may do everything."""
    words = [word for scope in ("introspect", "revoke", "revocations", "metrics") for word in ("--scope", scope)]
    env = {**PRODUCTION, "DATABASE_URL": live.database}
    made = keyturn("clients", "create", "billing", *words, directory=tmp_path_factory.mktemp("cli"), env=env)
    assert made.returncode == 0, made.stderr
    found = re.fullmatch(r"client_id=(\S+)\nclient_secret=(\S+)\n", made.stdout)
    assert found
    assert found[2] not in made.stderr
    return f"Authorization: {basic(found[1], found[2])}"


def _json(answer):
    return json.loads(answer.partition(b"\r\n\r\n")[2])


def test_a_token_is_introspected_revoked_and_told_of(live, authorization):
    live.log_in()
    first = _json(live.http("GET", "/revocations/", authorization))
    body = f"token={live.access}".encode()
    told = _json(live.http("POST", "/introspect/", authorization, _FORM, body=body))
    assert (told["active"], told["username"]) == (True, "ada")

    assert _json(live.http("POST", "/revoke/", authorization, _FORM, body=body)) == {}

    assert _json(live.http("POST", "/introspect/", authorization, _FORM, body=body)) == {"active": False}
    since = _json(live.http("GET", f"/revocations/?after={first['cursor']}", authorization))
    assert [one["sid"] for one in since["sessions"]] == [told["sid"]]
    live.log_in()


@pytest.mark.parametrize("path", [JWKS, METADATA])
def test_the_documents_can_be_read_from_anywhere_and_kept(live, path):
    got = ask(live.server.port, "GET", path, origin="https://anywhere.example")
    assert got.status == 200
    assert got.headers["access-control-allow-origin"] == "*"
    assert got.headers["cache-control"] == "public, max-age=300"
    again = ask(live.server.port, "GET", path, if_none_match=got.headers["etag"])
    assert (again.status, again.body) == (304, b"")
    head = live.http("HEAD", path)
    assert status_of(head) == 200
    assert head.endswith(b"\r\n\r\n")
    assert f"content-length: {len(got.body)}".encode() in head.lower()


def test_the_metadata_name_the_public_address(live):
    found = _json(live.http("GET", METADATA))
    assert found["jwks_uri"] == found["issuer"] + JWKS
    assert found["introspection_endpoint"] == found["issuer"] + "/introspect/"


_HEADERS = {
    "nothing": [],
    "bytes": ["Authorization: Basic \xff\xfe"],
    "invalid UTF-8": ["Authorization: Basic " + base64.b64encode(b"\xff:\xfe").decode()],
    "a NUL in the id": ["Authorization: Basic " + base64.b64encode(b"ktc-\x00:x").decode()],
    "an encoded NUL": ["Authorization: Basic " + base64.b64encode(b"ktc-%00:x").decode()],
    "60,000 letters": ["Authorization: Basic " + "x" * 60_000],
    "a scheme alone": ["Authorization: Basic"],
    "twice": ["{good}", "{good}"],
    "and a bearer token": ["{good}", "Authorization: Bearer x"],
    "a bearer token": ["Authorization: Bearer {access}"],
}


@pytest.mark.parametrize("lines", _HEADERS.values(), ids=_HEADERS)
def test_credentials_that_are_none_are_refused(live, authorization, lines):
    sent = [line.replace("{good}", authorization).replace("{access}", live.access) for line in lines]
    with live.unharmed():
        for method, path in (("POST", "/introspect/"), ("POST", "/revoke/"), ("GET", "/revocations/")):
            answer = live.http(method, path, _FORM, *sent, body=b"token=x" if method == "POST" else b"")
            if lines and len(lines[0]) > 50_000 and status_of(answer) in {0, 431}:
                continue  # the server in front of Django may refuse so long a header
            assert status_of(answer) == 401
            assert live.refusal(answer)["error"] == "invalid_client"
            assert b'www-authenticate: Basic realm="api"' in answer.replace(b"WWW-Authenticate", b"www-authenticate")


_BODIES = {
    "bytes": b"token=" + bytes(range(128, 256)),
    "percent": b"token=%ff%00%",
    "a NUL": b"token=\x00",
    "nothing": b"",
    "separators": b"&" * 60_000,
    "100 times": b"token=x&" * 100,
}


@pytest.mark.parametrize("body", _BODIES.values(), ids=_BODIES)
def test_no_form_upsets_it(live, authorization, body):
    with live.unharmed():
        for path in ("/introspect/", "/revoke/"):
            assert status_of(live.http("POST", path, authorization, _FORM, body=body)) in {200, 400}


@pytest.mark.parametrize("chunked", [False, True], ids=["with a length", "chunked"])
def test_ten_megabytes_are_refused(live, authorization, chunked):
    body = b"token=" + b"x" * 10_000_000
    lines = [authorization, _FORM]
    if chunked:
        lines.append("Transfer-Encoding: chunked")
        body = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
    with live.unharmed():
        answer = live.http("POST", "/introspect/", *lines, body=body, length=not chunked)
        # A client that is still sending may find the connection reset before it reads the answer.
        if answer:
            assert live.refusal(answer)["code"] == "payload_too_large"


@pytest.mark.parametrize("after", ["%00", "%ff", "A" * 5_000, "../../etc/passwd", "1%20OR%201=1"])
def test_no_cursor_upsets_it(live, authorization, after):
    with live.unharmed():
        answer = live.http("GET", f"/revocations/?after={after}", authorization)
        assert status_of(answer) == 400
        assert live.refusal(answer)["code"] in {"cursor_malformed", "nul_byte"}


def test_nothing_secret_was_printed(live, authorization):
    output = live.server.output()
    assert authorization.rpartition(" ")[2] not in output
    assert "kts_" not in output
    assert live.access not in output
