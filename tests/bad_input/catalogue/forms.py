"""Forms, urlencoded and multipart, that are none."""

from typing import Final

__all__ = ["BAD_BOUNDARIES", "BAD_MULTIPART", "BAD_URLENCODED", "BOUNDARY", "MULTIPART", "URLENCODED", "part"]

URLENCODED: Final = "application/x-www-form-urlencoded"

BOUNDARY: Final = "limes"

MULTIPART: Final = f"multipart/form-data; boundary={BOUNDARY}"


def part(name: str, value: bytes, *, more: str = "", headers: str = "") -> bytes:
    """A field of a multipart form."""
    return (
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"{more}\r\n{headers}\r\n'.encode()
        + value
        + b"\r\n"
    )


BAD_URLENCODED: Final = {
    "nothing": b"",
    "only separators": b"&&&;;;===",
    "no names": b"=a&=b",
    "1,001 fields": b"&".join(b"a%d=1" % n for n in range(1_001)),
    "60,000 separators": b"&" * 60_000,
    "percent without digits": b"%",
    "bytes": bytes(range(256)),
    "a JSON body": b'{"refresh": "x", "token": "x", "username": "x", "password": "x"}',
}

BAD_MULTIPART: Final = {
    "nothing": b"",
    "no parts": b"--limes--",
    "another boundary": b'--lemon\r\nContent-Disposition: form-data; name="refresh"\r\n\r\nx\r\n--lemon--',
    "a part without headers": b"--limes\r\n\r\nx\r\n--limes--",
    "a part without name": b"--limes\r\nContent-Disposition: form-data\r\n\r\nx\r\n--limes--",
    "a part in an unknown encoding": part("refresh", b"x", headers="Content-Transfer-Encoding: rot13\r\n"),
    "broken base64": part("refresh", b"x", headers="Content-Transfer-Encoding: base64\r\n") + b"--limes--",
    "a part of 60,000 bytes without end": part("other", b"x" * 60_000),
    "1,001 parts": b"".join(part(f"a{n}", b"1") for n in range(1_001))[:65_000],
    "a header of 60,000 bytes": b"--limes\r\nContent-Disposition: form-data; name=" + b"x" * 60_000,
    "a name with a NUL": part("re\x00fresh", b"x") + b"--limes--",
    "bytes": bytes(range(256)) * 10,
}

BAD_BOUNDARIES: Final = {
    "none": "multipart/form-data",
    "an empty one": "multipart/form-data; boundary=",
    "one beyond ASCII": "multipart/form-data; boundary=\xfc\xff",
    "one with a line break's code": "multipart/form-data; boundary=a%0d%0ab",
    "one of 9,000 letters": "multipart/form-data; boundary=" + "x" * 9_000,  # Django itself reads 10,000
    "one in RFC 8187's notation": "multipart/form-data; boundary*=utf-8''limes",
    "one in quotes that do not end": 'multipart/form-data; boundary="limes',
    "one with a space": "multipart/form-data; boundary=li mes",
}
