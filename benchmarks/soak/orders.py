"""A program that works in phases: it reads an order a line, works, and prints what came of it a line."""

import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any, Self

from benchmarks.compare.environments import ROOT

__all__ = ["Worker", "obey"]


def obey(set_up: Callable[[dict[str, Any]], Callable[[dict[str, Any]], dict[str, Any]]]) -> None:
    """What such a program does.

    Args:
        set_up: takes the first order, and returns what carries out all others.
    """
    carry_out = set_up(json.loads(sys.stdin.readline()))
    for line in sys.stdin:
        print(json.dumps(carry_out(json.loads(line))), flush=True)


class Worker:
    """Such a program, as a process of its own.

    Args:
        module: below ``benchmarks``.
        first: its first order.
    """

    def __init__(self, module: str, first: dict[str, Any]) -> None:
        self._module = module
        self._process = subprocess.Popen(
            [sys.executable, "-m", f"benchmarks.{module}"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.begin(first)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()

    def begin(self, order: dict[str, Any]) -> None:
        """Give an order, and do not wait."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()

    def end(self) -> dict[str, Any]:
        """Wait for what came of it.

        Raises:
            RuntimeError: the program ended.
        """
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"benchmarks.{self._module} ended with status {self._process.wait(timeout=30)}")
        found: dict[str, Any] = json.loads(line)
        return found
