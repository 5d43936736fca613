"""Histories written by hand, for the checker to judge."""

from benchmarks.faults.checker import check
from benchmarks.faults.findings import THIEF, Findings
from benchmarks.faults.history import Act, Event, What

__all__ = ["GRACE", "Story"]

GRACE = 10.0


class Story:
    """A history that is told event by event; ``wait`` lets time pass."""

    def __init__(self) -> None:
        self.at = 100.0
        self.events: list[Event] = []
        self._numbers = 0

    def note(self, what, **said):
        self.events.append(Event(at=self.at, what=what, **said))

    def wait(self, seconds):
        self.at += seconds

    def client(self, who, kind="DPoP"):
        self.note(What.CLIENT, who=who, kind=kind)

    def ask(self, who, act, **said):
        """A request; its number."""
        self._numbers += 1
        self.note(What.ASK, number=self._numbers, who=who, act=act, **said)
        self.wait(0.01)
        return self._numbers

    def answer(self, number, status, **said):
        self.note(What.ANSWER, number=number, status=status, **said)
        self.wait(0.01)

    def sign_in(self, who="anna", sid="s1", token="t0"):
        self.answer(self.ask(who, Act.SIGN_IN), 200, sid=sid, generation=0, token=token)

    def refresh(self, who="anna", sid="s1", *, shown, given=None, token=None):
        """One that is answered with a generation, ``given``, or with ``shown`` + 1."""
        given = shown + 1 if given is None else given
        number = self.ask(who, Act.REFRESH, sid=sid, generation=shown, token=f"t{shown}")
        self.answer(number, 200, sid=sid, generation=given, token=token or f"t{given}")

    def refused(self, who="anna", sid="s1", *, shown, reason="refresh_reused", status=401, act=Act.REFRESH):
        number = self.ask(who, act, sid=sid, generation=shown, token=f"t{shown}")
        self.answer(number, status, reason=reason)

    def silence(self, who="anna", sid="s1", *, shown, act=Act.REFRESH):
        number = self.ask(who, act, sid=sid, generation=shown, token=f"t{shown}")
        self.wait(2)
        self.note(What.SILENCE, number=number)

    def sign_out(self, who="anna", sid="s1", *, shown, status=200):
        self.answer(self.ask(who, Act.SIGN_OUT, sid=sid, generation=shown, token=f"t{shown}"), status)

    def use(self, who="anna", sid="s1", *, shown, status=200):
        self.answer(self.ask(who, Act.USE, sid=sid, generation=shown, token=f"t{shown}"), status)

    def theft(self, who="bob", sid="s1"):
        self.client(who, THIEF)
        self.note(What.THEFT, who=who, sid=sid)

    def row(self, sid="s1", *, generation, ended=False, reason=""):
        self.note(What.ROW, sid=sid, generation=generation, status=int(ended), reason=reason)

    def fault(self, kind="node killed", *, is_shown=True):
        self.note(What.FAULT, kind=kind, reason="begins")
        self.wait(5)
        self.note(What.FAULT, kind=kind, reason="it is back", status=int(is_shown))

    def judged(self) -> Findings:
        """What the checker finds; the story is written down and read again on the way."""
        return check((Event.of(event.line()) for event in self.events), grace=GRACE)
