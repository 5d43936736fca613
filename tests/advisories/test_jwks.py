"""Keys fetched from a URL (``SIMPLE_JWT["JWK_URL"]``), from a real server on loopback."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from django.core.exceptions import ImproperlyConfigured

from keyturn import conf, keys
from keyturn.clock import utc_now
from keyturn.errors import Reason, RefusedError, UnavailableError
from keyturn.jose import Expectation, verify

_CLAIMS = {"exp": 4_000_000_000, "user_id": "1", "jti": "a", "token_type": "access"}


class KeyServer:
    """Serves one JWK set, and can stop doing so.

    Args:
        key: the private key whose public half is served.
    """

    def __init__(self, key: rsa.RSAPrivateKey) -> None:
        self.key = key
        self.status = 200
        self.asked = 0
        jwk = json.loads(jwt.get_algorithm_by_name("RS256").to_jwk(key.public_key()))
        self._document = json.dumps({"keys": [{**jwk, "kid": "one", "alg": "RS256", "use": "sig"}]}).encode()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.asked += 1
                self.send_response(outer.status)
                self.send_header("Content-Type", "application/json")
                self.end_headers()
                self.wfile.write(outer._document if outer.status == 200 else b"")

            def log_message(self, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/jwks.json"
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def stop(self) -> None:
        """Stop serving and free the port."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def key_server(settings) -> Iterator[KeyServer]:
    server = KeyServer(rsa.generate_private_key(65537, 2048))
    settings.SIMPLE_JWT = {"ALGORITHM": "RS256", "JWK_URL": server.url}
    yield server
    server.stop()


def _check(token):
    return verify(token, keys.access_keys(now=utc_now()), now=0, expect=Expectation())


def _signed(key, algorithm="RS256", kid="one"):
    return jwt.encode(_CLAIMS, key, algorithm=algorithm, headers={"kid": kid})


def test_ghsa_jq35_7prp_9v3f_the_keys_algorithm_counts_and_not_the_headers(key_server):
    """PyJWT below 2.13.0 compared the allowed algorithms with the header and then used the one of the fetched key."""
    assert _check(_signed(key_server.key)) == _CLAIMS
    for other in ("RS512", "PS256"):
        with pytest.raises(RefusedError) as refused:
            _check(_signed(key_server.key, other))
        assert refused.value.reason is Reason.BAD_SIGNATURE


def test_ghsa_fhv5_28vv_h8m8_an_outage_does_not_lose_the_keys_that_are_known(key_server):
    """PyJWT below 2.13.0 emptied its cache of keys when fetching failed once: anyone with an unknown ``kid`` could
    bring that about, and from then on every token was refused."""
    assert _check(_signed(key_server.key)) == _CLAIMS
    keys.access_keys(now=utc_now()).remote._client.cooldown_duration = 0  # type: ignore[union-attr]
    key_server.status = 503
    for kid in ("two", "three"):
        with pytest.raises(UnavailableError):
            _check(_signed(key_server.key, kid=kid))
    assert key_server.asked == 3
    assert _check(_signed(key_server.key)) == _CLAIMS


def test_the_key_server_is_not_asked_for_each_unknown_name(key_server):
    """The same advisory, from the other side: forged names must not become requests to somebody else."""
    assert _check(_signed(key_server.key)) == _CLAIMS
    for number in range(20):
        with pytest.raises(RefusedError):
            _check(_signed(key_server.key, kid=f"forged {number}"))
    assert key_server.asked <= 2


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "ftp://127.0.0.1/keys", "data:application/json,{}", "/etc/passwd"]
)
def test_ghsa_993g_76c3_p5m4_keys_come_over_http_only(settings, url):
    """PyJWT below 2.13.0 opened whatever URL it was given, files on the server's own disk too."""
    settings.SIMPLE_JWT = {"ALGORITHM": "RS256", "JWK_URL": url}
    with pytest.raises(ImproperlyConfigured, match="JWK_URL"):
        conf.get()
