"""Bodies as forms, urlencoded and multipart: good ones work, malformed ones are refused."""

from urllib.parse import quote_from_bytes, urlencode

import pytest

from tests.bad_input.doors import BODY_DOORS, PASSWORD, refusal, unchanged

_URLENCODED = "application/x-www-form-urlencoded"
_BOUNDARY = "limes"
_MULTIPART = f"multipart/form-data; boundary={_BOUNDARY}"


def _part(name, value, *, more="", headers=""):
    return (
        f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"{more}\r\n{headers}\r\n'.encode()
        + value
        + b"\r\n"
    )


def _multipart(body, **options):
    return b"".join(_part(name, text.encode(), **options) for name, text in body.items()) + f"--{_BOUNDARY}--".encode()


@pytest.mark.parametrize("door", BODY_DOORS.values(), ids=BODY_DOORS)
def test_an_urlencoded_form_works(world, door):
    assert world.send(door, urlencode(world.body(door)).encode(), _URLENCODED).status_code in {200, 205}


@pytest.mark.parametrize("door", BODY_DOORS.values(), ids=BODY_DOORS)
def test_a_multipart_form_works(world, door):
    assert world.send(door, _multipart(world.body(door)), _MULTIPART).status_code in {200, 205}


@pytest.mark.parametrize("charset", ["utf-8", "iso-8859-1"])
def test_a_form_is_read_in_the_charset_that_it_names(world, django_user_model, charset):
    django_user_model.objects.create_user("zoë", password="geheim ü")
    body = "&".join(
        f"{name}={quote_from_bytes(text.encode(charset))}"
        for name, text in (("username", "zoë"), ("password", "geheim ü"))
    )
    response = world.send(BODY_DOORS["token"], body.encode(), f"{_URLENCODED}; charset={charset}")
    assert response.status_code == 200


_BAD_URLENCODED = {
    "nothing": b"",
    "only separators": b"&&&;;;===",
    "no names": b"=a&=b",
    "1,001 fields": b"&".join(b"a%d=1" % n for n in range(1_001)),
    "60,000 separators": b"&" * 60_000,
    "percent without digits": b"%",
    "bytes": bytes(range(256)),
    "a JSON body": b'{"refresh": "x", "token": "x", "username": "x", "password": "x"}',
}

_BAD_MULTIPART = {
    "nothing": b"",
    "no parts": b"--limes--",
    "another boundary": b'--lemon\r\nContent-Disposition: form-data; name="refresh"\r\n\r\nx\r\n--lemon--',
    "a part without headers": b"--limes\r\n\r\nx\r\n--limes--",
    "a part without name": b"--limes\r\nContent-Disposition: form-data\r\n\r\nx\r\n--limes--",
    "a part in an unknown encoding": _part("refresh", b"x", headers="Content-Transfer-Encoding: rot13\r\n"),
    "broken base64": _part("refresh", b"x", headers="Content-Transfer-Encoding: base64\r\n") + b"--limes--",
    "a part of 60,000 bytes without end": _part("other", b"x" * 60_000),
    "1,001 parts": b"".join(_part(f"a{n}", b"1") for n in range(1_001))[:65_000],
    "a header of 60,000 bytes": b"--limes\r\nContent-Disposition: form-data; name=" + b"x" * 60_000,
    "a name with a NUL": _part("re\x00fresh", b"x") + b"--limes--",
    "bytes": bytes(range(256)) * 10,
}

_BAD_BOUNDARIES = {
    "none": "multipart/form-data",
    "an empty one": "multipart/form-data; boundary=",
    "one beyond ASCII": "multipart/form-data; boundary=\xfc\xff",
    "one with a line break's code": "multipart/form-data; boundary=a%0d%0ab",
    "one of 9,000 letters": "multipart/form-data; boundary=" + "x" * 9_000,  # Django itself reads 10,000
    "one in RFC 8187's notation": "multipart/form-data; boundary*=utf-8''limes",
    "one in quotes that do not end": 'multipart/form-data; boundary="limes',
    "one with a space": "multipart/form-data; boundary=li mes",
}


@pytest.mark.parametrize("body", _BAD_URLENCODED.values(), ids=_BAD_URLENCODED)
def test_a_malformed_urlencoded_form_is_refused(world, body):
    with unchanged():
        for door in BODY_DOORS.values():
            response = world.send(door, body, _URLENCODED)
            refusal(response)
            assert response.status_code == 400


@pytest.mark.parametrize("value", ["", "+", "%00", "%ff%fe", "%ed%a0%80", "%", "%zz", "%u0041", "x" * 60_000, "a&a=b"])
def test_a_field_with_a_wrong_value_is_refused(world, value):
    with unchanged():
        for door in BODY_DOORS.values():
            for field in door.fields:
                rest = {name: text for name, text in world.body(door).items() if name != field}
                refused = refusal(world.send(door, f"{urlencode(rest)}&{field}={value}".encode(), _URLENCODED))
                assert field in refused or "reason" in refused


@pytest.mark.parametrize("body", _BAD_MULTIPART.values(), ids=_BAD_MULTIPART)
def test_a_malformed_multipart_form_is_refused(world, body):
    with unchanged():
        for door in BODY_DOORS.values():
            response = world.send(door, body, _MULTIPART)
            refusal(response)
            assert response.status_code in {400, 401}


@pytest.mark.parametrize("media_type", _BAD_BOUNDARIES.values(), ids=_BAD_BOUNDARIES)
def test_a_bogus_boundary_is_refused(world, media_type):
    with unchanged():
        for door in BODY_DOORS.values():
            response = world.send(door, _multipart(dict.fromkeys(door.fields, "x")), media_type)
            refusal(response)
            assert response.status_code in {400, 401, 415}


@pytest.mark.parametrize("file_name", ["token.txt", "../../etc/passwd"])
def test_a_file_instead_of_a_field_is_refused(world, file_name):
    more, headers = f'; filename="{file_name}"', "Content-Type: text/plain\r\n"
    with unchanged():
        for door in BODY_DOORS.values():
            form = _multipart(world.body(door), more=more, headers=headers)
            assert set(door.fields) <= set(refusal(world.send(door, form, _MULTIPART)))


def test_a_password_is_taken_verbatim_in_every_kind_of_body(world):
    login = BODY_DOORS["token"]
    assert PASSWORD.strip() != PASSWORD
    trimmed = {"username": "ada", "password": PASSWORD.strip()}
    for data, content_type in ((urlencode(trimmed).encode(), _URLENCODED), (_multipart(trimmed), _MULTIPART)):
        with unchanged():
            assert refusal(world.send(login, data, content_type))["reason"] == "bad_credentials"


@pytest.mark.parametrize(
    "password", [" ", "\t", "\u3000", "a\nb", "\uff46\uff55\uff4c\uff4c", "é", "e\u0301", "\u200b", "x" * 4_095]
)
def test_a_strange_password_is_the_one_that_was_set_and_no_other(world, django_user_model, password):
    django_user_model.objects.create_user("eve", password=password)
    body = {"username": "eve", "password": password}
    login = BODY_DOORS["token"]
    for data, content_type in ((urlencode(body).encode(), _URLENCODED), (_multipart(body), _MULTIPART)):
        assert world.send(login, data, content_type).status_code == 200
    with unchanged():
        refusal(world.send(login, urlencode({**body, "password": f"{password} "}).encode(), _URLENCODED))
