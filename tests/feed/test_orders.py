"""Transactions that begin, write and end in every order: no reader misses one, and none is told twice."""

import itertools
from uuid import UUID

import pytest
from django.db import connection

from tests.feed.writing import NOW, Reader, later, publish, writers

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

OUTCOMES = list(itertools.product([True, False], repeat=3))


def orders(steps_each):
    """Every order of three writers' steps."""
    return sorted(set(itertools.permutations([n for n in range(3) for _ in range(steps_each)])))


def play(order, outcomes, three, *, now, begins_first, limit=10_000, others_begin=True):
    """Let the writers take their steps, with a poll before, between and after; check what readers saw all along.

    Args:
        order: whose step is next.
        outcomes: for each writer whether it commits.
        three: the writers.
        now: far enough from that of any other call.
        begins_first: whether taking a transaction number is a step of its own.
        limit: entries a page.
        others_begin: whether somebody begins to read after each step, too.
    """
    follower, latecomer = Reader(limit=limit), Reader(limit=limit)
    follower.poll(now)
    latecomer.poll(now)
    steps = [0, 0, 0]
    written: dict[int, UUID] = {}
    committed: list[UUID] = []
    for writer in order:
        steps[writer] += 1
        step = steps[writer] + (0 if begins_first else 1)
        if step == 1:
            three[writer].begin()
        elif step == 2:
            written[writer] = three[writer].write(now)
        elif outcomes[writer]:
            three[writer].commit()
            committed.append(written[writer])
        else:
            three[writer].rollback()
        follower.poll(now)
        assert follower.seen == committed
        if others_begin:
            assert sorted(Reader(limit=limit).poll(now)) == sorted(committed)
    assert sorted(latecomer.poll(now)) == sorted(committed)
    assert follower.poll(now) == latecomer.poll(now) == []


@pytest.mark.once
@pytest.mark.slow
@pytest.mark.timeout(400)
def test_every_order_and_outcome_of_three_writers():
    with writers(3) as three:
        for number, (order, outcomes) in enumerate(itertools.product(orders(2), OUTCOMES)):
            play(order, outcomes, three, now=later(hours=number), begins_first=False)


def test_every_order_of_three_writers_read_in_pages_of_one():
    with writers(3) as three:
        for number, order in enumerate(orders(2)):
            play(order, OUTCOMES[number % 4], three, now=later(hours=number), begins_first=False, limit=1)


@pytest.mark.once
@pytest.mark.slow
@pytest.mark.timeout(400)
def test_every_order_of_three_writers_that_take_their_number_before_they_write():
    with writers(3) as three:
        for number, order in enumerate(orders(3)):
            play(order, OUTCOMES[number % 8], three, now=later(hours=number), begins_first=True, others_begin=False)


@pytest.mark.once
@pytest.mark.slow
@pytest.mark.timeout(400)
def test_every_order_for_one_who_begins_in_the_midst_of_it():
    """A snapshot at start has no race: it and all that follows it are everything, once."""
    with writers(3) as three:
        for number, (order, starts_after) in enumerate(itertools.product(orders(2), range(7))):
            now = later(hours=number)
            starter = Reader()
            steps, ids = [0, 0, 0], []
            for done, writer in enumerate(order):
                if done >= starts_after:
                    starter.poll(now)
                steps[writer] += 1
                if steps[writer] == 1:
                    ids.append(three[writer].write(now))
                else:
                    three[writer].commit()
            starter.poll(now)
            assert sorted(starter.seen) == sorted(ids)


def test_a_slow_transaction_is_told_after_thousands_of_later_ones_and_costs_no_reading_again(count_statements):
    reader = Reader()
    reader.poll()
    with writers(2) as (slow, quick):
        slow_id = slow.write()
        told = []
        for _ in range(2_000):
            quick.write()
            quick.commit()
        assert len(reader.poll()) == 2_000
        for _ in range(3):
            with count_statements(exactly=1):
                assert reader.poll() == []
            quick_id = quick.write()
            quick.commit()
            told += reader.poll()
            assert told[-1] == quick_id
        # What it looks at is what it returns, however long ago the oldest open transaction began.
        assert rows_examined(reader) <= 10, "it looked at rows again that it had read"
        slow.commit()
        assert reader.poll() == [slow_id]
        assert reader.poll() == []


def rows_examined(reader):
    """How many rows of the table the next poll would fetch, as PostgreSQL counts them."""
    from keyturn.feed import statements

    base = reader.position().base
    parameters = {
        "xmax": str(base.xmax),
        "open": "{" + ",".join(map(str, base.open)) + "}",
        "upcoming": None,
        "last": 0,
        "limit": 10_001,
    }
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE keyturn_revocation")
        cursor.execute("EXPLAIN (ANALYZE, FORMAT JSON) " + statements.read_next_sql(), parameters)
        plan = cursor.fetchone()[0][0]["Plan"]

    def count(node):
        own = node.get("Relation Name") == "keyturn_revocation"
        fetched = node["Actual Rows"] + node.get("Rows Removed by Filter", 0) if own else 0
        return fetched + sum(map(count, node.get("Plans", [])))

    return count(plan)


def test_savepoints_and_numbers_taken_long_before_change_nothing():
    reader = Reader()
    reader.poll()
    with writers(2) as (one, other):
        one.begin()
        one.connection.execute("SAVEPOINT a")
        lost = one.write()
        one.connection.execute("ROLLBACK TO SAVEPOINT a")
        one.connection.execute("SAVEPOINT b")
        kept = one.write()
        one.connection.execute("RELEASE SAVEPOINT b")
        later_one = other.write()
        other.commit()
        assert reader.poll() == [later_one]
        one.commit()
        assert reader.poll() == [kept]
        assert lost not in reader.seen


def test_rows_that_commit_between_the_pages_come_after_them_once():
    reader = Reader(limit=2)
    first = publish(5)
    with writers(2) as (early, late):
        early_id = early.write()
        assert reader.page().more
        early.commit()
        late_id = late.write()
        late.commit()
        while reader.page().more:
            pass
        assert sorted(reader.seen) == sorted(first)
        assert sorted(reader.poll()) == sorted([early_id, late_id])
        assert reader.poll() == []


def test_rows_that_commit_between_the_pages_of_a_later_reading_come_after_them_once():
    reader = Reader(limit=2)
    reader.poll()
    with writers(1) as (slow,):
        slow_id = slow.write()
        told = publish(5)
        assert reader.page().more
        slow.commit()
        told += publish(1)
        while reader.page().more:
            pass
        reader.poll()
        assert sorted(reader.seen) == sorted([*told, slow_id])


def test_a_reader_inside_a_transaction_of_its_own_misses_nothing():
    from django.db import transaction

    reader = Reader()
    with transaction.atomic():
        reader.poll()
        own = publish(1)
        reader.poll()
    reader.poll()
    assert set(reader.seen) == set(own)


def test_rows_that_came_with_a_dump_of_an_older_cluster_are_told_at_the_start_and_then_no_more():
    """Their transaction numbers lie ahead of all that this cluster has given out."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO keyturn_revocation (txid, at, session_id, kid, reason)"
            " VALUES ('4611686018427387904', %s, gen_random_uuid(), '', 'logout')",
            [NOW],
        )
    reader = Reader()
    assert len(reader.poll()) == 1
    new = publish(1)
    assert reader.poll() == new
    assert reader.poll() == []
