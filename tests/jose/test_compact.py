"""The parts of a token have one spelling each, and what passes for one elsewhere is refused."""

import base64
import itertools
import json
import re
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keyturn.jose.compact import decoded, encoded, object_in, written

# A part of every kind: letters that end a group well and badly, the other alphabet's, padding, and what is no letter.
LETTERS = "AQgBEwz9-_+/=? \n\0.\x7f\u00e9\udc80"


def by_the_book(segment):
    """RFC 4648 section 5 and RFC 7515 section 2 in the plainest way, and canonical."""
    if not re.fullmatch(r"[A-Za-z0-9_-]*", segment, re.ASCII) or len(segment) % 4 == 1:
        return None
    found = base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4))
    return found if base64.urlsafe_b64encode(found).rstrip(b"=") == segment.encode() else None


def outcome(segment):
    try:
        return decoded(segment)
    except ValueError:
        return None


@pytest.mark.parametrize("length", range(5))
def test_every_short_text_is_decoded_or_refused_by_the_book(length):
    texts = ["".join(letters) for letters in itertools.product(LETTERS, repeat=length)]
    assert [text for text in texts if outcome(text) != by_the_book(text)] == []
    assert any(outcome(text) is not None for text in texts) is (length != 1)


@given(st.binary(max_size=200))
def test_bytes_come_back_as_they_were(data):
    assert encoded(data) == base64.urlsafe_b64encode(data).rstrip(b"=")
    assert decoded(encoded(data).decode()) == data


@given(st.binary(min_size=1, max_size=60), st.data())
def test_a_text_with_one_letter_changed_stands_for_other_bytes_or_for_none(data, draw):
    text = encoded(data).decode()
    place = draw.draw(st.integers(0, len(text) - 1))
    changed = text[:place] + draw.draw(st.sampled_from(LETTERS)) + text[place + 1 :]
    assert outcome(changed) == by_the_book(changed)
    assert changed == text or outcome(changed) != data


NOT_ONE_OBJECT = {
    "a name twice": b'{"a":1,"a":1}',
    "a name twice, deeper": b'{"a":{"b":1,"b":2}}',
    "a name twice, spelled in two ways": rb'{"a":1,"\u0061":2}',
    "no number": b'{"exp":NaN}',
    "no end": b'{"exp":Infinity}',
    "no end below": b'{"exp":-Infinity}',
    "a list": b"[]",
    "a text": b'"exp"',
    "nothing": b"",
    "null": b"null",
    "two objects": b"{}{}",
    "a rest": b'{"a":1}x',
    "UTF-16": '{"a":1}'.encode("utf-16"),
    "UTF-16 without a mark": '{"a":1}'.encode("utf-16-le"),
    "UTF-32": '{"a":1}'.encode("utf-32-be"),
    "a mark of order": b'\xef\xbb\xbf{"a":1}',
    "half a pair": '{"a":"\ud800"}'.encode("utf-8", "surrogatepass"),
    "Latin-1": '{"a":"\u00e9"}'.encode("latin-1"),
    "a number of many digits": b'{"a":' + b"9" * (sys.get_int_max_str_digits() + 1) + b"}",
}


@pytest.mark.parametrize("text", NOT_ONE_OBJECT.values(), ids=NOT_ONE_OBJECT)
def test_what_is_not_one_json_object_in_utf_8_is_refused(text):
    with pytest.raises(ValueError, match=r"."):
        object_in(text)


def test_an_object_in_an_object_a_thousand_times_over_ends_no_process():
    deep = 20_000
    with pytest.raises((ValueError, RecursionError)):
        object_in(b'{"a":' * deep + b"1" + b"}" * deep)


@given(st.dictionaries(st.text(), st.none() | st.booleans() | st.integers() | st.text() | st.lists(st.text())))
def test_an_object_is_written_as_python_writes_it_and_read_back(values):
    assert written(values) == json.dumps(values, separators=(",", ":")).encode()
    assert written(values, in_order=True) == json.dumps(values, separators=(",", ":"), sort_keys=True).encode()
    assert object_in(written(values)) == values
