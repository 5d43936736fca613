"""The settings as the type checker sees them: the tests' own, and what the ready-made server adds of its own naming.

The server's real settings are not read here, since they need its environment and prepare its data directory.
"""

from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Any

from tests.settings.sqlite import *  # noqa: F403 - settings are a namespace

KEYTURN: dict[str, Any] = {}
SIMPLE_JWT: dict[str, Any] = {}
KEYTURN_SERVER_PUBLIC_URL: str = ""
KEYTURN_SERVER_API_MIDDLEWARE: list[str] = []
KEYTURN_SERVER_INBOX: Path | None = None
KEYTURN_SERVER_DATA_DIR: Path = Path("var")
KEYTURN_SERVER_LAB: Path | None = None
KEYTURN_SERVER_METRICS_TOKEN: str = ""
KEYTURN_SERVER_OTEL: bool = False
KEYTURN_SERVER_TRUSTED_PROXIES: tuple[IPv4Network | IPv6Network, ...] = ()
