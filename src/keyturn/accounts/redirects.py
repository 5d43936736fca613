"""Where a browser may be sent after a page of ours: ``next`` is somebody else's text until it is proved harmless."""

from urllib.parse import urlsplit

from keyturn import conf
from keyturn.conf.addresses import origin_of

__all__ = ["may_redirect_to"]


def may_redirect_to(address: str) -> bool:
    """Whether a browser may be sent there: to ourselves by a path, or to an origin that the settings name.

    Those are the origins of ``PUBLIC_URL``, ``FRONTEND_URLS`` and ``REDIRECT_ORIGINS``.

    Args:
        address: what a request asked for.
    """
    # Browsers drop tabs and line ends, and take a backslash for a slash (WHATWG URL, "basic URL parser").
    if not address.isascii() or not address.isprintable() or " " in address or "\\" in address:
        return False
    try:
        parts = urlsplit(address)
        parts.port  # noqa: B018 - reading it checks it
    except ValueError:
        return False
    if not parts.scheme and not parts.netloc:
        # Two slashes would begin a host (RFC 3986 section 4.2).
        return address.startswith("/") and not address.startswith("//")
    # Browsers find a host after any number of slashes, so exactly two are taken.
    begins = f"{parts.scheme}://{parts.netloc}"
    if parts.scheme not in {"http", "https"} or "@" in parts.netloc or not parts.hostname:
        return False
    return address.lower().startswith(begins.lower()) and origin_of(address) in _own_origins()


def _own_origins() -> set[str]:
    known = conf.get()
    addresses = [*known.frontend_urls.values(), *known.redirect_origins]
    if known.public_url is not None:
        addresses.append(known.public_url)
    return {origin_of(address) for address in addresses}
