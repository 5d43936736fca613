"""The text of a position: what one wrote reads back, and everything else is refused in one way."""

import base64
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keyturn.feed.cursor import SQLITE, Cursor, Snapshot

XIDS = st.integers(1, 2**62)
MOMENTS = st.integers(0, 2**45).map(lambda milliseconds: milliseconds / 1_000)
IDENTITIES = st.just("6b016b0f-00000001-5-64a9")


@st.composite
def snapshots(draw):
    xmin = draw(XIDS)
    width = draw(st.integers(0, 5_000))
    still_open = draw(st.sets(st.integers(0, width - 1), max_size=300)) if width else set()
    return Snapshot(xmin, xmin + width, tuple(xmin + offset for offset in sorted(still_open)))


CURSORS = st.one_of(
    st.builds(Cursor, IDENTITIES, MOMENTS, base=snapshots()),
    st.builds(Cursor, IDENTITIES, MOMENTS, base=snapshots(), upcoming=snapshots(), last=st.integers(0, 2**62)),
    st.builds(Cursor, IDENTITIES, MOMENTS, upcoming=snapshots(), last=st.integers(0, 2**62), horizon=MOMENTS),
    st.builds(Cursor, st.just(SQLITE), MOMENTS),
    st.builds(
        Cursor,
        st.just(SQLITE),
        MOMENTS,
        last=st.integers(1, 2**62),
        horizon=st.none() | MOMENTS,
        mark=st.just("0123456789abcdef"),
    ),
)


@given(CURSORS)
def test_what_was_encoded_decodes(cursor):
    text = cursor.encode()
    assert Cursor.decode(text) == cursor
    assert set(text) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


@given(st.text(max_size=100) | st.binary(max_size=200).map(lambda raw: base64.urlsafe_b64encode(raw).decode()))
def test_anything_else_is_refused(text):
    with pytest.raises(ValueError, match="not a cursor of this feed"):
        Cursor.decode(text)


@given(CURSORS, st.data())
def test_a_text_with_another_character_is_refused_or_another_position(cursor, data):
    text = cursor.encode()
    where = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.characters(codec="utf-8").filter(lambda c: c != text[where]))
    changed = text[:where] + other + text[where + 1 :]
    try:
        assert Cursor.decode(changed).encode() == changed
    except ValueError:
        return


def packed(raw):
    return base64.urlsafe_b64encode(raw.encode()).decode().rstrip("=")


GOOD = "1~6b0-1-5-64~1000~5:2:0,1~~0~~"


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "~" * 7,
        GOOD.replace("1~", "2~", 1),
        GOOD + "~",
        GOOD.replace("6b0", "6B0"),
        GOOD.replace("6b0-1-5-64", "' OR 1=1"),
        GOOD.replace("6b0-1-5-64", ""),
        GOOD.replace("1000", "-1"),
        GOOD.replace("1000", "1e3"),
        GOOD.replace("1000", "01000"),
        GOOD.replace("1000", "\N{ARABIC-INDIC DIGIT ONE}"),
        GOOD.replace("1000", "9" * 5_000),
        GOOD.replace("1000", "253402300800000"),
        "1~6b0-1-5-64~1000~~5:2:0,1~0~253402300800000~",
        GOOD.replace("5:2:0,1", ""),
        GOOD.replace("5:2:0,1", "0:2:"),
        GOOD.replace("5:2:0,1", "5:2:1,0"),
        GOOD.replace("5:2:0,1", "5:2:1,1"),
        GOOD.replace("5:2:0,1", "5:2:2"),
        GOOD.replace("5:2:0,1", "5:2:0,"),
        GOOD.replace("5:2:0,1", "5:2"),
        GOOD.replace("5:2:0,1", "5:2:0:1"),
        GOOD.replace("5:2:0,1", "9223372036854775807:1:"),
        GOOD.replace("~~0~~", "~~7~~"),
        GOOD.replace("~~0~~", "~~0~5~"),
        GOOD.replace("~~0~~", "~~0~~0123456789abcdef"),
        "1~sqlite~1000~5:2:~~0~~",
        "1~sqlite~1000~~~7~~",
        "1~sqlite~1000~~~0~~0123456789abcdef",
        "1~sqlite~1000~~~7~~0123456789ABCDEF",
        "1~sqlite~1000~~~99999999999999999999~~0123456789abcdef",
    ],
)
def test_each_thing_that_can_be_wrong_is_refused(raw):
    Cursor.decode(packed(GOOD))
    with pytest.raises(ValueError, match="not a cursor of this feed"):
        Cursor.decode(packed(raw))


@pytest.mark.parametrize("tail", ["=", "==", "\n", " ", "A"])
def test_a_second_spelling_is_refused(tail):
    with pytest.raises(ValueError, match="not a cursor of this feed"):
        Cursor.decode(packed(GOOD) + tail)


def test_a_huge_text_is_refused_without_reading_it():
    with pytest.raises(ValueError, match="not a cursor of this feed"):
        Cursor.decode("A" * 50_000_000)


def test_two_hundred_open_transactions_fit_below_four_kilobytes():
    still_open = tuple(range(10**12, 10**12 + 2_000, 10))
    snapshot = Snapshot(10**12, 10**12 + 2_000, still_open)
    assert len(Cursor("6b016b0f4a2d11c9-00000001-5-64a9f00d", 1.9e9, snapshot, snapshot, 10**9).encode()) < 4_000


def test_neither_cursor_nor_memory_needs_django():
    program = (
        "import sys; import keyturn.feed, keyturn.feed.cursor, keyturn.feed.memory;"
        "sys.exit(any(name.split('.')[0] in ('django', 'rest_framework') for name in sys.modules))"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)
