"""Where processor time goes, by looking at the stack while it is spent: no function is slowed down by being counted."""

import signal
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from types import CodeType, FrameType
from typing import Final

__all__ = ["Stacks", "by_function", "by_room", "sampled"]

_INTERVAL: Final = 0.001
"""Seconds of processor time; the kernel's clock may tick less often."""

Stacks = Mapping[tuple[CodeType, ...], int]
"""How often each stack was seen, from the innermost function outwards."""


def sampled(work: Callable[[], object]) -> Stacks:
    """Run something in the main thread, and look at its stack at every tick of the processor time it uses."""
    seen: Counter[tuple[CodeType, ...]] = Counter()

    def look(_: int, frame: FrameType | None) -> None:
        stack = []
        while frame is not None:
            stack.append(frame.f_code)
            frame = frame.f_back
        seen[tuple(stack)] += 1

    before = signal.signal(signal.SIGPROF, look)
    signal.setitimer(signal.ITIMER_PROF, _INTERVAL, _INTERVAL)
    try:
        work()
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
    return seen


def by_room(stacks: Stacks, rooms: Sequence[tuple[str, str]], *, rest: str) -> dict[str, float]:
    """The share of each room in all time: of the innermost function that belongs to one.

    Args:
        stacks: what was seen.
        rooms: a part of a file's path, and the room's name; the first that fits counts.
        rest: the name of what belongs to none.
    """
    names: dict[str, str | None] = {}

    def room(file: str) -> str | None:
        if file not in names:
            names[file] = next((name for part, name in rooms if part in file), None)
        return names[file]

    found: Counter[str] = Counter()
    for stack, count in stacks.items():
        found[next((name for code in stack if (name := room(code.co_filename))), rest)] += count
    total = found.total() or 1
    return {name: count / total for name, count in found.most_common()}


def by_function(stacks: Stacks, *, below: str) -> dict[str, float]:
    """The share of each function, with all that it calls, in all time.

    Args:
        stacks: what was seen.
        below: functions whose file's path holds this; their names begin with what follows it.
    """
    found: Counter[str] = Counter()
    for stack, count in stacks.items():
        inside = {code for code in stack if below in code.co_filename}
        for name in {_name(code, below) for code in inside}:
            found[name] += count
    total = sum(stacks.values()) or 1
    return {name: count / total for name, count in found.most_common()}


def _name(code: CodeType, below: str) -> str:
    module = code.co_filename.partition(below)[2].removesuffix(".py").replace("/", ".")
    return f"{module}.{code.co_qualname.replace('.<locals>', '')}"
