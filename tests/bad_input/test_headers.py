"""Request headers that make no sense: media types, charsets, lengths, credentials."""

import pytest
from rest_framework.throttling import BaseThrottle

from keyturn.api.base import KeyturnView
from tests.bad_input.catalogue.headers import ACCEPTS, CHARSETS, CREDENTIALS, LENGTHS, MEDIA_TYPES
from tests.bad_input.doors import BODY_DOORS, DOORS, refusal, unchanged

_BEARER_DOORS = {name: door for name, door in DOORS.items() if door.bearer}
_THROTTLED_DOORS = {name: door for name, door in DOORS.items() if not door.service}


@pytest.mark.parametrize("media_type", MEDIA_TYPES, ids=lambda text: repr(text[:40]))
def test_a_body_of_a_media_type_that_is_not_read_is_refused(world, media_type):
    with unchanged():
        for door in BODY_DOORS.values():
            response = world.send(door, content_type=media_type)
            assert refusal(response)["code"] == "unsupported_media_type"
            assert response.status_code == 415


@pytest.mark.parametrize("charset", CHARSETS)
@pytest.mark.parametrize(
    "media_type", ["application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]
)
def test_a_charset_that_is_none_of_the_webs_is_refused(world, media_type, charset):
    with unchanged():
        for door in DOORS.values():
            response = world.send(door, b"a=b", f"{media_type}; charset={charset}")
            assert refusal(response)["code"] == "unsupported_media_type"
            assert response.status_code == 415


@pytest.mark.parametrize("charset", ["utf-8", "UTF8", "us-ascii", "iso-8859-1", '"utf-8"', "no-such-charset"])
@pytest.mark.parametrize("door", BODY_DOORS.values(), ids=BODY_DOORS)
def test_a_charset_that_is_known_or_that_nobody_knows_changes_nothing(world, door, charset):
    assert world.send(door, content_type=f"application/json; charset={charset}").status_code in {200, 205}


@pytest.mark.parametrize("length", LENGTHS.values(), ids=LENGTHS)
def test_an_impossible_content_length_is_refused(world, length):
    with unchanged():
        for door in DOORS.values():
            response = world.send(door, CONTENT_LENGTH=length)
            refusal(response)
            assert response.status_code == (413 if length.isdecimal() and length.isascii() else 400)


@pytest.mark.parametrize("length", ["0", "1", "20"])
def test_a_content_length_that_cuts_the_body_off_is_refused(world, length):
    with unchanged():
        for door in BODY_DOORS.values():
            response = world.send(door, CONTENT_LENGTH=length)
            assert refusal(response)["code"] in {"parse_error", "invalid"}
            assert response.status_code == 400


@pytest.mark.parametrize("accept", ACCEPTS.values(), ids=ACCEPTS)
def test_an_answer_that_nobody_can_give_is_refused_in_json(world, accept):
    with unchanged():
        for door in DOORS.values():
            response = world.send(door, HTTP_ACCEPT=accept)
            assert refusal(response)["code"] == "not_acceptable"
            assert response.status_code == 406


@pytest.mark.parametrize("accept", [None, "*/*", "application/json", "application/*;q=0.1", "text/html, */*;q=0.1"])
@pytest.mark.parametrize("door", DOORS.values(), ids=DOORS)
def test_json_is_given_to_whoever_can_take_it(world, door, accept):
    assert world.send(door, HTTP_ACCEPT=accept).status_code in {200, 204, 205}


@pytest.mark.parametrize("wanted", ["xml", "api", "%00", "%ff", "x" * 9_000], ids=["xml", "api", "NUL", "byte", "long"])
def test_a_format_that_nobody_can_give_is_refused_in_json(world, wanted):
    with unchanged():
        for door in DOORS.values():
            assert refusal(world.send(door, query=f"?format={wanted}"))["code"] == "not_found"


@pytest.mark.parametrize("credentials", CREDENTIALS.values(), ids=CREDENTIALS)
def test_anything_but_one_bearer_token_is_refused(world, credentials):
    value = None if credentials is None else credentials.replace("%s", world.access)
    with unchanged():
        for door in _BEARER_DOORS.values():
            response = world.send(door, HTTP_AUTHORIZATION=value)
            refused = refusal(response)
            assert response.status_code == 401
            told = refused["code"] in {"token_not_valid", "bad_authorization_header"}
            assert ("reason" in refused) is told
            assert ("error=" in response.headers["WWW-Authenticate"]) is told


@pytest.mark.parametrize("scheme", ["bearer", "BEARER", "bEaReR"])
@pytest.mark.parametrize("door", _BEARER_DOORS.values(), ids=_BEARER_DOORS)
def test_the_case_of_the_scheme_does_not_matter(world, door, scheme):
    response = world.send(door, HTTP_AUTHORIZATION=f"{scheme}  {world.access} ")
    assert response.status_code in {200, 204, 205}


@pytest.mark.parametrize("header", ["USER_AGENT", "X_FORWARDED_FOR", "ACCEPT_LANGUAGE", "COOKIE", "ORIGIN", "REFERER"])
@pytest.mark.parametrize(
    "value",
    ["", "\x00", "\xff\xfe", "x" * 100_000, ",;=", "%00%ff", "\xed\xa0\x80"],
    ids=["empty", "NUL", "bytes", "long", "separators", "percent", "surrogate"],
)
def test_no_other_header_upsets_anything(world, settings, header, value):
    settings.KEYTURN = {**settings.KEYTURN, "TRUSTED_PROXIES": ["127.0.0.1"]}
    for name in ("token", "sliding", "verify", "sliding refresh", "sessions", "refresh", "logout"):
        assert world.send(DOORS[name], **{f"HTTP_{header}": value}).status_code in {200, 205}


class Never(BaseThrottle):
    """A throttle that says no, and not until when."""

    def allow_request(self, request, view):
        return False


@pytest.mark.parametrize("door", _THROTTLED_DOORS.values(), ids=_THROTTLED_DOORS)
def test_a_throttle_that_knows_no_time_still_says_when_to_come_back(world, monkeypatch, door):
    monkeypatch.setattr(KeyturnView, "throttle_classes", (Never,))
    with unchanged():
        response = world.send(door)
        assert refusal(response)["code"] == "throttled"
    assert response.status_code == 429
    assert int(response.headers["Retry-After"]) >= 1
