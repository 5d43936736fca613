"""The session engine against a reference model: random stories of clients, thieves, clocks and changes of the user."""

import os
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Literal

import pytest
from django.test import override_settings
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from hypothesis.stateful import run_state_machine_as_test as run

from keyturn.sessions.revocation import RevokeReason, revoke_sessions, revoke_user_sessions
from keyturn.tokens.ending import end_session
from tests.proofs.model import ABSOLUTE, ACCESS, GRACE, IDLE, ModelSession, Presenter, Token
from tests.proofs.world import PASSWORDS, World, outcome_of

_STRICT: Final = timedelta(0)
_INSTANT: Final = timedelta(microseconds=1)
_SECOND: Final = timedelta(seconds=1)
_NOTHING: Final = timedelta(0)

_kinds = st.sampled_from(["", "", "cookie", "dpop"])
_agents = st.sampled_from(["Firefox on Linux", "Firefox on Linux", "curl", ""])
_which = st.integers(0, 7)
_steps = st.sampled_from([timedelta(seconds=n) for n in (0, 1, 3, 5, 9, 11, 60, 300, -1, -5, -60)])
_leaps = st.sampled_from([timedelta(hours=1), timedelta(hours=-1), IDLE, ABSOLUTE])
_pauses = st.sampled_from([timedelta(seconds=n) for n in (0, 11, 240)])
_beside = st.sampled_from([-_SECOND, -_INSTANT, _NOTHING, _INSTANT])
# Rules that end what others need run but once in so many times that they are drawn.
_seldom = st.integers(0, 3).map(lambda n: n == 3)

_seen: Counter[str] = Counter()
"""Every outcome over all stories of a run."""


@dataclass
class Store:
    """Where a client keeps its refresh token: one for all its tabs, a copy of its own in a tab, or a thief's."""

    session: ModelSession
    token: Token
    presenter: Presenter


class Stories(RuleBasedStateMachine):
    """Many clients and a thief or two, one user at a time."""

    def __init__(self) -> None:
        super().__init__()
        self.stores: list[Store] = []
        self.cleanup = ExitStack()

    @initialize(grace=st.sampled_from([GRACE, GRACE, GRACE, GRACE, _STRICT]), kind=_kinds)
    def begin(self, grace: timedelta, kind: str) -> None:
        self.cleanup.enter_context(
            override_settings(
                KEYTURN={"REFRESH_GRACE": grace, "SESSION_ABSOLUTE_LIFETIME": ABSOLUTE},
                SIMPLE_JWT={"ACCESS_TOKEN_LIFETIME": ACCESS, "REFRESH_TOKEN_LIFETIME": IDLE},
            )
        )
        self.world = World(grace=grace, seen=_seen)
        self.cleanup.callback(self.world.clear)
        self.verified = self.world.load_user()
        self.sign_in(kind=kind, agent="Firefox on Linux", long_ago=False)

    def store(self, which: int) -> Store:
        """One of the stores: mostly one whose session stands. If there is none, its owner signs in again."""
        if which == 0:
            return self.stores[-1]
        alive = [store for store in self.stores if store.session.stands(self.world.now) is None]
        if not alive:
            self.world.change_user(save=False, is_active=True)
            self.sign_in(kind=("", "", "cookie", "dpop")[which % 4], agent="Firefox on Linux", long_ago=False)
            return self.stores[-1]
        return alive[which % len(alive)]

    def session(self, which: int) -> ModelSession:
        """One of the sessions; mostly a live one."""
        return self.store(which).session

    # Clients

    @rule(kind=_kinds, agent=_agents, long_ago=st.booleans())
    def sign_in(self, *, kind: str, agent: str, long_ago: bool) -> None:
        """With credentials verified now, or before whatever has happened since the last time somebody did so."""
        user = self.verified if long_ago else self.world.load_user()
        session = self.world.sign_in(kind, agent, user=user)
        if session is not None:
            self.stores.append(Store(session, session.minted[0], Presenter(agent, bound=True)))

    @rule(which=_which)
    def verify_credentials(self, which: int) -> None:
        self.verified = self.world.load_user()

    @precondition(lambda self: len(self.stores) < 8)
    @rule(which=_which, agent=_agents, same_agent=st.booleans(), bound=st.booleans())
    def copy_the_token(self, which: int, agent: str, *, same_agent: bool, bound: bool) -> None:
        """A tab with a copy of its own, or a thief: of the same user agent or another, with the binding or not."""
        store = self.store(which)
        presenter = Presenter(store.presenter.agent if same_agent else agent, bound)
        self.stores.append(Store(store.session, store.token, presenter))

    @rule(which=_which, lost=st.booleans())
    def refresh(self, which: int, *, lost: bool) -> None:
        store = self.store(which)
        token = self.world.present(store.session, store.token, store.presenter)
        if token is not None and not lost:
            store.token = token

    @rule(which=_which, times=st.integers(2, 7), pause=_pauses)
    def refresh_for_a_while(self, which: int, times: int, pause: timedelta) -> None:
        store = self.store(which)
        for _ in range(times):
            self.world.now += pause
            token = self.world.present(store.session, store.token, store.presenter)
            if token is None:
                break
            store.token = token

    @rule(which=_which, behind=st.integers(0, 3), agent=_agents, same_agent=st.booleans(), bound=st.booleans())
    def present_an_old_token(self, which: int, behind: int, agent: str, *, same_agent: bool, bound: bool) -> None:
        """A reply that came late, a tab that was asleep, a thief with a backup."""
        session = self.session(which)
        token = session.minted.get(session.generation - behind)
        if token is not None:
            self.world.present(session, token, Presenter(session.agent if same_agent else agent, bound))

    @rule(which=_which, behind=st.integers(1, 2), beside=_beside)
    def present_an_old_token_about_when_grace_ends(self, which: int, behind: int, beside: timedelta) -> None:
        session = self.session(which)
        self.world.now = session.rotated_at + GRACE + beside
        self.present_an_old_token(which, behind, "", same_agent=True, bound=True)

    @rule(which=_which, clean=st.sampled_from([0, 1, 3, 4]))
    def lose_a_reply_and_come_late_twice(self, which: int, clean: int) -> None:
        """With so many clean rotations in between: the first is forgiven, and the second if there were enough."""
        store = self.store(which)
        for between in (clean, 0):
            self.world.present(store.session, store.token, store.presenter)
            self.world.now += GRACE + _SECOND
            for _ in range(1 + between):
                token = self.world.present(store.session, store.token, store.presenter)
                store.token = token or store.token

    @rule(which=_which)
    def use_the_access_token(self, which: int) -> None:
        self.world.use_access(self.session(which))

    # The time

    @rule(step=_steps)
    def step_the_clock(self, step: timedelta) -> None:
        self.world.now += step

    @rule(leap=_leaps, sure=_seldom)
    def leap(self, leap: timedelta, *, sure: bool) -> None:
        if sure:
            self.world.now += leap

    @rule(which=_which, bound=st.sampled_from(["idle", "absolute", "token"]), beside=_beside, sure=_seldom)
    def present_a_token_about_when_something_ends(
        self, which: int, bound: Literal["idle", "absolute", "token"], beside: timedelta, *, sure: bool
    ) -> None:
        store = self.store(which)
        if sure:
            ends = {
                "idle": store.session.idle_end,
                "absolute": store.session.absolute_end,
                "token": store.token.expires_at,
            }
            self.world.now = ends[bound] + beside
            self.refresh(which, lost=False)

    @rule(which=_which, back=st.sampled_from([_SECOND, timedelta(minutes=5), timedelta(hours=1)]), beside=_beside)
    def refresh_while_the_clock_steps_back(self, which: int, back: timedelta, beside: timedelta) -> None:
        """The successor then ends before its predecessor does."""
        store = self.store(which)
        self.refresh(which, lost=False)
        older = store.token
        self.world.now -= back
        self.present_an_old_token(which, 1, "", same_agent=True, bound=True)
        self.refresh(which, lost=False)
        if older.expires_at > store.session.idle_end:
            self.world.now = store.session.idle_end + beside
            self.world.present(store.session, older, store.presenter)

    # The end of sessions

    @rule(which=_which, behind=st.integers(0, 5), sure=_seldom)
    def log_out(self, which: int, behind: int, *, sure: bool) -> None:
        """With any generation of the session, as long as the token itself has not expired."""
        session = self.session(which)
        token = session.minted.get(session.generation - behind)
        if token is None or not sure:
            return
        _, refused = outcome_of(lambda: end_session(token.raw, now=self.world.now))
        assert refused == ("expired" if token.expires_at <= self.world.now else None)
        if refused is None:
            self.world.end("session_revoked", [session])

    @rule(which=_which, sure=_seldom)
    def revoke(self, which: int, *, sure: bool) -> None:
        session = self.session(which)
        if sure:
            revoke_sessions((session.sid,), reason=RevokeReason.REVOKED_BY_ADMIN, now=self.world.now)
            self.world.end("session_revoked", [session])

    @rule(which=_which, sure=_seldom)
    def log_out_all_others(self, which: int, *, sure: bool) -> None:
        session = self.session(which)
        if sure:
            revoke_user_sessions(
                self.world.load_user().pk, reason=RevokeReason.LOGOUT_OTHERS, now=self.world.now, keep=session.sid
            )
            self.world.end("session_revoked", [one for one in self.world.own_sessions() if one is not session])

    @rule(which=_which, save=st.booleans())
    def change_the_password(self, which: int, *, save: bool) -> None:
        """Also between the check of the old password and the login that it was checked for."""
        store = self.store(which)
        self.world.present(store.session, store.token, store.presenter)
        self.verified = self.world.load_user()
        other = next(one for one in PASSWORDS if one != self.verified.password)
        self.world.change_user(save=save, password=other)
        self.world.present(store.session, store.token, store.presenter)
        self.world.use_access(store.session)
        self.sign_in(kind="", agent="", long_ago=True)

    @rule(which=_which, save=st.booleans())
    def deactivate_the_user(self, which: int, *, save: bool) -> None:
        store = self.store(which)
        self.world.present(store.session, store.token, store.presenter)
        self.world.change_user(save=save, is_active=False)
        self.world.present(store.session, store.token, store.presenter)
        self.world.use_access(store.session)

    @rule(save=st.booleans())
    def activate_the_user(self, *, save: bool) -> None:
        self.world.change_user(save=save, is_active=True)

    @rule(sure=_seldom)
    def delete_the_user(self, *, sure: bool) -> None:
        if sure:
            self.world.delete_user()

    @rule(which=_which, back=st.integers(1, 4))
    def lose_commits(self, which: int, back: int) -> None:
        """The tokens of lost commits are still out there, and are taken."""
        store = self.store(which)
        self.refresh(which, lost=False)
        if store.session.ended is None and store.session.user.exists:
            self.world.lose_commits(store.session, back)
            self.world.present(store.session, store.token, store.presenter)

    # What always holds

    @invariant()
    def the_rows_are_the_models(self) -> None:
        self.world.compare_rows()

    def teardown(self) -> None:
        try:
            if self.stores:
                self.world.finish()
        finally:
            self.cleanup.close()


@pytest.mark.slow
@pytest.mark.timeout(400)
@pytest.mark.django_db
def test_the_engine_does_what_the_model_says(db_vendor: str) -> None:
    examples = 200
    if os.environ.get("CI") == "true":
        examples = 400 if db_vendor == "sqlite" else 200
    _seen.clear()
    run(
        Stories,
        settings=settings(
            max_examples=examples,
            stateful_step_count=12,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    print(dict(_seen.most_common()))
    missing = _EVERYTHING - set(_seen)
    assert not missing, f"no story came to {sorted(missing)}"


_EVERYTHING: Final = frozenset(
    {
        "rotated",
        "converged",
        "forgiven",
        "adopted",
        "refresh_reused",
        "refresh_reused (dead before)",
        "expired",
        "session_expired",
        "session_revoked",
        "password_changed",
        "user_inactive",
        "login refused",
        "access: accepted",
        "access: expired",
        "access: session_revoked",
        "access: refresh_reused",
        "access: password_changed",
        "access: user_inactive",
    }
)
"""Outcomes that the stories of every run must have come to: a machine that never gets there proves nothing."""
