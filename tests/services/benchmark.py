"""Running a program of ``benchmarks/`` from a test."""

import signal
import subprocess
import sys

from scripts.node import ROOT
from tests.services.process import clean_environment

__all__ = ["run_benchmark"]


def run_benchmark(module: str, *options: str, seconds: float = 100) -> tuple[int, str]:
    """Run it; where it takes too long, stop it by SIGTERM, upon which it stops what it started.

    Returns:
        its exit status, and what it printed.

    Raises:
        subprocess.TimeoutExpired: it took too long.
    """
    command = [sys.executable, "-m", f"benchmarks.{module}", *options]
    with subprocess.Popen(
        command, cwd=ROOT, env=clean_environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        try:
            printed, _ = process.communicate(timeout=seconds)
        except BaseException:
            process.send_signal(signal.SIGTERM)
            raise
    print(printed)
    return process.returncode, printed
