"""The YAML files of deploy/, and what all of them are held to."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import yaml

from keyturn_server import env
from keyturn_server.names import unknown_names
from scripts.node import ROOT

__all__ = ["DEPLOY", "GIVEN", "documents", "environment_of", "filled_in", "judged"]

DEPLOY: Final = ROOT / "deploy"
GIVEN: Final = {
    "PASSWORD": "nine-grey-geese",
    "USER": "auth",
    "SECRET": "Rk2vN8qXw4Lz7Tj0Yc5Hb9Pd3Sf6Gm1Qa8We2Ru4Ti6Oy0Zx7Cv",
}
"""What a reader puts in place of the capital words in the samples."""


def documents(path: Path) -> Iterator[dict[str, Any]]:
    """Read all documents of a file."""
    yield from yaml.safe_load_all(path.read_text(encoding="utf-8"))


def environment_of(path: Path) -> dict[str, str]:
    """Read a file of ``NAME=value`` lines, with or without double quotes."""
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    pairs = (line.partition("=") for line in lines)
    return {name: value.removeprefix('"').removesuffix('"') for name, _, value in pairs}


def filled_in(variables: Mapping[str, str]) -> dict[str, str]:
    """Put a reader's own values in place of the capital words."""

    def own(value: str) -> str:
        for word, given in GIVEN.items():
            value = value.replace(word, given)
        return value

    return {name: own(value) for name, value in variables.items()}


def judged(variables: Mapping[str, str], monkeypatch: Any) -> env.Environment:
    """Read an environment as the server does, after a check that it knows every name.

    Raises:
        BadEnvironmentError: it would not start with it.
    """
    known = [str(field.validation_alias) for field in env.Environment.model_fields.values()]
    assert set(variables) <= set(known)
    assert not list(unknown_names(variables, known))
    # Those of the run's own services among them.
    for name in [name for name in os.environ if name.startswith("KEYTURN") or name in known]:
        monkeypatch.delenv(name)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return env.load()
