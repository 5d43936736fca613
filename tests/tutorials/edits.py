"""Edits to the Python files of a generated project, made the way a reader of instructions makes them.

Instructions show a list with ``...`` for what is there already: ``INSTALLED_APPS = [..., "keyturn"]`` appends,
``urlpatterns = [path(...), ...]`` puts first.
"""

import ast

__all__ = ["follow", "replace_assignment"]


class UnclearInstructionError(ValueError):
    """A snippet says something other than imports and lists with one ``...``."""


def _assignments(source: str) -> dict[str, ast.Assign]:
    """Return the top-level assignments of ``source`` to plain names."""
    found = {}
    for statement in ast.parse(source).body:
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            found[statement.targets[0].id] = statement
    return found


def _offset(source: str, line: int, column: int) -> int:
    """Return the index in ``source`` of a position as ``ast`` gives it (column in UTF-8 bytes)."""
    lines = source.splitlines(keepends=True)
    return len("".join(lines[: line - 1])) + len(lines[line - 1].encode()[:column].decode())


def replace_assignment(source: str, name: str, text: str) -> str:
    """Return ``source`` with the top-level assignment to ``name`` replaced by ``text``.

    Raises:
        KeyError: nothing is assigned to ``name``.
    """
    node = _assignments(source)[name]
    assert node.end_lineno is not None
    assert node.end_col_offset is not None
    start = _offset(source, node.lineno, node.col_offset)
    end = _offset(source, node.end_lineno, node.end_col_offset)
    return source[:start] + text.strip() + source[end:]


def _around(source: str, name: str, first: list[str], last: list[str]) -> str:
    """Return ``source`` with elements put in front of and behind those of the list ``name``."""
    value = _assignments(source)[name].value
    if not isinstance(value, ast.List) or not value.elts:
        raise UnclearInstructionError(f"{name} is not a list with something in it")
    head, tail = value.elts[0], value.elts[-1]
    assert tail.end_lineno is not None
    assert tail.end_col_offset is not None
    start = _offset(source, head.lineno, head.col_offset)
    end = _offset(source, tail.end_lineno, tail.end_col_offset)
    before = "".join(f"{element},\n    " for element in first)
    after = "".join(f",\n    {element}" for element in last)
    return source[:start] + before + source[start:end] + after + source[end:]


def follow(source: str, snippet: str) -> str:
    """Return ``source`` after the edits that ``snippet`` describes.

    Args:
        source: a Python module.
        snippet: imports, which go to the end of the module's imports, and assignments of lists that hold one ``...``.

    Raises:
        UnclearInstructionError: the snippet holds anything else.
        KeyError: ``source`` has no such list.
    """
    imports = []
    for statement in ast.parse(snippet).body:
        if isinstance(statement, (ast.Import, ast.ImportFrom)):
            imports.append(ast.unparse(statement))
            continue
        if not isinstance(statement, ast.Assign) or not isinstance(statement.value, ast.List):
            raise UnclearInstructionError(ast.unparse(statement))
        texts = [ast.unparse(element) for element in statement.value.elts]
        if texts.count("...") != 1:
            raise UnclearInstructionError("a list must show what is there already as one ...")
        here = texts.index("...")
        name = ast.unparse(statement.targets[0])
        source = _around(source, name, texts[:here], texts[here + 1 :])
    if imports:
        last = max(
            node.end_lineno or 0 for node in ast.parse(source).body if isinstance(node, (ast.Import, ast.ImportFrom))
        )
        lines = source.splitlines(keepends=True)
        source = "".join([*lines[:last], *(f"{line}\n" for line in imports), *lines[last:]])
    return source
