"""Where Keyturn's endpoints are: given, or read from the issuer's metadata (RFC 8414)."""

import threading
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from keyturn.verifier.moments import elapsed
from keyturn.verifier.settings import Options
from keyturn.verifier.transport import NoAnswerError, Transport, checked_url

__all__ = ["Endpoints"]

_WELL_KNOWN: Final = "/.well-known/oauth-authorization-server"
_LIMIT: Final = 262_144
_DOUBT_AT_MOST_EVERY: Final = 30.0


class Endpoints:
    """The endpoints of one issuer. The metadata is read when first needed, and again after :meth:`doubt`.

    Args:
        options: what the verifier was told.
        transport: asks.
    """

    def __init__(self, options: Options, transport: Transport) -> None:
        self._options = options
        self._transport = transport
        self._lock = threading.Lock()
        self._metadata: Mapping[str, Any] | None = None
        self._doubted = False
        self._asked_at = float("-inf")

    def jwks(self) -> str:
        """The URL of the keys.

        Raises:
            NoAnswerError: the metadata cannot be had, or names none.
        """
        return self._options.jwks_uri or self._named("jwks_uri", renew=self._doubted)

    def introspection(self) -> str:
        """The URL of RFC 7662. Errors as :meth:`jwks`."""
        return self._options.introspection_uri or self._named("introspection_endpoint")

    def revocations(self) -> str:
        """The URL of the revocation feed: Keyturn's own, beside its other endpoints. Errors as :meth:`jwks`."""
        return self._options.revocations_uri or self._named(
            "keyturn_revocations_endpoint", otherwise="revocations/", renew=self._doubted
        )

    def doubt(self) -> None:
        """Read the metadata anew before keys or feed are next asked for: an endpoint may have moved.

        Not more than twice a minute; and what was read before is used where it cannot be read now.
        """
        if elapsed() - self._asked_at > _DOUBT_AT_MOST_EVERY:
            self._doubted = True

    def _named(self, name: str, *, otherwise: str | None = None, renew: bool = False) -> str:
        url = self._read(renew=renew).get(name)
        if url is None and otherwise is not None:
            url = f"{self._options.issuer.rstrip('/')}/{otherwise}"
        if not isinstance(url, str):
            raise NoAnswerError(f"the issuer's metadata has no {name}")
        try:
            return checked_url(url, what=f"{name} of the issuer's metadata")
        except ValueError as error:
            raise NoAnswerError(str(error)) from None

    def _read(self, *, renew: bool) -> Mapping[str, Any]:
        found = self._metadata
        if found is not None and not renew:
            return found
        with self._lock:
            found = self._metadata
            if found is not None and not (renew and self._doubted):
                return found
            self._doubted, self._asked_at = False, elapsed()
            try:
                found = self._metadata = self._ask()
            except NoAnswerError:
                if found is None:
                    raise
            return found

    def _ask(self) -> Mapping[str, Any]:
        issuer = self._options.issuer
        parts = urlsplit(issuer)
        path = parts.path.rstrip("/")
        # RFC 8414 section 3.1 puts the path behind; many servers under a prefix have it in front only.
        urls = [f"{parts.scheme}://{parts.netloc}{_WELL_KNOWN}{path}"]
        if path:
            urls.append(f"{parts.scheme}://{parts.netloc}{path}{_WELL_KNOWN}")
        status = 0
        for url in urls:
            answer = self._transport.ask("GET", url, timeout=self._options.timeout, limit=_LIMIT)
            status = answer.status
            if status == 200:
                metadata = answer.json_object("the issuer's metadata")
                if metadata.get("issuer") != issuer:
                    # RFC 8414 section 3.3: it is somebody else's, and must not be used.
                    raise NoAnswerError("the metadata is that of another issuer: check the issuer's exact spelling")
                return metadata
        raise NoAnswerError(f"the issuer's metadata is answered with {status}")
