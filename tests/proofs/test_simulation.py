"""The simulation, small enough for every run: its figures, and that the rule alone and the real services agree."""

from random import Random

import pytest

from keyturn.sessions.client import BindingKind
from tests.proofs.engines import BINDINGS, Engine, real_services, rule_alone
from tests.proofs.figures import honest, hunt, table
from tests.proofs.honest import PATTERNS, Pattern, live
from tests.proofs.thieves import HABITS, LOCKSTEP, Habit, steal

pytestmark = pytest.mark.django_db

_SEED = 7
_ONE_TAB, _MANY_LOSSES, _THREE_TABS, _WAITS, _TWO_PROGRAMS, *_NAMED = PATTERNS
_BOUND = tuple(kind for kind in BINDINGS if kind is not None)


def _name(value: object) -> str:
    if value is None:
        return "unbound"
    return str(getattr(value, "name", value))


@pytest.mark.parametrize("kind", BINDINGS, ids=_name)
@pytest.mark.parametrize("pattern", PATTERNS, ids=_name)
def test_the_rule_alone_and_the_real_services_say_the_same_of_honest_clients(
    pattern: Pattern, kind: BindingKind | None
) -> None:
    def lives(engine: Engine) -> list[object]:
        rng = Random(_SEED)
        return [live(pattern, engine, kind, rng, days=1) for _ in range(2)]

    assert lives(real_services) == lives(rule_alone)


@pytest.mark.parametrize("kind", BINDINGS, ids=_name)
@pytest.mark.parametrize("habit", HABITS, ids=_name)
def test_the_rule_alone_and_the_real_services_say_the_same_of_thieves(habit: Habit, kind: BindingKind | None) -> None:
    def catches(engine: Engine) -> list[object]:
        rng = Random(_SEED)
        return [steal(habit, engine, kind, rng) for _ in range(3)]

    assert catches(real_services) == catches(rule_alone)


def test_one_tab_that_loses_one_reply_in_a_hundred_is_never_signed_out_by_the_real_services() -> None:
    assert honest(_ONE_TAB, real_services, None, refreshes=4_000, seed=_SEED).signed_out == 0


@pytest.mark.parametrize(("pattern", "most"), [(_ONE_TAB, 10), (_MANY_LOSSES, 150), (_THREE_TABS, 60)], ids=_name)
def test_honest_clients_of_unbound_sessions_are_hardly_ever_signed_out(pattern: Pattern, most: int) -> None:
    """Per million refreshes. Never is out of reach: two replies lost for long in five generations look like theft."""
    assert honest(pattern, rule_alone, None, refreshes=250_000, seed=_SEED).per_million <= most


@pytest.mark.parametrize("kind", [None, BindingKind.COOKIE], ids=_name)
@pytest.mark.parametrize("pattern", _NAMED, ids=_name)
def test_clients_that_name_their_refreshes_are_never_signed_out_however_many_replies_are_lost(
    pattern: Pattern, kind: BindingKind | None
) -> None:
    assert honest(pattern, rule_alone, kind, refreshes=50_000, seed=_SEED).signed_out == 0


@pytest.mark.parametrize("pattern", PATTERNS, ids=_name)
def test_honest_clients_with_a_key_of_their_own_are_never_signed_out(pattern: Pattern) -> None:
    assert honest(pattern, rule_alone, BindingKind.DPOP, refreshes=100_000, seed=_SEED).signed_out == 0


@pytest.mark.parametrize("habit", [habit for habit in HABITS if habit is not LOCKSTEP], ids=_name)
def test_a_thief_outside_the_grace_time_is_dead_by_the_third_use_once_the_victim_acts(habit: Habit) -> None:
    thieves = hunt(habit, rule_alone, None, thieves=300, seed=_SEED)
    assert thieves.unnoticed == 0
    assert thieves.most_counted <= 3


@pytest.mark.parametrize("kind", _BOUND, ids=_name)
@pytest.mark.parametrize("habit", HABITS, ids=_name)
def test_a_thief_without_the_binding_is_dead_at_the_first_use(habit: Habit, kind: BindingKind) -> None:
    thieves = hunt(habit, rule_alone, kind, thieves=50, seed=_SEED)
    assert thieves.unnoticed == 0
    assert set(thieves.uses) == {1}


def test_the_known_limits_are_what_the_documentation_says() -> None:
    """Should one of these ever fail, the rule has become better than its documentation."""
    assert hunt(LOCKSTEP, rule_alone, None, thieves=20, seed=_SEED).unnoticed == 20
    # A client that waits longer for a reply than the grace time is forgiven once in five generations, no more.
    assert honest(_WAITS, rule_alone, None, refreshes=100_000, seed=_SEED).per_million > 100
    # Two user agents that share a store cannot converge on each other.
    assert honest(_TWO_PROGRAMS, rule_alone, None, refreshes=1_000, seed=_SEED).per_million > 100_000


def test_the_table_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    for line in table(rule_alone, {"unbound": None}, refreshes=500, thieves=3, seed=_SEED):
        print(line)
    printed = capsys.readouterr().out
    assert all(row.name in printed for row in (*PATTERNS, *HABITS))
    assert "unnoticed" in printed
