"""The rule's table (DESIGN section 2), every cell, at and around each of its bounds."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from keyturn.conf import ForgiveAfter
from keyturn.sessions.client import BindingKind, same_agent
from keyturn.sessions.rule import Presented, Standing, Verdict, judge

ROTATED_AT = datetime(2031, 5, 17, 12, 0, tzinfo=UTC)
GRACE = timedelta(seconds=10)
TICK = timedelta(microseconds=1)
LONG_AGO = timedelta(hours=5)
N = 40
DEFAULT = ForgiveAfter()
UNBOUND, COOKIE, DPOP = None, BindingKind.COOKIE, BindingKind.DPOP
KINDS = (UNBOUND, COOKIE, DPOP)

ROTATE, CONVERGE, FORGIVE, ADOPT, REUSE = (
    Verdict.ROTATE,
    Verdict.CONVERGE,
    Verdict.FORGIVE,
    Verdict.ADOPT,
    Verdict.REUSE,
)


def verdict(
    behind,
    *,
    age=timedelta(0),
    forgiven=None,
    kind=UNBOUND,
    carries=True,
    agent=True,
    retry=False,
    grace=GRACE,
    forgive_after=DEFAULT,
    n=N,
):
    """Judge generation n - behind, so long after the last rotation."""
    return judge(
        Standing(generation=n, rotated_at=ROTATED_AT, forgiven=forgiven, binding_kind=kind),
        Presented(
            generation=n - behind, at=ROTATED_AT + age, carries_binding=carries, same_agent=agent, is_retry=retry
        ),
        grace=grace,
        forgive_after=forgive_after,
    )


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("age", [-LONG_AGO, timedelta(0), GRACE, GRACE + TICK, LONG_AGO])
@pytest.mark.parametrize("agent", [True, False])
@pytest.mark.parametrize("forgiven", [None, N, N - 1, 0])
@pytest.mark.parametrize("grace", [GRACE, timedelta(0)])
def test_the_current_generation_rotates_whatever_the_clock_the_agent_and_the_past_say(
    kind, age, agent, forgiven, grace
):
    assert verdict(0, kind=kind, age=age, agent=agent, forgiven=forgiven, grace=grace) is ROTATE


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("ahead", [1, 2, 100])
@pytest.mark.parametrize("age", [-LONG_AGO, timedelta(0), GRACE + TICK])
@pytest.mark.parametrize("grace", [GRACE, timedelta(0)])
def test_a_generation_from_the_future_is_adopted_since_the_database_lost_commits(kind, ahead, age, grace):
    assert verdict(-ahead, kind=kind, age=age, grace=grace, agent=False) is ADOPT


@pytest.mark.parametrize("kind", [COOKIE, DPOP])
@pytest.mark.parametrize("behind", [-100, -1, 0, 1, 2, 3])
@pytest.mark.parametrize("grace", [GRACE, timedelta(0)])
def test_a_bound_session_without_its_binding_is_reuse_whatever_the_generation(kind, behind, grace):
    assert verdict(behind, kind=kind, carries=False, grace=grace) is REUSE


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("behind", [1, 2])
@pytest.mark.parametrize("age", [-LONG_AGO, -TICK, timedelta(0), TICK, GRACE - TICK, GRACE])
@pytest.mark.parametrize("forgiven", [None, N, N - 1, N - 4])
def test_the_last_two_predecessors_converge_up_to_the_very_end_of_the_grace_time(kind, behind, age, forgiven):
    assert verdict(behind, kind=kind, age=age, forgiven=forgiven) is CONVERGE


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("behind", [3, 4, 5, 100])
@pytest.mark.parametrize("age", [-LONG_AGO, timedelta(0), GRACE, GRACE + TICK])
def test_an_older_predecessor_is_reuse_even_at_once(kind, behind, age):
    assert verdict(behind, kind=kind, age=age, forgiven=None, n=200) is REUSE


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("age", [GRACE + TICK, LONG_AGO])
@pytest.mark.parametrize("forgiven", [None, N, N - 5, 0])
def test_the_predecessor_of_the_predecessor_is_never_forgiven_after_the_grace_time(kind, age, forgiven):
    assert verdict(2, kind=kind, age=age, forgiven=forgiven) is REUSE


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("age", [GRACE + TICK, LONG_AGO])
def test_a_late_predecessor_is_forgiven_the_first_time(kind, age):
    assert verdict(1, kind=kind, age=age, forgiven=None) is FORGIVE


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("age", [GRACE + TICK, LONG_AGO])
def test_a_late_predecessor_of_a_generation_already_forgiven_converges_again(kind, age):
    assert verdict(1, kind=kind, age=age, forgiven=N) is CONVERGE


@pytest.mark.parametrize(
    ("kind", "since", "expected"),
    [
        (UNBOUND, 1, REUSE),
        (UNBOUND, 4, REUSE),
        (UNBOUND, 5, FORGIVE),
        (UNBOUND, 6, FORGIVE),
        (UNBOUND, N, FORGIVE),
        (COOKIE, 1, REUSE),
        (COOKIE, 2, FORGIVE),
        (COOKIE, 3, FORGIVE),
        (DPOP, 1, FORGIVE),
        (DPOP, 2, FORGIVE),
    ],
)
def test_forgiving_again_takes_so_many_clean_generations_for_each_binding(kind, since, expected):
    assert verdict(1, kind=kind, age=GRACE + TICK, forgiven=N - since) is expected


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("patience", [0, 1, 7])
def test_the_number_of_clean_generations_is_the_setting_of_the_sessions_own_binding(kind, patience):
    names = {UNBOUND: "unbound", COOKIE: "cookie", DPOP: "dpop"}
    settings = ForgiveAfter(**{name: patience if name == names[kind] else 1_000 for name in names.values()})

    def after(since):
        return verdict(1, kind=kind, age=LONG_AGO, forgiven=N - since, forgive_after=settings)

    assert after(max(patience, 1)) is FORGIVE
    assert after(patience + 1) is FORGIVE
    if patience > 1:
        assert after(patience - 1) is REUSE
        assert after(1) is REUSE


@pytest.mark.parametrize("behind", [1, 2])
def test_an_unbound_session_does_not_converge_for_another_user_agent(behind):
    assert verdict(behind, agent=True) is CONVERGE
    assert verdict(behind, agent=False) is {1: FORGIVE, 2: REUSE}[behind]


def test_an_unbound_session_forgives_another_user_agent_by_the_same_count():
    assert verdict(1, agent=False, forgiven=N) is CONVERGE
    assert verdict(1, agent=False, forgiven=N - 4) is REUSE
    assert verdict(1, agent=False, forgiven=N - 5) is FORGIVE


@pytest.mark.parametrize("kind", [COOKIE, DPOP])
@pytest.mark.parametrize("behind", [1, 2])
def test_a_bound_session_asks_for_no_user_agent(kind, behind):
    assert verdict(behind, kind=kind, agent=False, age=GRACE) is CONVERGE


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("behind", [1, 2, 3])
@pytest.mark.parametrize("age", [-LONG_AGO, timedelta(0), LONG_AGO])
@pytest.mark.parametrize("forgiven", [None, N, N - 100])
def test_without_grace_time_a_generation_works_once(kind, behind, age, forgiven):
    settings = ForgiveAfter(unbound=0, cookie=0, dpop=0)
    assert verdict(behind, kind=kind, age=age, forgiven=forgiven, grace=timedelta(0), forgive_after=settings) is REUSE


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("age", [timedelta(0), GRACE + TICK, LONG_AGO])
@pytest.mark.parametrize("agent", [True, False])
@pytest.mark.parametrize("forgiven", [None, N, N - 1, N - 4, 0])
def test_whoever_made_this_generation_and_lost_the_reply_converges_at_any_age(kind, age, agent, forgiven):
    assert verdict(1, kind=kind, age=age, agent=agent, forgiven=forgiven, retry=True) is CONVERGE


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("behind", [2, 3, 30])
def test_a_retry_key_speaks_for_the_last_refresh_and_for_none_before_it(kind, behind):
    assert verdict(behind, kind=kind, age=LONG_AGO, retry=True) is REUSE


@pytest.mark.parametrize("kind", [COOKIE, DPOP])
def test_a_retry_key_does_not_make_up_for_the_binding(kind):
    assert verdict(1, kind=kind, carries=False, retry=True) is REUSE


@pytest.mark.parametrize("kind", KINDS)
def test_where_a_generation_works_once_a_retry_key_changes_nothing(kind):
    assert verdict(1, kind=kind, grace=timedelta(0), retry=True) is REUSE


def test_the_shortest_grace_time_is_not_strict():
    assert verdict(1, grace=TICK, age=TICK) is CONVERGE
    assert verdict(1, grace=TICK, age=2 * TICK) is FORGIVE


def test_a_clock_that_stepped_back_does_not_make_a_rotation_look_old():
    assert verdict(2, age=-timedelta(days=400)) is CONVERGE


_FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:{0}) Gecko/20100101 Firefox/{0}"
_IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS {0} like Mac OS X) AppleWebKit/605.1.15 Version/{1} Mobile/15E148"


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("", "", True),
        ("curl/8.14.1", "curl/8.14.1", True),
        ("curl/8.14.1", "curl/8.9", True),
        ("curl/8.14.1", "curl", False),
        ("curl/8.14.1", "", False),
        ("", "curl/8.14.1", False),
        (_FIREFOX.format("140.0"), _FIREFOX.format("141.0.2"), True),
        (_IPHONE.format("17_4_1", "17.4.1"), _IPHONE.format("18_0", "18.0"), True),
        (_FIREFOX.format("140.0"), _IPHONE.format("17_4", "17.4"), False),
        (_FIREFOX.format("140.0"), _FIREFOX.format("140.0").replace("X11; Linux", "Windows NT 10.0;"), False),
    ],
)
def test_user_agents_are_the_same_but_for_version_numbers(one, other, expected):
    assert same_agent(one, other) is expected


def reference(*, n, k, age, forgiven, kind, carries, agent, retry, grace, patience):
    """DESIGN's table once more, read row by row by somebody who has not seen judge(). Ages in microseconds."""
    if kind != "unbound" and not carries:
        return "REUSE"
    if k == n:
        return "ROTATE"
    if k > n:
        return "ADOPT"
    strict = grace == 0
    young = not (age > grace)
    if not strict and k in (n - 1, n - 2) and young and (kind != "unbound" or agent):
        return "CONVERGE"
    if not strict and k == n - 1:
        if forgiven == n or retry:
            return "CONVERGE"
        if forgiven is None or forgiven + patience <= n:
            return "FORGIVE"
    return "REUSE"


_MICROSECONDS = st.one_of(
    st.integers(0, 40), st.sampled_from([9_999_999, 10_000_000, 10_000_001]), st.integers(0, 10**14)
)


@given(
    n=st.integers(0, 12),
    ahead=st.one_of(st.integers(-4, 2), st.just(100)),
    age=st.one_of(_MICROSECONDS, _MICROSECONDS.map(lambda age: -age)),
    since=st.one_of(st.none(), st.integers(0, 9)),
    kind=st.sampled_from(["unbound", "cookie", "dpop"]),
    carries=st.booleans(),
    agent=st.booleans(),
    retry=st.booleans(),
    grace=st.one_of(st.just(0), st.just(10_000_000), _MICROSECONDS),
    patience=st.integers(0, 9),
)
@example(
    n=6,
    ahead=-1,
    age=11_000_000,
    since=5,
    kind="unbound",
    carries=True,
    agent=True,
    retry=False,
    grace=10_000_000,
    patience=5,
)
@example(
    n=6,
    ahead=-2,
    age=10_000_000,
    since=0,
    kind="cookie",
    carries=True,
    agent=False,
    retry=False,
    grace=10_000_000,
    patience=2,
)
def test_the_rule_judges_as_an_independent_reading_of_the_table(
    *, n, ahead, age, since, kind, carries, agent, retry, grace, patience
):
    k, forgiven = max(n + ahead, 0), None if since is None else max(n - since, 0)
    carries = carries or kind == "unbound"
    judged = judge(
        Standing(
            generation=n,
            rotated_at=ROTATED_AT,
            forgiven=forgiven,
            binding_kind={"unbound": UNBOUND, "cookie": COOKIE, "dpop": DPOP}[kind],
        ),
        Presented(
            generation=k,
            at=ROTATED_AT + timedelta(microseconds=age),
            carries_binding=carries,
            same_agent=agent,
            is_retry=retry,
        ),
        grace=timedelta(microseconds=grace),
        forgive_after=ForgiveAfter(**{"unbound": 1_000, "cookie": 1_000, "dpop": 1_000, kind: patience}),
    )
    expected = reference(
        n=n,
        k=k,
        age=max(age, 0),
        forgiven=forgiven,
        kind=kind,
        carries=carries,
        agent=agent,
        retry=retry,
        grace=grace,
        patience=patience,
    )
    assert judged.name == expected
