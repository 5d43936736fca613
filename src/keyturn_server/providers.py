"""The environment's providers, as Keyturn's settings write them: one of each kind."""

from collections.abc import Mapping
from typing import Any, Final

from keyturn.conf.providers import providers

__all__ = ["problem_of", "settings_of"]

_VARIABLES: Final[Mapping[str, Mapping[str, str]]] = {
    "google": {"CLIENT_ID": "google_client_id", "CLIENT_SECRET": "google_client_secret"},
    "github": {"CLIENT_ID": "github_client_id", "CLIENT_SECRET": "github_client_secret"},
    "apple": {
        "CLIENT_ID": "apple_client_id",
        "TEAM_ID": "apple_team_id",
        "KEY_ID": "apple_key_id",
        "PRIVATE_KEY": "apple_private_key",
    },
    "microsoft": {
        "CLIENT_ID": "microsoft_client_id",
        "CLIENT_SECRET": "microsoft_client_secret",
        "TENANT": "microsoft_tenant",
    },
    "oidc": {
        "CLIENT_ID": "oidc_client_id",
        "CLIENT_SECRET": "oidc_client_secret",
        "ISSUER": "oidc_issuer",
        "NAME": "oidc_name",
    },
}
"""Fields of the environment by what they are in ``KEYTURN["PROVIDERS"]``, by the provider's id."""
# What has a default says nothing about whether the provider is wanted.
_HAS_DEFAULT: Final = frozenset({"microsoft_tenant", "oidc_name"})


def settings_of(environment: Any) -> dict[str, dict[str, Any]]:
    """Return ``KEYTURN["PROVIDERS"]``: each provider of which the environment says something.

    Args:
        environment: :class:`keyturn_server.env.Environment`, which imports this module.
    """
    found: dict[str, dict[str, Any]] = {}
    for name, fields in _VARIABLES.items():
        values = {key: _text(getattr(environment, field)) for key, field in fields.items()}
        if not any(values[key] for key, field in fields.items() if field not in _HAS_DEFAULT):
            continue
        found[name] = {
            **{key: value for key, value in values.items() if value},
            "APP_CLIENT_IDS": [value for owner, value in environment.app_client_ids if owner == name],
            "APP_REDIRECT_URIS": [value for owner, value in environment.app_redirect_uris if owner == name],
            "EMAILS_ARE_VERIFIED": name in environment.vouched_for,
        }
    return found


def problem_of(environment: Any) -> str | None:
    """What is missing or wrong about them, in words; None where nothing is."""
    known = settings_of(environment)
    named = {owner for owner, _ in (*environment.app_client_ids, *environment.app_redirect_uris)}
    for name in sorted({*named, *environment.vouched_for} - known.keys()):
        return f"a provider {name!r} is named and not configured; known are {', '.join(_VARIABLES)}"
    for name, given in known.items():
        try:
            providers({name: given})
        except (TypeError, ValueError) as error:
            return f"KEYTURN_{name.upper()}_…: {error}"
    return None


def _text(value: Any) -> str:
    text = value.get_secret_value() if hasattr(value, "get_secret_value") else value
    # A key of several lines fits into one line of a file of variables so.
    return str(text).replace("\\n", "\n")
