"""Names in the environment that look like ours and are not: most often a misspelling that would silently do nothing."""

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

__all__ = ["unknown_names"]

_PREFIX: Final = "KEYTURN"

# Kubernetes puts these into every container beside a Service named keyturn ("Discovering services", environment
# variables; the same names Docker links had). Nobody typed them, so they are no mistake.
_SERVICE_NAME: Final = re.compile(r"_(?:SERVICE_HOST|SERVICE_PORT(?:_\w+)?|PORT_\d+_(?:TCP|UDP|SCTP)(?:_\w+)?)$")
_SERVICE_URL: Final = re.compile(r"(?:tcp|udp|sctp)://", re.IGNORECASE)


def unknown_names(environment: Mapping[str, str], known: Sequence[str]) -> Iterator[str]:
    """Yield one sentence for each name that begins with ``KEYTURN``, in any case, and means nothing.

    Args:
        environment: names and values; a value is looked at only to recognise a Kubernetes service, and never repeated.
        known: the names that mean something.
    """
    own = {_distinct(name): name for name in known}
    for name in sorted(environment):
        if name in known or not name.upper().startswith(_PREFIX):
            continue
        if _SERVICE_NAME.search(name) or (name.endswith("_PORT") and _SERVICE_URL.match(environment[name])):
            continue
        close = difflib.get_close_matches(_distinct(name), own, n=1, cutoff=0.6)
        hint = f"did you mean {own[close[0]]}?" if close else "docs/reference/environment.md lists them all"
        yield f"{name} is not a variable of this server; {hint}"


def _distinct(name: str) -> str:
    """What tells a name from the others: they all begin alike, which would make every two of them similar."""
    return name.upper().removeprefix(_PREFIX).lstrip("_")
