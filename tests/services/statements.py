"""Counting the SQL statements of a block, apart from the commands that only open and close transactions."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connections
from django.test.utils import CaptureQueriesContext

__all__ = ["CountedStatements", "count_statements"]

_TRANSACTION_COMMAND = re.compile(
    r"\s*(BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE|START\s+TRANSACTION|END)\b", re.IGNORECASE
)


class CountedStatements:
    """What a block sent to the database, in order. Filled when the block ends; prints as the list it is."""

    def __init__(self) -> None:
        self.statements: list[str] = []
        self.transaction_commands: list[str] = []

    def __len__(self) -> int:
        """Return the number of statements, transaction commands not counted."""
        return len(self.statements)

    def __repr__(self) -> str:
        lines = [f"{len(self.statements)} statements", *self.statements]
        if self.transaction_commands:
            lines += [f"and {len(self.transaction_commands)} transaction commands", *self.transaction_commands]
        return "\n".join(lines)


@contextmanager
def count_statements(
    *, exactly: int | None = None, at_most: int | None = None, using: str = "default"
) -> Iterator[CountedStatements]:
    """Record the statements of a block on this thread's connection.

    Args:
        exactly: fail the test unless so many statements were sent.
        at_most: fail the test when more were sent.
        using: the database alias.

    Raises:
        AssertionError: the count is another; the message lists the statements.
    """
    counted = CountedStatements()
    with CaptureQueriesContext(connections[using]) as captured:
        yield counted
    for query in captured.captured_queries:
        kind = counted.transaction_commands if _TRANSACTION_COMMAND.match(query["sql"]) else counted.statements
        kind.append(query["sql"])
    assert exactly is None or len(counted) == exactly, f"expected exactly {exactly}, saw {counted!r}"
    assert at_most is None or len(counted) <= at_most, f"expected at most {at_most}, saw {counted!r}"
