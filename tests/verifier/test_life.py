"""Beginning, forking, closing, and saying how it is; settings that contradict each other."""

import os
import subprocess
import sys
import textwrap
import threading
from pathlib import Path
from typing import Any

import pytest

from keyturn.errors import UnavailableError
from keyturn.verifier import Reason, RefusedError, Verifier, answer_to, bearer_token
from keyturn.verifier.transport import NoAnswerError, Transport, basic_credentials, checked_url
from keyturn.verifier.undecided import UndecidedError
from tests.verifier.fake import CLIENT

ISSUER = "https://auth.example.com"
CREDENTIALS: dict[str, Any] = {"client_id": "a", "client_secret": "b"}


def test_revocation_is_not_given_up_silently():
    with pytest.raises(ValueError, match=r"say feed=False.* only when its access token expires"):
        Verifier(ISSUER)
    with pytest.raises(ValueError, match="leave them out"):
        Verifier(ISSUER, feed=False, client_id="a")


@pytest.mark.parametrize(
    ("issuer", "options", "said"),
    [
        ("http://auth.example.com", {}, "https://"),
        ("http://127.0.0.1.example.com", {}, "https://"),
        ("http://10.0.0.1", {}, "https://"),
        ("ftp://auth.example.com", {}, "https://"),
        ("auth.example.com", {}, "no URL"),
        ("", {}, "no URL"),
        (None, {}, "no URL"),
        ("https://", {}, "no URL"),
        ("https://user:pw@auth.example.com", {}, "no URL"),
        ("https://auth.example.com/#a", {}, "no URL"),
        ("https://auth.example.com?a=b", {}, "no query"),
        ("https://auth.example.com\r\nX: y", {}, "no URL"),
        ("https://auth.example.com:99999", {}, "no URL"),
        (ISSUER, {"jwks_uri": "http://auth.example.com/"}, "jwks_uri must begin with https"),
        (ISSUER, {"introspection_uri": "file:///x"}, "introspection_uri"),
        (ISSUER, {"revocations_uri": "http://x/"}, "revocations_uri"),
        (ISSUER, {"audience": ""}, "audience"),
        (ISSUER, {"audience": []}, "audience"),
        (ISSUER, {"audience": ["a", ""]}, "audience"),
        (ISSUER, {"staleness": 0}, "staleness"),
        (ISSUER, {"poll_interval": -1}, "poll_interval"),
        (ISSUER, {"poll_interval": 1.0}, "shorter than staleness"),
        (ISSUER, {"timeout": 0}, "timeout"),
        (ISSUER, {"jwks_keep": float("nan")}, "jwks_keep"),
        (ISSUER, {"leeway": 61}, "leeway"),
        (ISSUER, {"leeway": -1}, "leeway"),
    ],
    ids=str,
)
def test_settings_that_cannot_be_meant_are_refused(issuer, options, said):
    with pytest.raises(ValueError, match=said):
        Verifier(issuer, **CREDENTIALS, **options)


@pytest.mark.parametrize(
    "url", ["http://localhost:8000", "http://127.0.0.1:1", "http://[::1]:1", "https://[2001:db8::1]"]
)
def test_plain_http_is_for_this_machine_only(url):
    assert checked_url(url, what="issuer") == url


def test_it_starts_at_the_first_token(keyturn):
    verifier = Verifier(keyturn.issuer, client_id=CLIENT[0], client_secret=CLIENT[1])
    assert keyturn.asked == {}
    assert verifier.verify(keyturn.token()).subject == "7"
    verifier.close()


def test_closing_ends_its_threads_even_where_they_wait(keyturn):
    keyturn.faults["revocations"] = "stall"
    before = set(threading.enumerate())
    with Verifier(keyturn.issuer, client_id=CLIENT[0], client_secret=CLIENT[1], timeout=60) as verifier:
        mine = {thread for thread in set(threading.enumerate()) - before if thread.name.startswith("keyturn-")}
        assert {thread.name for thread in mine} == {"keyturn-feed", "keyturn-jwks"}
    assert not any(thread.is_alive() for thread in mine)
    with pytest.raises(UnavailableError, match="closed"):
        verifier.verify(keyturn.token())
    assert verifier.status().trouble == ("the verifier was closed",)
    verifier.close()


def test_status_says_how_it_is(keyturn, verifier):
    verifier.verify(keyturn.token())
    status = verifier.status()
    assert status.ready
    assert status.feed
    assert status.lag is not None
    assert status.keys_age is not None
    assert status.keys == (keyturn.keys[0].kid,)
    assert (status.introspections, status.revoked, status.trouble) == (0, 0, ())


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_after_a_fork_the_child_begins_for_itself(keyturn, verifier):
    good, revoked = keyturn.token(), keyturn.token()
    assert verifier.verify(good).subject == "7"
    connections = keyturn.connections
    reading, writing = os.pipe()
    # In the hands of another thread at the moment of the fork, as it may well be.
    verifier._lock.acquire()
    child = os.fork()
    if child == 0:
        said = b"?"
        try:
            keyturn.revoked.clear()
            token = verifier.verify(good)
            fresh = verifier.status().lag is not None
            try:
                verifier.verify(revoked + "x")
            except RefusedError:
                said = b"fine" if token.subject == "7" and fresh else b"wrong"
        except BaseException as error:  # noqa: BLE001 - the parent is told
            said = repr(error).encode()
        finally:
            os.write(writing, said)
            os._exit(0)
    verifier._lock.release()
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        assert pipe.read() == b"fine"
    os.waitpid(child, 0)
    assert keyturn.connections > connections
    assert verifier.verify(good).subject == "7"


WITHOUT_DJANGO = """
import importlib.abc, sys

class Never(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"django", "rest_framework", "rest_framework_simplejwt", "psycopg", "granian"}:
            raise ImportError(f"{name} is not here")

sys.meta_path.insert(0, Never())
sys.path.insert(0, sys.argv[1])

from keyturn.verifier import AsyncVerifier, RefusedError, Verifier

issuer, client_id, secret, good, bad = sys.argv[2:]
with Verifier(issuer, audience="orders", client_id=client_id, client_secret=secret) as verifier:
    print(verifier.verify(good).subject)
    try:
        verifier.verify(bad)
    except RefusedError as error:
        print(error.reason.value)
    print(verifier.status().lag is not None)
print(sorted(name for name in sys.modules if name.startswith("django")))
"""


def test_it_works_where_importing_django_fails(keyturn, tmp_path):
    source = Path(__file__).parents[2] / "src"
    done = subprocess.run(
        [
            *(sys.executable, "-W", "error", "-c", textwrap.dedent(WITHOUT_DJANGO)),
            *(source, keyturn.issuer, *CLIENT, keyturn.token(), keyturn.token(exp=1)),
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd=tmp_path,
    )
    assert done.stderr == ""
    assert done.stdout.split("\n") == ["7", "expired", "True", "[]", ""]


@pytest.mark.parametrize(
    ("header", "token"),
    [
        (None, None),
        ("", None),
        ("Basic abc", None),
        ("Bearer abc", "abc"),
        ("bEARER  abc ", "abc"),
        ("Bearerabc", None),
    ],
    ids=repr,
)
def test_the_token_of_a_header(header, token):
    assert bearer_token(header) == token


@pytest.mark.parametrize("header", ["Bearer", "Bearer a b"])
def test_a_header_without_exactly_one_token(header):
    with pytest.raises(RefusedError) as caught:
        bearer_token(header)
    assert caught.value.reason is Reason.MALFORMED


def test_what_to_answer():
    refused = answer_to(RefusedError(Reason.SESSION_REVOKED, "in the feed"))
    assert refused.status == 401
    assert refused.body == {
        "detail": "Token is blacklisted",
        "code": "token_not_valid",
        "reason": "session_revoked",
    }
    assert refused.headers == {
        "WWW-Authenticate": 'Bearer realm="api", error="invalid_token", error_description="session_revoked"'
    }
    missing = answer_to(None)
    assert (missing.status, missing.headers) == (401, {"WWW-Authenticate": 'Bearer realm="api"'})
    assert "reason" not in missing.body
    unavailable = answer_to(UndecidedError("the database of secrets is on fire", retry_after=3))
    assert (unavailable.status, unavailable.headers) == (503, {"Retry-After": "3"})
    assert "fire" not in str(unavailable.body)


def test_credentials_are_encoded_as_the_standard_says():
    assert basic_credentials("a:b", "c d%") == "Basic YSUzQWI6YytkJTI1"


def test_an_untrusted_certificate_is_refused(tmp_path):
    """Against a server with a certificate of nobody's."""
    import socket
    import ssl

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*_certificate(tmp_path))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

        def serve():
            peer, _ = listener.accept()
            with pytest.raises((ssl.SSLError, OSError)), context.wrap_socket(peer, server_side=True):
                pass

        thread = threading.Thread(target=serve)
        thread.start()
        transport = Transport()
        with pytest.raises(NoAnswerError, match="certificate of localhost is not accepted"):
            transport.ask("GET", f"https://localhost:{port}/", timeout=10, limit=1000)
        transport.close()
        thread.join(30)


def _certificate(directory):
    import datetime as dt

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    (directory / "cert.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    (directory / "key.pem").write_bytes(key.private_bytes(encoding, form, serialization.NoEncryption()))
    return directory / "cert.pem", directory / "key.pem"
