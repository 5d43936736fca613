"""What is no HTTP, or a body that is not as long as it says; and a few bodies for every endpoint."""

from typing import Final

__all__ = [
    "ACCEPTS",
    "BEARERS",
    "BODIES",
    "CHARSETS",
    "CHUNKS",
    "GOOD",
    "JSON",
    "LENGTHS",
    "NO_HTTP",
    "POSTS",
    "SESSIONS",
]

JSON: Final = "Content-Type: application/json"

GOOD: Final = b'{"token": "a.b.c"}'

# What the HTTP server in front of Django must refuse, or answer as it likes but not with a 5xx.
NO_HTTP: Final = {
    "no HTTP": b"hello\r\n\r\n",
    "nothing": b"",
    "a line break": b"\r\n\r\n",
    "NULs": b"\x00" * 1_000,
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 500,
    "HTTP/0.9": b"GET /sessions/\r\n\r\n",
    "HTTP/9.9": b"GET /sessions/ HTTP/9.9\r\nHost: localhost\r\n\r\n",
    "HTTP/2's preface": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "no host": b"GET /sessions/ HTTP/1.1\r\n\r\n",
    "two hosts": b"GET /sessions/ HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\nConnection: close\r\n\r\n",
    "a bare line feed": b"GET /sessions/ HTTP/1.1\nHost: localhost\n\n",
    "a folded header": b"GET /sessions/ HTTP/1.1\r\nHost: localhost\r\nX-A: b\r\n c\r\nConnection: close\r\n\r\n",
    "a space before the colon": b"GET /sessions/ HTTP/1.1\r\nHost : localhost\r\n\r\n",
    "a header without a colon": b"GET /sessions/ HTTP/1.1\r\nHost: localhost\r\nnothing\r\n\r\n",
    "a NUL in a header": b"GET /sessions/ HTTP/1.1\r\nHost: localhost\r\nX-A: \x00\r\n\r\n",
    "a NUL in the path": b"GET /sessions/\x00 HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "bytes in the path": b"GET /sessions/\xff\xfe/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
    "bytes in a header": b"GET /sessions/ HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer \xff\r\n\r\n",
    "a method in bytes": b"G\xcbT /sessions/ HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "a method of 10,000 letters": b"G" * 10_000 + b" / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "a path of 100,000 letters": b"GET /"
    + b"a" * 100_000
    + b" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
    "a header of 1 MB": b"GET / HTTP/1.1\r\nHost: localhost\r\nX-A: " + b"a" * 1_000_000 + b"\r\n\r\n",
    "10,000 headers": b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"X-A: b\r\n" * 10_000 + b"\r\n",
    "CONNECT": b"CONNECT 127.0.0.1:22 HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "an absolute address": b"GET http://evil.example/sessions/ HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "a star": b"OPTIONS * HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
}

LENGTHS: Final = {
    "a negative length": ["Content-Length: -1"],
    "a signed length": ["Content-Length: +18"],
    "a hexadecimal length": ["Content-Length: 0x12"],
    "a length that is a word": ["Content-Length: many"],
    "an empty length": ["Content-Length:"],
    "a length of 5,000 digits": ["Content-Length: " + "9" * 5_000],
    "a length of 2**64": [f"Content-Length: {2**64}"],
    "two lengths": ["Content-Length: 18", "Content-Length: 17"],
    "two lengths in one": ["Content-Length: 18, 17"],
    "a length and chunks": ["Content-Length: 18", "Transfer-Encoding: chunked"],
    "an unknown transfer coding": ["Transfer-Encoding: gzip"],
    "chunked twice": ["Transfer-Encoding: chunked, chunked"],
    "chunked and not": ["Transfer-Encoding: chunked", "Transfer-Encoding: identity"],
    "a length too long": ["Content-Length: 100"],
    "a length too short": ["Content-Length: 5"],
}

CHUNKS: Final = {
    "no size": b"\r\n\r\n",
    "a size that is a word": b"many\r\n",
    "a negative size": b"-1\r\nx\r\n0\r\n\r\n",
    "a size of 100 digits": b"f" * 100 + b"\r\nx\r\n0\r\n\r\n",
    "a size too long": b"ff\r\nx\r\n0\r\n\r\n",
    "no end": b"1\r\n{\r\n",
    "an extension of 100,000 letters": b"1;" + b"a" * 100_000 + b"\r\n{\r\n0\r\n\r\n",
    "trailers": b"1\r\n{\r\n0\r\nContent-Length: 0\r\nAuthorization: Bearer x\r\n\r\n",
}

BODIES: Final = {
    "bad JSON": b"{",
    "an array": b"[]",
    "null": b"null",
    "numbers": b'{"username": 1, "password": 2, "refresh": 3, "token": 4, "refresh_token": 5}',
    "objects": b'{"username": {}, "password": {}, "refresh": {}, "token": {}, "refresh_token": {}}',
    "NULs": b'{"username": "\\u0000", "password": "\\u0000", "refresh": "\\u0000", "token": "\\u0000"}',
    "surrogates": b'{"username": "\\ud800", "password": "\\ud800", "refresh": "\\ud800", "token": "\\ud800"}',
    "invalid UTF-8": b'{"refresh": "\xff"}',
    "a deep array": b"[" * 30_000 + b"]" * 30_000,
    "a long number": b'{"refresh": ' + b"9" * 5_000 + b"}",
    "a name twice": b'{"token": "a", "token": "b"}',
    "a forged token": b'{"refresh": "e30.e30.e30", "token": "e30.e30.e30", "refresh_token": "e30.e30.e30"}',
}

POSTS: Final = ["/token/", "/token/refresh/", "/token/verify/", "/token/blacklist/", "/token/sliding/", "/logout/"]

# Ids of sessions that are none.
SESSIONS: Final = [
    "/sessions/%00/",
    "/sessions/%ff/",
    "/sessions/..%2f..%2f/",
    "/sessions/" + "a" * 5_000 + "/",
    "/sessions/00000000-0000-0000-0000-000000000000/",
    "/sessions/%D9%A1%D9%A2/",
    "/sessions/%7B00000000-0000-0000-0000-000000000000%7D/",
    "/sessions/;DROP TABLE/".replace(" ", "%20"),
    "/sessions//",
]

# What stands where an access token should.
BEARERS: Final = ["", "x", "é.é.é", "." * 10_000, "a" * 16_385, "\x80\xff", "null", "{}"]

ACCEPTS: Final = ["garbage", "application/xml", "a/b;c*=bogus''%41", ",;,", "\xff", "x" * 10_000]

CHARSETS: Final = ["base64", "utf-7", "rot13", "undefined", "idna", "utf-16", "zlib", "%00", "\xff"]
