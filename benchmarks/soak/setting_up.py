"""What a soak works on: Keyturn's tables, its users, and what the flood and the honest clients hold."""

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.compare.environments import ROOT
from benchmarks.compare.peer import Launch, Site
from benchmarks.peers.keyturn.peer import KEYTURN, Keyturn
from tests.services.ports import free_port
from tests.services.process import clean_environment

__all__ = ["SetUp", "set_up"]


@dataclass(frozen=True, slots=True)
class SetUp:
    """A database that is ready.

    Args:
        launch: how the server is started.
        environment: of the server, and of whatever else works with its program.
        bait: what :class:`~benchmarks.soak.malformed.Bait` takes.
        honest: the tokens of the honest sessions.
    """

    launch: Launch
    environment: dict[str, str]
    bait: dict[str, Any]
    honest: list[dict[str, str]]


def set_up(directory: Path, url: str, *, honest: int) -> SetUp:
    """Make the tables and all that is in them.

    Args:
        directory: where the server will run.
        url: of an empty database.
        honest: how many sessions to open.

    Raises:
        RuntimeError: a command failed.
    """
    launch = Keyturn().set_up(Site(directory, url, free_port()))
    environment = clean_environment(
        {
            **launch.environment,
            "KEYTURN_SLIDING_TOKENS": "1",
            "KEYTURN_ACCESS_LIFETIME": "30m",
            "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'src'}",
        }
    )
    code = f"from benchmarks.soak.bait import make\nmake(honest={honest})"
    done = subprocess.run(
        [*KEYTURN, "shell", "-v", "0", "-c", code],
        cwd=directory,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    made = json.loads(done.stdout.partition("made ")[2])
    return SetUp(launch, environment, made["bait"], made["honest"])
