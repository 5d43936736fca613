"""A provider for all tests of this directory that want one, and what the settings say about it."""

from collections.abc import Iterator
from typing import Any

import pytest

from keyturn.accounts.social import discovery
from tests.services.openid_provider import CLIENT_ID, CLIENT_SECRET, OpenIdProvider
from tests.social.engine import BACK_AT, PUBLIC_URL
from tests.social.liar import Liar, lying


@pytest.fixture(scope="session")
def openid_provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenIdProvider]:
    """The running provider."""
    running = OpenIdProvider(tmp_path_factory.mktemp("openid-provider"), redirect_uris=[f"{BACK_AT}acme"])
    yield running
    running.stop()


@pytest.fixture(autouse=True)
def nothing_known() -> Iterator[None]:
    """Each test finds out anew what a provider says about itself."""
    discovery.forget()
    yield
    discovery.forget()


@pytest.fixture
def acme(openid_provider: OpenIdProvider, settings: Any) -> OpenIdProvider:
    """The provider, configured as ``acme``."""
    configured = {"ISSUER": openid_provider.issuer, "CLIENT_ID": CLIENT_ID, "CLIENT_SECRET": CLIENT_SECRET}
    settings.KEYTURN = {"PUBLIC_URL": PUBLIC_URL, "PROVIDERS": {"acme": configured}}
    return openid_provider


@pytest.fixture
def liar(settings: Any) -> Iterator[Liar]:
    """A provider that lies, configured as ``liar``."""
    with lying() as running:
        settings.KEYTURN = {"PUBLIC_URL": PUBLIC_URL, "PROVIDERS": {"liar": running.configured}}
        yield running
