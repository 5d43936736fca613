"""A call of some backend: a request with blanks, and where its answer holds what fills them."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final, Literal, get_args

__all__ = ["OPERATIONS", "Call", "Operation", "Template"]

Operation = Literal["refresh", "get", "verify", "login"]
OPERATIONS: Final[tuple[Operation, ...]] = get_args(Operation)

_BLANK: Final = re.compile(r"\$\{(\w+)\}")


@dataclass(frozen=True)
class Call:
    """One call.

    Args:
        method: of HTTP.
        path: with the query, if any.
        headers: more than the driver sends anyway; a value may have blanks, as ``Bearer ${access}``.
        body: may have blanks.
        form: whether the body is form-encoded and not JSON.
        takes: what an answer tells for later blanks: name of the blank, name in the answer's JSON.
    """

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""
    form: bool = False
    takes: Mapping[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """For the driver, which is another process."""
        return asdict(self)


class Template:
    """A call, taken apart once so that each request is put together quickly.

    Args:
        call: the call.
        port: where it goes, on loopback.
    """

    def __init__(self, call: Call, port: int) -> None:
        lines = [f"{call.method} {call.path} HTTP/1.1", f"Host: 127.0.0.1:{port}", "Accept: application/json"]
        lines += [f"{name}: {value}" for name, value in call.headers.items()]
        if call.body:
            lines.append(f"Content-Type: application/{'x-www-form-urlencoded' if call.form else 'json'}")
        if call.method != "GET":
            lines.append("Content-Length: ")
        self._has_body = call.method != "GET"
        self._head = _BLANK.split("\r\n".join(lines) + ("" if self._has_body else "\r\n\r\n"))
        self._body = _BLANK.split(call.body)
        self.blanks: Final = {*self._head[1::2], *self._body[1::2]}
        self._finders = {
            blank: re.compile(rb'"%s"\s*:\s*"([^"\\]+)"' % name.encode()) for blank, name in call.takes.items()
        }

    def fill(self, values: Mapping[str, str]) -> bytes:
        """Return a whole request."""
        head = _filled(self._head, values)
        if not self._has_body:
            return head.encode()
        body = _filled(self._body, values)
        # ASCII throughout: names, numbers and base64.
        return f"{head}{len(body)}\r\n\r\n{body}".encode()

    def take(self, body: bytes, values: dict[str, str]) -> None:
        """Write down what an answer tells.

        Raises:
            ValueError: it does not.
        """
        for blank, finder in self._finders.items():
            found = finder.search(body)
            if found is None:
                raise ValueError(f"no {blank} in {body[:300]!r}")
            values[blank] = found[1].decode()


def _filled(parts: list[str], values: Mapping[str, str]) -> str:
    if len(parts) == 1:
        return parts[0]
    return "".join(values[part] if number % 2 else part for number, part in enumerate(parts))
