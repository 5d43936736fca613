"""A measurement's result as a file: JSON, and no more digits than mean something."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

__all__ = ["write"]


def write(result: "DataclassInstance", path: Path) -> None:
    """Write a result.

    Args:
        result: a dataclass of what JSON can hold.
        path: where to; its directory is made.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(_rounded(asdict(result)), indent=1) + "\n", encoding="utf-8")


def _rounded(value: Any) -> Any:
    """Six significant digits: the others are noise, and long to read."""
    match value:
        case float():
            return float(f"{value:.6g}")
        case dict():
            return {key: _rounded(one) for key, one in value.items()}
        case list() | tuple():
            return [_rounded(one) for one in value]
        case _:
            return value
