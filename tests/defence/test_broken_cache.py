"""A cache that holds what nobody of ours put there: another program, another version, an operator by hand."""

from typing import Any

import pytest
from django.core.cache import caches

from keyturn.defence import stores
from keyturn.defence.cache import CacheCounters
from tests.defence.trying import NOW, admitted, attempt

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("locmem_store")]

_RUBBISH = ["rubbish", [1], (1, 2, 3, 4), {"a": 1}, b"\xff", 1.5, (None, None, None), ("a", "b", "c"), object]


def entries() -> list[str]:
    cache: Any = caches["default"]
    # Without the prefix and the version that Django puts before each name.
    return [key.split(":", 2)[2] for key in cache._cache]


@pytest.mark.parametrize("rubbish", _RUBBISH, ids=repr)
@pytest.mark.parametrize("kind", ["right", "count", "unlocks", ""])
def test_whatever_the_cache_holds_guesses_are_counted_and_nobody_fails(rubbish, kind):
    attempt().succeeded(now=NOW)
    CacheCounters("default").forget("none")
    changed = [name for name in entries() if name.endswith(kind)]
    assert changed
    for name in changed:
        caches["default"].set(name, rubbish)

    # By the cache, where it still can, from the number that stands there; else by the database, or in part by both.
    assert 4 <= admitted(20) <= 10
    attempt(account="eve").succeeded(now=NOW)


def test_a_right_attempt_that_cannot_be_given_back_is_a_right_one_all_the_same(monkeypatch):
    right = attempt()
    monkeypatch.setattr(CacheCounters, "give_back", lambda *_, **__: 1 / 0)
    right.succeeded(now=NOW)
    assert stores.fallbacks() == 1
