"""What a test needs of the machine besides Python. Without it the test is skipped, loudly; CI fails."""

import os
import shutil
import sys
from collections.abc import Callable, Mapping
from typing import Final, Never

import pytest

from scripts.node import CHROMIUM, ROOT

__all__ = ["NOT_RUN", "absent", "check"]

NOT_RUN: Final = "NOT RUN, "
"""How the reason of each such skip begins."""

_PRESENT: Final[Mapping[str, Callable[[], bool]]] = {
    "chromium": lambda: any(shutil.which(name) for name in CHROMIUM),
    "curl": lambda: shutil.which("curl") is not None,
    "kubectl": lambda: shutil.which("kubectl") is not None,
    "fork": lambda: hasattr(os, "fork"),
    # Debian keeps it where only root's PATH leads.
    "nginx": lambda: shutil.which("nginx", path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin") is not None,
    "node": lambda: shutil.which("node") is not None,
    # Of web/'s development dependencies.
    "oidc-provider": lambda: shutil.which("node") is not None and (ROOT / "web/node_modules/oidc-provider").is_dir(),
    "pgbouncer": lambda: shutil.which("pgbouncer", path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin") is not None,
    "prometheus": lambda: shutil.which("prometheus") is not None,
    "promtool": lambda: shutil.which("promtool") is not None,
    "sh": lambda: shutil.which("sh") is not None,
    "systemd-analyze": lambda: shutil.which("systemd-analyze") is not None,
    # `make web` builds it.
    "the web app": (ROOT / "src" / "keyturn_server" / "web" / "app.html").exists,
    "/proc": lambda: sys.platform == "linux",
}


def check(item: pytest.Item) -> None:
    """Do what has to be done about ``@pytest.mark.needs("curl")``."""
    for marker in item.iter_markers("needs"):
        for name in marker.args:
            if not _PRESENT[name]():
                absent(f"for want of {name}")


def absent(why: str) -> Never:
    """Skip the test; with ``CI=true`` fail it."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{NOT_RUN}{why}", pytrace=False)
    pytest.skip(f"{NOT_RUN}{why}")
