"""``make dev``: the demo, where every edit is seen at once.

Vite serves the app's pages on port 5173 and replaces what was edited inside an open page; it hands the calls of the API
to a Keyturn server on port ``PORT`` (8000), which is started anew when a file of Python's or a template changes.
Ctrl-C stops both.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scripts.node import BIN, ROOT, WEB, NodeError, find_node, install

WATCHED: Final = ("*.py", "*.html", "*.mo")
SECONDS_BETWEEN_LOOKS: Final = 0.5
# As many as `keyturn serve` lets requests take to end.
PATIENCE: Final = 12


@dataclass(frozen=True, slots=True)
class Program:
    """What is started, and how."""

    command: Sequence[str | Path]
    directory: Path
    environment: dict[str, str]

    def start(self, *, quiet: bool = False) -> subprocess.Popen[bytes]:
        """Start it. ``quiet`` hides what it prints, not what it logs."""
        return subprocess.Popen(
            self.command,
            cwd=self.directory,
            env={**os.environ, **self.environment},
            stdout=subprocess.DEVNULL if quiet else None,
        )


def looked_at() -> dict[Path, int]:
    """Return the time of every watched file's last change, in nanoseconds."""
    found = {}
    for pattern in WATCHED:
        for path in (ROOT / "src").rglob(pattern):
            try:
                found[path] = path.stat().st_mtime_ns
            except FileNotFoundError:
                # Editors write beside a file and rename.
                continue
    return found


def stop(process: subprocess.Popen[bytes]) -> None:
    """End a program politely, and if it does not listen, at once."""
    if process.poll() is not None:
        return
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def vite(port: str) -> Program | None:
    """Return Vite's server of pages; None, with a line that says why, where it cannot run."""
    try:
        node = find_node()
        install(node)
    except NodeError as error:
        print(f"No page is served by Vite: {error}", flush=True)
        return None
    print("== Pages with hot reload: http://localhost:5173/ (Vite); open this one", flush=True)
    command: list[str | Path] = [node.node, BIN / "vite", "app", "--clearScreen", "false"]
    return Program(command, WEB, {"KEYTURN_URL": f"http://127.0.0.1:{port}"})


def watch(server: Program, pages: Program | None) -> None:
    """Run both until one is told to stop or Vite ends."""
    seen = looked_at()
    running = server.start()
    beside = pages.start() if pages else None
    try:
        while beside is None or beside.poll() is None:
            time.sleep(SECONDS_BETWEEN_LOOKS)
            now = looked_at()
            changed = sorted(path for path in {*seen, *now} if seen.get(path) != now.get(path))
            seen = now
            if changed:
                print(f"== {changed[0].relative_to(ROOT)} changed: starting the server anew", flush=True)
                stop(running)
                running = server.start(quiet=True)
    finally:
        stop(running)
        if beside is not None:
            stop(beside)


def main() -> None:
    """Serve until Ctrl-C."""
    port = os.environ.get("PORT") or "8000"
    server = Program([Path(sys.executable).parent / "keyturn", "demo"], ROOT, {"PORT": port})
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    watch(server, vite(port))


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
