"""Where processor time is seen to go."""

import time

from benchmarks import profile_refresh
from benchmarks.compare.publish import FOLDER, PAGE
from benchmarks.profile_refresh import Profile, markdown, plot
from benchmarks.sampling import by_function, by_room, sampled


def burn(seconds):
    until = time.process_time() + seconds
    while time.process_time() < until:
        pass


def stack(*codes):
    return tuple(code.__code__ for code in codes)


def test_a_function_that_works_is_seen_and_one_that_sleeps_is_not():
    def work():
        burn(0.3)
        time.sleep(0.1)

    seen = sampled(work)
    named = by_function(seen, below="/tests/")
    assert named["benchmarks.test_sampling.burn"] > 0.8
    assert sum(seen.values()) >= 10


def test_nothing_is_looked_at_afterwards():
    seen = sampled(lambda: burn(0.1))
    before = sum(seen.values())
    burn(0.1)
    assert sum(seen.values()) == before


def test_a_moment_is_of_the_innermost_function_that_belongs_to_a_room():
    # The first is in a file of no room, and is told as what called it.
    stacks = {stack(by_room, burn): 3, stack(burn): 1, stack(plot, burn): 6}
    rooms = (("/profile_refresh.py", "profile"), ("/tests/", "tests"))
    assert by_room(stacks, rooms, rest="rest") == {"profile": 0.6, "tests": 0.4}
    assert by_room({stack(by_room): 1}, rooms, rest="rest") == {"rest": 1.0}


def test_a_function_that_calls_itself_counts_once():
    assert by_function({stack(burn, burn): 2}, below="/tests/") == {"benchmarks.test_sampling.burn": 1.0}


def profile(rooms):
    return Profile(1000.0, 200.0, rooms, {"keyturn.tokens.refreshing.refresh": 0.5, "keyturn.small": 0.01})


def test_the_table_has_each_room_in_the_order_of_a_refresh_and_leaves_small_functions_out():
    profiles = {"refresh": profile({"a": 0.2, "b": 0.8}), "get": profile({"a": 1.0}), "verify": profile({"a": 1.0})}
    told = markdown(profiles)
    assert told.index("| b | 800 | - | - |") < told.index("| a | 200 | 1000 | 1000 |")
    assert "| `keyturn.tokens.refreshing.refresh` | 500 | 50% |" in told
    assert "small" not in told
    assert plot(profiles).count("<rect") == 2


def test_what_is_published_is_what_the_program_wrote():
    page = PAGE.read_text(encoding="utf-8")
    begin, end = profile_refresh.MARKS
    assert page.count(begin) == page.count(end) == 1
    kept = FOLDER / "profile.json"
    if kept.exists():
        assert markdown(profile_refresh.read(kept)).strip() in page
