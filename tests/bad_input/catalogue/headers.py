"""Request headers that make no sense: media types, charsets, lengths, credentials."""

from typing import Final

__all__ = ["ACCEPTS", "CHARSETS", "CREDENTIALS", "LENGTHS", "MEDIA_TYPES"]

MEDIA_TYPES: Final = [
    "text/plain",
    "text/html",
    "application/xml",
    "application/octet-stream",
    "application/x-www-form-urlencode",
    "application/jwt",
    "application",
    "/",
    ";",
    "garbage garbage",
    "application/json, application/json",
    "\xff\xfe",
    "x" * 9_000,  # Django itself reads 10,000
    "application/json;" * 2 + "x" * 9_000 + "/",
]

# Text encodings of Python's that are none of the web's, other codecs, and things that are neither.
CHARSETS: Final = [
    "base64",
    "utf-7",
    "utf-16",
    "utf-32",
    "rot13",
    "hex",
    "zlib",
    "bz2",
    "idna",
    "punycode",
    "undefined",
    "unicode_escape",
    "raw_unicode_escape",
    "cp037",
    "uu",
]

LENGTHS: Final = {
    "negative": "-1",
    "signed": "+20",
    "hexadecimal": "0x10",
    "a float": "1e1",
    "with a comma": "10, 10",
    "a superscript": "\xb2",
    "a word": "many",
    "5,000 digits": "9" * 5_000,
    "one too many": "65537",
}

ACCEPTS: Final = {
    "nothing": "",
    "HTML": "text/html",
    "XML": "application/xml",
    "an image": "image/*",
    "another JSON": "application/vnd.api+json",
    "garbage": "garbage",
    "separators": ",;,;=,",
    "a quality that is none": "text/html;q=high",
    "an encoding that does not exist": "text/html;charset*=bogus''%41",
    "an encoding with a NUL": "text/html;charset*=utf-8%00''%41",
    "bytes": "\xff\xfe/\xff",
    "10,000 slashes": "/" * 10_000,
    "5,000 types": ",".join(f"a/b{n}" for n in range(5_000)),
}

CREDENTIALS: Final = {
    "none": None,
    "empty": "",
    "spaces": "   ",
    "the scheme alone": "Bearer",
    "the scheme and a space": "Bearer ",
    "no scheme": "%s",
    "two tokens": "Bearer %s %s",
    "two credentials": "Bearer %s, Bearer %s",
    "two credentials without a space": "Bearer %s,Bearer %s",
    "a parameter": "Bearer token=%s",
    "quotes": 'Bearer "%s"',
    "angle brackets": "Bearer <%s>",
    "a colon": "Bearer: %s",
    "no space": "Bearer%s",
    "Basic": "Basic YWRhOnBhc3N3b3Jk",
    "Token": "Token %s",
    "JWT": "JWT %s",
    "DPoP": "DPoP %s",
    "Negotiate": "Negotiate %s",
    "bytes": "Bearer \xff\xfe\xfd",
    "a scheme in bytes": "B\xe9arer %s",
    "bytes behind the token": "Bearer %s\xa0",
    "a NUL": "Bearer %s\x00",
    "a template": "Bearer {token}",
    "undefined": "Bearer undefined",
    "null": "Bearer null",
    "dots": "Bearer ..",
    "100,000 letters": "Bearer " + "x" * 100_000,
    "100,000 words": "Bearer " + "x " * 50_000,
}
