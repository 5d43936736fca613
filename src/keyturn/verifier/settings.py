"""What a verifier was told, checked once."""

import ssl
from dataclasses import dataclass, field

from keyturn.verifier.transport import checked_url

__all__ = ["Options"]

_LEEWAY_AT_MOST = 60.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Options:
    """See :class:`keyturn.verifier.Verifier` for what each means; times are in seconds.

    Raises:
        ValueError: they contradict each other, or a URL cannot be used; the text says which.
    """

    issuer: str
    audience: str | tuple[str, ...] | None
    client_id: str | None
    client_secret: str | None = field(repr=False)
    feed: bool
    staleness: float
    poll_interval: float
    jwks_keep: float
    leeway: float
    timeout: float
    jwks_uri: str | None
    introspection_uri: str | None
    revocations_uri: str | None
    ssl_context: ssl.SSLContext | None = field(repr=False)

    def __post_init__(self) -> None:
        issuer = checked_url(self.issuer, what="issuer")
        if "?" in issuer:
            raise ValueError("issuer must have no query (RFC 8414 section 2)")
        for name in ("jwks_uri", "introspection_uri", "revocations_uri"):
            if (url := getattr(self, name)) is not None:
                checked_url(url, what=name)
        if self.audience is not None and (not self.audience or not all(self.audience)):
            raise ValueError("audience must not be empty; None does not look at it")
        if self.feed and not (self.client_id and self.client_secret):
            raise ValueError(
                "following the feed needs client_id and client_secret; without them say feed=False, and a revoked"
                " session is noticed only when its access token expires"
            )
        if not self.feed and (self.client_id is not None or self.client_secret is not None):
            raise ValueError("with feed=False nothing is asked by client_id and client_secret: leave them out")
        for name in ("staleness", "poll_interval", "jwks_keep", "timeout"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} must be more than 0 seconds")
        if self.poll_interval >= self.staleness:
            raise ValueError("poll_interval must be shorter than staleness, or every token is introspected")
        if not 0 <= self.leeway <= _LEEWAY_AT_MOST:
            # Keyturn remembers a revoked session for an access lifetime and 60 s.
            raise ValueError(f"leeway must be between 0 and {_LEEWAY_AT_MOST:g} seconds")
