"""Bodies as forms, urlencoded and multipart: good ones work, malformed ones are refused."""

from urllib.parse import quote_from_bytes, urlencode

import pytest

from tests.bad_input.catalogue.forms import (
    BAD_BOUNDARIES,
    BAD_MULTIPART,
    BAD_URLENCODED,
    BOUNDARY,
    MULTIPART,
    URLENCODED,
    part,
)
from tests.bad_input.doors import BODY_DOORS, PASSWORD, refusal, unchanged


def _multipart(body, **options):
    return b"".join(part(name, text.encode(), **options) for name, text in body.items()) + f"--{BOUNDARY}--".encode()


@pytest.mark.parametrize("door", BODY_DOORS.values(), ids=BODY_DOORS)
def test_an_urlencoded_form_works(world, door):
    assert world.send(door, urlencode(world.body(door)).encode(), URLENCODED).status_code in {200, 205}


@pytest.mark.parametrize("door", BODY_DOORS.values(), ids=BODY_DOORS)
def test_a_multipart_form_works(world, door):
    assert world.send(door, _multipart(world.body(door)), MULTIPART).status_code in {200, 205}


@pytest.mark.parametrize("charset", ["utf-8", "iso-8859-1"])
def test_a_form_is_read_in_the_charset_that_it_names(world, django_user_model, charset):
    django_user_model.objects.create_user("zoë", password="geheim ü")
    body = "&".join(
        f"{name}={quote_from_bytes(text.encode(charset))}"
        for name, text in (("username", "zoë"), ("password", "geheim ü"))
    )
    response = world.send(BODY_DOORS["token"], body.encode(), f"{URLENCODED}; charset={charset}")
    assert response.status_code == 200


@pytest.mark.parametrize("body", BAD_URLENCODED.values(), ids=BAD_URLENCODED)
def test_a_malformed_urlencoded_form_is_refused(world, body):
    with unchanged():
        for door in BODY_DOORS.values():
            response = world.send(door, body, URLENCODED)
            refusal(response)
            assert response.status_code == 400


@pytest.mark.parametrize("value", ["", "+", "%00", "%ff%fe", "%ed%a0%80", "%", "%zz", "%u0041", "x" * 60_000, "a&a=b"])
def test_a_field_with_a_wrong_value_is_refused(world, value):
    with unchanged():
        for door in BODY_DOORS.values():
            for field in door.fields:
                rest = {name: text for name, text in world.body(door).items() if name != field}
                refused = refusal(world.send(door, f"{urlencode(rest)}&{field}={value}".encode(), URLENCODED))
                assert field in refused or "reason" in refused


@pytest.mark.parametrize("body", BAD_MULTIPART.values(), ids=BAD_MULTIPART)
def test_a_malformed_multipart_form_is_refused(world, body):
    with unchanged():
        for door in BODY_DOORS.values():
            response = world.send(door, body, MULTIPART)
            refusal(response)
            assert response.status_code in {400, 401}


@pytest.mark.parametrize("media_type", BAD_BOUNDARIES.values(), ids=BAD_BOUNDARIES)
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
            assert set(door.fields) <= set(refusal(world.send(door, form, MULTIPART)))


def test_a_password_is_taken_verbatim_in_every_kind_of_body(world):
    login = BODY_DOORS["token"]
    assert PASSWORD.strip() != PASSWORD
    trimmed = {"username": "ada", "password": PASSWORD.strip()}
    for data, content_type in ((urlencode(trimmed).encode(), URLENCODED), (_multipart(trimmed), MULTIPART)):
        with unchanged():
            assert refusal(world.send(login, data, content_type))["reason"] == "bad_credentials"


@pytest.mark.parametrize(
    "password", [" ", "\t", "\u3000", "a\nb", "\uff46\uff55\uff4c\uff4c", "é", "e\u0301", "\u200b", "x" * 4_095]
)
def test_a_strange_password_is_the_one_that_was_set_and_no_other(world, django_user_model, password):
    django_user_model.objects.create_user("eve", password=password)
    body = {"username": "eve", "password": password}
    login = BODY_DOORS["token"]
    for data, content_type in ((urlencode(body).encode(), URLENCODED), (_multipart(body), MULTIPART)):
        assert world.send(login, data, content_type).status_code == 200
    with unchanged():
        refusal(world.send(login, urlencode({**body, "password": f"{password} "}).encode(), URLENCODED))
