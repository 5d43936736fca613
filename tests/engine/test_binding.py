"""Bound sessions: every refresh must carry the binding, and then much is forgiven."""

import pytest

from keyturn.errors import Reason
from keyturn.sessions.client import Binding, BindingKind
from keyturn.sessions.outcome import Converged, Forgiven, Refused, Reused, Rotated
from tests.engine.acting import COOKIE, CURL, DPOP, examined, later, opened, placed, present, row

BOUND = pytest.mark.parametrize("binding", [COOKIE, DPOP], ids=["cookie", "dpop"])


def wrong(binding):
    other_kind = DPOP if binding.kind is BindingKind.COOKIE else COOKIE
    return [
        None,
        Binding.to(binding.kind, "something else"),
        Binding(other_kind.kind, binding.hash),
        other_kind,
        Binding(binding.kind, ""),
        Binding(binding.kind, binding.hash.upper()),
    ]


@BOUND
def test_the_row_holds_the_hash_of_a_binding_and_its_kind(user, binding):
    session = row(opened(user, binding=binding))
    assert (session.binding_kind, session.binding_hash) == (binding.kind.value, binding.hash)
    assert len(session.binding_hash) == 64


@BOUND
def test_a_bound_session_rotates_with_its_binding(user, binding):
    session = opened(user, binding=binding)
    assert isinstance(present(session, 0, binding=binding), Rotated)
    assert isinstance(present(session, 1, binding=binding, client=CURL), Rotated)


@BOUND
@pytest.mark.parametrize("which", range(6))
@pytest.mark.parametrize("generation", [4, 5, 6, 9])
def test_a_valid_token_without_the_binding_is_reuse(user, revoked, binding, which, generation):
    session = placed(opened(user, binding=binding), generation=5)
    shown = wrong(binding)[which]
    assert examined(session, generation, binding=shown) == Refused(Reason.REFRESH_REUSED)
    assert revoked == []
    assert isinstance(present(session, generation, binding=shown), Reused)
    assert row(session).revoked_reason == "refresh_reused"
    assert row(session).generation == 5
    assert len(revoked) == 1


@BOUND
@pytest.mark.parametrize("generation", [4, 3])
def test_a_bound_session_converges_for_any_agent(user, binding, generation):
    session = placed(opened(user, binding=binding), generation=5)
    assert isinstance(present(session, generation, binding=binding, client=CURL, now=later(10)), Converged)


@pytest.mark.parametrize(("binding", "clean"), [(COOKIE, 2), (DPOP, 1)], ids=["cookie", "dpop"])
def test_a_late_predecessor_is_forgiven_after_fewer_clean_generations(user, binding, clean):
    session = placed(opened(user, binding=binding), generation=9, forgiven=9 - clean)
    assert isinstance(present(session, 8, binding=binding, now=later(3600)), Forgiven)
    assert row(session).forgiven == 9


def test_a_cookie_does_not_forgive_two_generations_running(user):
    session = placed(opened(user, binding=COOKIE), generation=9, forgiven=8)
    assert isinstance(present(session, 8, binding=COOKIE, now=later(3600)), Reused)


def test_an_unbound_session_takes_no_notice_of_a_binding(user):
    session = opened(user)
    assert isinstance(present(session, 0, binding=COOKIE), Rotated)
    assert row(session).binding_kind == ""


def test_nothing_of_a_binding_is_shown_when_it_is_printed():
    assert COOKIE.hash not in repr(COOKIE)
    assert COOKIE.matches(kind="cookie", hash=COOKIE.hash)
