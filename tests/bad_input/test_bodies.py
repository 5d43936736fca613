"""JSON bodies that are no JSON, no object, or hold the wrong things."""

import json

import pytest

from tests.bad_input.catalogue.bodies import NO_OBJECT, TOO_LARGE, UNREADABLE, WRONG_VALUES
from tests.bad_input.doors import BODY_DOORS, DOORS, refusal, unchanged


@pytest.mark.parametrize("body", UNREADABLE.values(), ids=UNREADABLE)
def test_an_unreadable_body_is_refused_everywhere(world, body):
    with unchanged():
        for door in DOORS.values():
            response = world.send(door, body)
            assert refusal(response)["code"] == "parse_error"
            assert response.status_code == 400


@pytest.mark.parametrize("body", TOO_LARGE.values(), ids=TOO_LARGE)
def test_a_body_that_is_too_large_is_refused_everywhere(world, body):
    with unchanged():
        for door in DOORS.values():
            response = world.send(door, body())
            assert refusal(response)["code"] == "payload_too_large"
            assert response.status_code == 413


@pytest.mark.parametrize("body", NO_OBJECT.values(), ids=NO_OBJECT)
def test_a_body_that_lacks_what_is_needed_is_refused(world, body):
    with unchanged():
        for door in BODY_DOORS.values():
            response = world.send(door, body)
            assert refusal(response)["code"] == "invalid"
            assert response.status_code == 400


@pytest.mark.parametrize("value", WRONG_VALUES.values(), ids=WRONG_VALUES)
def test_a_field_with_a_wrong_value_is_refused(world, value):
    with unchanged():
        for door in BODY_DOORS.values():
            for field in door.fields:
                good = {name: json.dumps(text) for name, text in world.body(door).items()}
                wrong = {**good, field: value.replace("%s", good[field])}
                body = "{" + ", ".join(f'"{name}": {text}' for name, text in wrong.items()) + "}"
                refused = refusal(world.send(door, body.encode()))
                assert field in refused or "reason" in refused


@pytest.mark.parametrize("added", ["\\u0000", "\\ud800", "\\udfff", "x", "."], ids=repr)
def test_a_good_value_with_something_added_is_refused(world, added):
    with unchanged():
        for door in BODY_DOORS.values():
            for field, text in world.body(door).items():
                body = json.dumps({**world.body(door), field: "@"})
                wrong = body.replace('"@"', json.dumps(text)[:-1] + added + '"')
                refused = refusal(world.send(door, wrong.encode()))
                assert field in refused or "reason" in refused


@pytest.mark.parametrize("door", BODY_DOORS.values(), ids=BODY_DOORS)
def test_what_else_a_body_holds_is_not_looked_at(world, door):
    more = {"is_superuser": True, "user_id": 1, "_connector": "OR 1=1", "request": {"a": []}, "backend": None}
    response = world.send(door, json.dumps({**more, **world.body(door)}).encode())
    assert response.status_code in {200, 205}


@pytest.mark.parametrize("door", DOORS.values(), ids=DOORS)
def test_the_same_requests_are_accepted_when_nothing_is_wrong_with_them(world, door):
    assert world.send(door).status_code in {200, 204, 205}
