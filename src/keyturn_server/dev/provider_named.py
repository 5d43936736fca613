"""What development's own OpenID provider is called; the settings read this, so it imports nothing."""

from typing import Any, Final

__all__ = ["CLIENT_ID", "configuration", "issuer"]

CLIENT_ID: Final = "this-server"


def issuer(public_url: str) -> str:
    """Its ``iss``."""
    return f"{public_url}/dev/provider"


def configuration(public_url: str) -> dict[str, Any]:
    """What ``KEYTURN["PROVIDERS"]`` says of it."""
    return {"NAME": "Development", "KIND": "openid", "ISSUER": issuer(public_url), "CLIENT_ID": CLIENT_ID}
