"""The page about the variables says what the code says."""

from pathlib import Path

from keyturn_server.env import Environment

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "environment.md"


def _rows() -> list[str]:
    """The table, made from the declarations."""
    rows = ["| variable | default | meaning |", "| --- | --- | --- |"]
    for field in Environment.model_fields.values():
        default = f"`{field.default}`" if field.default else "none"
        rows.append(f"| `{field.validation_alias}` | {default} | {field.description} |")
    return rows


def test_the_table_has_every_variable_with_its_default_and_meaning():
    on_the_page = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("|")]
    expected = _rows()
    assert on_the_page == expected, "the table should be:\n" + "\n".join(expected)
