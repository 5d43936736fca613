"""Development's clock: what it shows, how far it goes, and that everybody sees the same."""

import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import ImproperlyConfigured

from keyturn import clock
from keyturn_server.dev.shared_clock import MOST, SharedClock
from tests.server.running import keyturn


@pytest.fixture
def path(tmp_path):
    return tmp_path / "lab" / "clock"


@pytest.fixture
def _real_time_afterwards():
    yield
    clock.run_ahead(None)


def test_a_new_clock_shows_the_real_time(path):
    assert SharedClock(path).ahead() == timedelta(0)


def test_its_file_is_for_its_owner_alone(path):
    SharedClock(path).ahead()
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_two_readers_of_one_file_agree_at_once(path):
    one, other = SharedClock(path), SharedClock(path)
    assert other.ahead() == timedelta(0)
    one.advance(timedelta(hours=8))
    assert other.ahead() == timedelta(hours=8)
    other.reset()
    assert one.ahead() == timedelta(0)


def test_it_moves_by_fractions_of_a_second(path):
    moved = SharedClock(path)
    for _ in range(10):
        moved.advance(timedelta(milliseconds=100))
    assert moved.ahead() == timedelta(seconds=1)


def test_another_process_sees_it(path):
    SharedClock(path).advance(timedelta(minutes=5))
    script = f"""
from pathlib import Path
from keyturn_server.dev.shared_clock import SharedClock
print(SharedClock(Path({str(path)!r})).ahead().total_seconds())
"""
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)
    assert told.stdout == "300.0\n"


def test_moves_at_the_same_time_are_all_counted(path):
    clocks = [SharedClock(path), SharedClock(path)]

    def move(mine: SharedClock) -> None:
        for _ in range(200):
            mine.advance(timedelta(seconds=1))

    threads = [threading.Thread(target=move, args=(clocks[number % 2],)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert clocks[0].ahead() == timedelta(seconds=6 * 200)


@pytest.mark.parametrize("by", [timedelta(microseconds=-1), timedelta(days=-400), MOST + timedelta(microseconds=1)])
def test_it_never_runs_behind_nor_further_than_it_may(path, by):
    kept = SharedClock(path)
    with pytest.raises(ValueError, match="ahead by up to"):
        kept.advance(by)
    assert kept.ahead() == timedelta(0)


def test_it_goes_back_as_far_as_the_real_time(path):
    moved = SharedClock(path)
    moved.advance(timedelta(hours=1))
    assert moved.advance(timedelta(hours=-1)) == timedelta(0)


@pytest.mark.usefixtures("_real_time_afterwards")
def test_with_debug_the_time_runs_ahead_by_what_is_asked_for(settings):
    settings.DEBUG = True
    clock.run_ahead(lambda: timedelta(days=30))
    ahead = clock.utc_now() - datetime.now(tz=UTC)
    assert timedelta(days=29) < ahead < timedelta(days=31)
    clock.run_ahead(None)
    assert clock.utc_now() - datetime.now(tz=UTC) < timedelta(days=1)


@pytest.mark.usefixtures("_real_time_afterwards")
def test_without_debug_nobody_can_move_the_clock(settings):
    settings.DEBUG = False
    with pytest.raises(ImproperlyConfigured, match="development only"):
        clock.run_ahead(lambda: timedelta(days=30))
    assert clock.utc_now() - datetime.now(tz=UTC) < timedelta(days=1)


@pytest.mark.server
def test_a_server_answers_how_far_it_has_moved(lab):
    assert lab.ask("GET", "/dev/clock/").json["ahead"] == 0
    moved = lab.ask("POST", "/dev/clock/", {"advance": 90.5}).json
    assert moved["ahead"] == 90.5
    told = datetime.fromisoformat(moved["now"])
    assert abs(told - datetime.now(tz=UTC) - timedelta(seconds=90.5)) < timedelta(seconds=30)
    assert lab.ask("POST", "/dev/clock/", {"advance": -90.5}).json["ahead"] == 0
    lab.ask("POST", "/dev/clock/", {"advance": 60})
    assert lab.ask("DELETE", "/dev/clock/").json["ahead"] == 0


@pytest.mark.server
def test_every_process_of_a_server_follows_the_next_request_on(lab):
    access = lab.sign_in()["access"]
    bearer = {"authorization": f"Bearer {access}"}
    assert [lab.ask("GET", "/home/", **bearer).status for _ in range(12)] == [200] * 12
    lab.ask("POST", "/dev/clock/", {"advance": 301})
    answers = [lab.ask("GET", "/home/", **bearer) for _ in range(12)]
    assert {(answer.status, answer.json["reason"]) for answer in answers} == {(401, "expired")}
    lab.ask("DELETE", "/dev/clock/")
    assert [lab.ask("GET", "/home/", **bearer).status for _ in range(12)] == [200] * 12


@pytest.mark.server
def test_a_jump_of_eight_hours_leaves_the_session_and_the_feed_as_they_were(lab):
    tokens = lab.sign_in()
    lab.ask("POST", "/dev/clock/", {"advance": 8 * 3600})
    fresh = lab.refresh(tokens["refresh"])
    assert fresh.status == 200
    bearer = {"authorization": f"Bearer {fresh.json['access']}"}
    answers = [lab.ask("GET", "/home/", **bearer) for _ in range(12)]
    assert {(answer.status, answer.json.get("reason")) for answer in answers} == {(200, None)}
    # Told of the end within the second that the feed promises, by the clock that nobody moves.
    began = time.monotonic()
    assert lab.ask("POST", "/token/blacklist/", {"refresh": fresh.json["refresh"]}).status == 200
    while {lab.ask("GET", "/home/", **bearer).status for _ in range(6)} != {401}:
        assert time.monotonic() - began < 5


@pytest.mark.server
def test_a_session_that_nobody_used_for_too_long_is_over(lab):
    token = lab.sign_in()["refresh"]
    lab.ask("POST", "/dev/clock/", {"advance": 3 * 86_400})
    refused = lab.refresh(token)
    assert (refused.status, refused.json["reason"]) == (401, "expired")


@pytest.mark.server
def test_commands_of_the_same_data_directory_follow(lab):
    lab.ask("POST", "/dev/clock/", {"advance": 400 * 86_400})
    script = "from keyturn.clock import utc_now; print(utc_now().year)"
    told = keyturn("shell", "--no-imports", "-c", script, directory=lab.directory, env={"KEYTURN_DEBUG": "1"})
    assert int(told.stdout) == (datetime.now(tz=UTC) + timedelta(days=400)).year
