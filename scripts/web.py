"""Build the web app into the server's package, or what stands around it.

    python3 scripts/web.py [app | budget | packages | schema] [--optional]

``app``       (the default) what ``keyturn_server`` serves at ``/`` and in development at ``/lab/``, into
              ``src/keyturn_server/web/``; nothing is done when nothing changed since.
``budget``    whether its first page loads little enough.
``packages``  ``web/node_modules``, from the lock.
``schema``    ``web/client/src/generated/openapi.json``, which the client's types are made from; needs an environment
              with the server in it.

With ``--optional`` a machine that cannot build is told so in one line and all is well: the API works without. Standard
library only: it runs before anything of Python's is installed, and while a wheel is built.
"""

import argparse
import gzip
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scripts.node import ROOT, WEB, NodeError, find_node, install

TARGET: Final = ROOT / "src" / "keyturn_server" / "web"
STAMP: Final = TARGET / "build.json"
SCHEMA: Final = WEB / "client" / "src" / "generated" / "openapi.json"
# Raised when this script builds differently.
RECIPE: Final = 1

# What is built from: the two packages' sources and what names their dependencies.
SOURCES: Final = ("app", "client/src", "package-lock.json", "tsconfig.base.json")
NOT_SOURCES: Final = frozenset({"node_modules", "dist", "generated", "test", "tests"})

# Bytes of JavaScript, gzipped, that the first page loads at most.
BUDGET: Final = 90_000
# Files smaller than this travel as they are.
WORTH_PACKING: Final = 600
PACKED: Final = frozenset({".css", ".js", ".json", ".svg", ".webmanifest"})

_SCRIPT: Final = re.compile(r"<script\b([^>]*)>(.*?)</script>", re.DOTALL)
_LOADED: Final = re.compile(
    r'<(?:script\b[^>]*\bsrc|link\b[^>]*\brel="modulepreload"[^>]*\bhref)="/static/web/([^"]+)"'
)
_PLACE: Final = '<script type="application/json" id="keyturn">'


def sources() -> Iterator[Path]:
    """Yield every file that the build reads, in an order that is always the same."""
    for name in SOURCES:
        root = WEB / name
        found = sorted(root.rglob("*")) if root.is_dir() else [root]
        for path in found:
            inside = path.relative_to(WEB)
            if path.is_file() and NOT_SOURCES.isdisjoint(inside.parts) and ".test." not in path.name:
                yield path


def fingerprint() -> str:
    """Return what the sources are, as one SHA-256."""
    digest = hashlib.sha256(f"recipe {RECIPE}\n".encode())
    for path in sources():
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        digest.update(f"{path.relative_to(WEB).as_posix()} {content}\n".encode())
    return digest.hexdigest()


def is_current(wanted: str) -> bool:
    """Whether the package holds an app built from these sources."""
    try:
        return bool(json.loads(STAMP.read_text(encoding="utf-8"))["sources"] == wanted)
    except (OSError, ValueError, KeyError, TypeError):
        return False


def problems_of(name: str, html: str) -> Iterator[str]:
    """Yield what the server's Content Security Policy would not let a page do, and what the server would miss in it."""
    if html.count(_PLACE) != 1:
        yield f"{name} needs exactly one {_PLACE}{{}}</script>"
    for attributes, content in _SCRIPT.findall(html):
        if content.strip() and 'type="application/json"' not in attributes:
            yield f"{name} has an inline script"
    if re.search(r"<style\b|\sstyle=|\son[a-z]+=", html):
        yield f"{name} has an inline style or handler"


def pack(directory: Path) -> None:
    """Put a gzipped copy beside every file that gains by it (WhiteNoise serves it to whoever takes it)."""
    for path in sorted(directory.rglob("*")):
        if path.is_file() and path.suffix in PACKED and path.stat().st_size >= WORTH_PACKING:
            # No time in it: the same sources make the same bytes.
            path.with_name(f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes(), 9, mtime=0))


def first_load(html: str, static: Path) -> int:
    """Return how many gzipped bytes of JavaScript a page names: its scripts and what is loaded ahead."""
    files = {static / name for name in _LOADED.findall(html) if name.endswith(".js")}
    return sum(len(gzip.compress(path.read_bytes(), 9, mtime=0)) for path in files)


def assemble(built: Path, fresh: Path) -> int:
    """Arrange what Vite built as the server wants it: pages apart from files that anyone may load.

    Returns:
        the bytes of the first load.

    Raises:
        NodeError: a page cannot be served.
    """
    static = fresh / "static"
    pages = {"app": built / "index.html", "lab": built / "lab" / "index.html"}
    texts = {name: path.read_text(encoding="utf-8") for name, path in pages.items() if path.exists()}
    if "app" not in texts:
        raise NodeError("the build has no index.html")
    wrong = [problem for name, text in texts.items() for problem in problems_of(f"{name}.html", text)]
    if wrong:
        raise NodeError("; ".join(wrong))
    for path in pages.values():
        path.unlink(missing_ok=True)
    shutil.copytree(built, static, ignore=lambda _, names: [name for name in names if name == "lab"])
    pack(static)
    for name, text in texts.items():
        (fresh / f"{name}.html").write_text(text, encoding="utf-8")
    return first_load(texts["app"], static)


def build_app() -> None:
    """Build the app and put it in the place of the one before.

    Raises:
        NodeError: it cannot be built here.
    """
    wanted = fingerprint()
    if is_current(wanted):
        return
    node = find_node()
    install(node)
    print("Building the web app", flush=True)
    (ROOT / "build").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="web-", dir=ROOT / "build") as directory:
        built, fresh = Path(directory) / "vite", Path(directory) / "fresh"
        vite = ("vite", "build", "app", "--outDir", built, "--logLevel", "warn")
        node.run(*vite, "--emptyOutDir")
        # By itself, so that the first page holds nothing for the sake of sharing it.
        node.run(*vite, "--mode", "lab")
        loaded = assemble(built, fresh)
        stamp = {"sources": wanted, "node": node.version, "first_load": loaded}
        (fresh / STAMP.name).write_text(json.dumps(stamp, indent=1), encoding="utf-8")
        if TARGET.exists():
            TARGET.rename(Path(directory) / "before")
        fresh.rename(TARGET)
    print(f"The web app is built: {loaded / 1000:.1f} kB of JavaScript on its first page, gzipped", flush=True)


def weigh() -> None:
    """Hold the app that was built against its budget.

    Raises:
        NodeError: its first page loads too much, or there is none.
    """
    try:
        loaded = int(json.loads(STAMP.read_text(encoding="utf-8"))["first_load"])
    except (OSError, ValueError, KeyError, TypeError):
        raise NodeError("there is no app to weigh: make web") from None
    told = f"The first page loads {loaded:,} bytes of JavaScript, gzipped; its budget is {BUDGET:,}."
    if loaded > BUDGET:
        raise NodeError(told)
    print(told)


def write_schema() -> None:
    """Write the OpenAPI document, as a development server without a mail server would answer it.

    Raises:
        NodeError: there is no environment to run the server's code in, or it fails.
    """
    python = next((path for path in (Path(sys.executable), ROOT / ".venv/bin/python") if _has_server(path)), None)
    if python is None:
        raise NodeError("the schema needs the server's packages: make setup")
    command: list[str | Path] = [python, "-m", "keyturn_server.cli", "spectacular", "--format", "openapi-json"]
    with tempfile.TemporaryDirectory(prefix="keyturn-schema-") as data:
        own = {name: value for name, value in os.environ.items() if not name.startswith(("KEYTURN_", "DATABASE_"))}
        own |= {"KEYTURN_DEBUG": "1", "KEYTURN_DATA_DIR": data}
        made = subprocess.run(command, env=own, capture_output=True, text=True, check=False)
    if made.returncode:
        raise NodeError(f"{made.stderr}\nthe schema could not be made")
    SCHEMA.parent.mkdir(exist_ok=True)
    if not SCHEMA.exists() or SCHEMA.read_text(encoding="utf-8") != made.stdout:
        SCHEMA.write_text(made.stdout, encoding="utf-8")


def _has_server(python: Path) -> bool:
    if not python.exists():
        return False
    code = "import keyturn_server, drf_spectacular"
    return subprocess.run([str(python), "-c", code], capture_output=True, check=False).returncode == 0


DEEDS: Final[dict[str, Callable[[], None]]] = {
    "app": build_app,
    "budget": weigh,
    "packages": lambda: install(find_node()),
    "schema": write_schema,
}


def main() -> None:
    """Do what is asked; exit with 1, or with ``--optional`` with 0, where this machine cannot."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("what", nargs="?", choices=tuple(DEEDS), default="app")
    parser.add_argument("--optional", action="store_true", help="a machine that cannot is told so, and that is all")
    options = parser.parse_args()
    try:
        DEEDS[options.what]()
    except NodeError as error:
        if not options.optional:
            sys.exit(str(error))
        instead = "the app of before is served" if (TARGET / "app.html").exists() else "a plain page is served instead"
        print(f"No web app was built, {instead}: {error}", flush=True)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("\nInterrupted; the next call goes on from here.")
