"""Compile the translations: every ``.po`` under ``src/`` into the ``.mo`` beside it, which is what programs read.

    python3 scripts/translations.py

Compiled catalogues are not kept in the repository. ``make`` (scripts/bootstrap.py) makes them after each change, and
whatever builds a wheel or an sdist does (scripts/build_hook.py); neither needs GNU gettext.
"""

import ast
import os
import struct
import sys
from dataclasses import dataclass, field
from pathlib import Path

SOURCE = Path(__file__).resolve().parent.parent / "src"
# GNU gettext's manual, "The Format of GNU MO Files".
MAGIC = 0x950412DE


@dataclass
class Entry:
    """One message of a catalogue, as its lines are read."""

    parts: dict[str, str] = field(default_factory=dict)
    is_fuzzy: bool = False

    @property
    def is_complete(self) -> bool:
        """Whether its translation has begun: what follows belongs to the next one."""
        return any(name.startswith("msgstr") for name in self.parts)

    @property
    def key(self) -> str:
        """What is looked up: context and plural in gettext's own notation."""
        key = self.parts.get("msgid", "")
        if "msgctxt" in self.parts:
            key = f"{self.parts['msgctxt']}\x04{key}"
        return f"{key}\0{self.parts['msgid_plural']}" if "msgid_plural" in self.parts else key

    @property
    def value(self) -> str:
        """The translation; its plural forms in their order."""
        forms = {name: text for name, text in self.parts.items() if name.startswith("msgstr")}
        return "\0".join(forms[name] for name in sorted(forms))


def read(text: str) -> dict[str, str]:
    """Read a catalogue; messages without a translation, and uncertain ones, are left out.

    Args:
        text: of a ``.po`` file (GNU gettext's manual, "The Format of PO Files").

    Raises:
        ValueError: a line is none of such a file; its number is said.
    """
    entries, current = [Entry()], ""
    for number, raw in enumerate(text.splitlines(), start=1):
        line = raw.strip()
        word, _, rest = line.partition(" ")
        if entries[-1].is_complete and (word in {"msgctxt", "msgid"} or line.startswith("#")):
            entries.append(Entry())
        if not line or line.startswith("#"):
            current = ""
            entries[-1].is_fuzzy |= word == "#," and "fuzzy" in rest
            continue
        if line.startswith('"'):
            word, rest = current, line
        try:
            said = ast.literal_eval(rest)
        except (SyntaxError, ValueError):
            said = None
        if not word.startswith("msg") or not isinstance(said, str):
            raise ValueError(f"line {number} is none of a catalogue: {raw[:60]!r}")
        current = word
        parts = entries[-1].parts
        parts[word] = parts.get(word, "") + said
    return {each.key: each.value for each in entries if each.value.strip("\0") and not each.is_fuzzy}


def compiled(messages: dict[str, str]) -> bytes:
    """Return the ``.mo`` of a catalogue; the same for the same messages."""
    pairs = sorted((key.encode(), value.encode()) for key, value in messages.items())
    ids = b"".join(key + b"\0" for key, _ in pairs)
    texts = b"".join(value + b"\0" for _, value in pairs)
    header = 7 * 4
    starts = (header, header + 8 * len(pairs), header + 16 * len(pairs), header + 16 * len(pairs) + len(ids))
    tables: list[bytes] = []
    for which, offset in ((0, starts[2]), (1, starts[3])):
        at = offset
        for pair in pairs:
            tables.append(struct.pack("<2I", len(pair[which]), at))
            at += len(pair[which]) + 1
    return struct.pack("<7I", MAGIC, 0, len(pairs), starts[0], starts[1], 0, starts[2]) + b"".join(tables) + ids + texts


def main() -> None:
    """Write each ``.mo`` that is missing or differs."""
    for catalogue in sorted(SOURCE.rglob("*.po")):
        try:
            wanted = compiled(read(catalogue.read_text(encoding="utf-8")))
        except ValueError as error:
            sys.exit(f"{catalogue}: {error}")
        target = catalogue.with_suffix(".mo")
        if not target.exists() or target.read_bytes() != wanted:
            # Renamed into its place: a server that starts meanwhile must not read half of it.
            fresh = target.with_suffix(f".{os.getpid()}.new")
            fresh.write_bytes(wanted)
            fresh.replace(target)


if __name__ == "__main__":
    main()
