"""A certificate for ``localhost`` that nobody vouches for but whoever is told to."""

import ssl
from dataclasses import dataclass
from pathlib import Path

from tests.services.certificates import make_certificate

__all__ = ["Certificate", "make"]


@dataclass(frozen=True)
class Certificate:
    """Its file, and that of its key."""

    file: Path
    key: Path

    def context(self):
        """For a server."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.file, self.key)
        return context


def make(directory):
    """Make one in a directory."""
    made = Certificate(directory / "cert.pem", directory / "key.pem")
    make_certificate("localhost", certificate=made.file, key=made.key)
    return made
