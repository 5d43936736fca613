"""oidc-provider, a certified OpenID provider, as a process of its own; and somebody who signs in at it."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final
from urllib.parse import urljoin, urlsplit

import requests

from scripts.node import MODULES, WEB, find_node
from tests.services.ports import free_port
from tests.services.process import ServerProcess, clean_environment

__all__ = ["CLIENT_ID", "CLIENT_SECRET", "OpenIdProvider", "Person", "is_installed", "path_of"]

CLIENT_ID: Final = "keyturn"
CLIENT_SECRET: Final = "a-secret-for-tests-only"

_SECONDS: Final = 30.0
_HOPS: Final = 12


def is_installed() -> bool:
    """Whether ``npm ci`` has brought the program."""
    return (MODULES / "oidc-provider").is_dir()


class OpenIdProvider:
    """The running provider; any name can sign in, with any password.

    Args:
        directory: for its output.
        redirect_uris: where it may lead browsers back to.
    """

    def __init__(self, directory: Path, *, redirect_uris: Sequence[str]) -> None:
        port = free_port()
        environment = {"REDIRECT_URIS": " ".join(redirect_uris), "CLIENT_ID": CLIENT_ID, "CLIENT_SECRET": CLIENT_SECRET}
        self.process = ServerProcess(
            [find_node().node, str(WEB / "e2e" / "provider" / "server.mjs")],
            port=port,
            directory=directory,
            environment=clean_environment(environment),
        )
        self.issuer = f"http://localhost:{port}"
        self.process.wait_until_it_answers("/jwks", seconds=_SECONDS)

    def stop(self) -> None:
        """End it."""
        self.process.stop()


class Person:
    """Somebody with a browser of their own, signed in at the provider once they have been there."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._browser = requests.Session()

    def visit(self, location: str, *, back_at: str) -> str:
        """Open an address at the provider, sign in and consent if asked, until it leads back.

        Args:
            location: where the server sends the browser.
            back_at: what the address begins with that the provider leads back to.

        Returns:
            That address, with the provider's answer in it; it is not opened.
        """
        answer = self._browser.get(location, allow_redirects=False, timeout=_SECONDS)
        for _ in range(_HOPS):
            if answer.is_redirect:
                address = urljoin(answer.url, answer.headers["Location"])
                if address.startswith(back_at):
                    return address
                answer = self._browser.get(address, allow_redirects=False, timeout=_SECONDS)
                continue
            assert answer.status_code == 200, (answer.status_code, answer.text[:500])
            answer = self._filled_in(answer)
        raise AssertionError(f"the provider leads nowhere: {answer.url}")

    def cancel(self, location: str, *, back_at: str) -> str:
        """Open an address at the provider, and turn back."""
        answer = self._browser.get(location, allow_redirects=True, timeout=_SECONDS)
        abort = re.search(r'href="([^"]*/abort)"', answer.text)
        assert abort is not None, answer.text[:500]
        answer = self._browser.get(urljoin(answer.url, abort[1]), allow_redirects=False, timeout=_SECONDS)
        for _ in range(_HOPS):
            address = urljoin(answer.url, answer.headers["Location"])
            if address.startswith(back_at):
                return address
            answer = self._browser.get(address, allow_redirects=False, timeout=_SECONDS)
        raise AssertionError(f"the provider leads nowhere: {answer.url}")

    def _filled_in(self, page: requests.Response) -> requests.Response:
        action = re.search(r'<form[^>]* action="([^"]+)"', page.text)
        prompt = re.search(r'name="prompt" value="(\w+)"', page.text)
        assert action is not None, page.text[:500]
        assert prompt is not None, page.text[:500]
        filled = {"prompt": prompt[1]} | ({"login": self.name, "password": "any"} if prompt[1] == "login" else {})
        return self._browser.post(urljoin(page.url, action[1]), data=filled, allow_redirects=False, timeout=_SECONDS)


def path_of(address: str) -> str:
    """Path and query of an address, for Django's test client."""
    parts = urlsplit(address)
    return f"{parts.path}?{parts.query}"
