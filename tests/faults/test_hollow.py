"""A history that proves nothing is told from a good one: each thing that has to be in it is missed where it is not."""

import pytest

from tests.faults.telling import Story

FAULTS = ("node killed", "disk full")
KINDS = ("DPoP", "unbound")


def whole(*, without=()):
    """What is found in a history that has everything, but for what is named."""
    story = Story()
    for kind in KINDS:
        who, sid = f"client, {kind}", f"session, {kind}"
        story.client(who, kind)
        story.sign_in(who, sid, token=f"{kind} 0")
        if kind not in without:
            story.refresh(who, sid, shown=0, token=f"{kind} 1")
        if "rows" not in without:
            story.row(sid, generation=1)
    for fault in FAULTS:
        if fault not in without:
            story.fault(fault, is_shown=f"effect of {fault}" not in without)
    story.client("anna")
    story.sign_in()
    if "silence" not in without:
        story.silence(shown=0)
    story.refresh(shown=0)
    if "sign-out" not in without:
        story.sign_out(shown=1)
        story.wait(2)
        if "use after it" not in without:
            story.use(shown=1, status=401)
    story.client("carl", "unbound")
    story.sign_in("carl", "s2", token="c0")
    story.theft("bob", "s2")
    if "thief" not in without:
        story.wait(60)
        story.refresh("bob", "s2", shown=0, token="c1")
        story.wait(60)
        if "notice" not in without:
            story.refused("carl", "s2", shown=0)
    if "rows" not in without:
        story.row(generation=1, ended="sign-out" not in without)
        story.row("s2", generation=1, ended="notice" not in without and "thief" not in without)
    return story.judged()


def test_a_history_that_has_everything_proves_something():
    found = whole()
    assert found.hollow(faults=FAULTS, kinds=KINDS) == []
    assert found.missed(one_in=None) == []


@pytest.mark.parametrize(
    ("without", "told"),
    [
        (("rows",), "the database's rows"),
        (("silence",), "a refresh without a reply"),
        (("sign-out", "notice"), "an answered sign-out"),
        (("use after it",), "a token tried after its session's end"),
        (("thief",), "a thief who got in"),
        (("notice",), "a thief who was noticed"),
        (("disk full",), "disk full, and its effect"),
        (("effect of disk full",), "disk full, and its effect"),
        (FAULTS, "a fault"),
        (("unbound",), "a refresh, unbound"),
    ],
)
def test_each_thing_that_a_history_does_not_show_is_told(without, told):
    assert f"there is no sign of {told}" in whole(without=without).hollow(faults=FAULTS, kinds=KINDS)


def test_an_empty_history_has_no_violation_and_proves_nothing():
    found = Story().judged()
    assert found.missed(one_in=10_000) == []
    assert len(found.hollow(faults=FAULTS, kinds=KINDS)) == 7 + len(FAULTS) + len(KINDS)


def test_a_fault_that_was_done_and_not_seen_is_told_of_without_being_asked_for():
    story = Story()
    story.fault("worker killed", is_shown=False)
    assert "there is no sign of worker killed, and its effect" in story.judged().hollow()
