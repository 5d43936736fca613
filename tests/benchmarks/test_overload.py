"""``benchmarks.overload``: what it makes of what it measured."""

from benchmarks.overload import REFUSED_GOAL, markdown

FOUND = {
    "rates": {"refresh": 1000.0, "refresh in the storm": 400.0, "verify": 2000.0, "verify in the storm": 1000.0},
    "p99": {"refresh": 2.0, "refresh in the storm": 9.0, "verify": 1.0, "verify in the storm": 4.0},
    "logins": 50.4,
    "refused": {"count": 1234, "p50": 1.0, "p99": 12.5, "most": 30.0},
}


def test_the_table_has_each_rate_with_and_without_the_storm_and_their_ratio():
    told = markdown(FOUND, "2 cores")
    assert "| refresh | 1,000 | 400 | 40% | 2.0 ms | 9.0 ms |" in told
    assert "| verify | 2,000 | 1,000 | 50% | 1.0 ms | 4.0 ms |" in told
    assert "1,234 logins that found no place were answered 503" in told
    assert f"99 % within 12.5 ms\n(goal: {REFUSED_GOAL:.0f} ms)" in told
    assert told.endswith("2 cores.")
