"""Which site passkeys belong to, and whose answers are taken: the settings say it, and never a request's ``Host``."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from keyturn import conf
from keyturn.conf.addresses import origin_of
from keyturn.conf.passkeys import fits, is_domain
from keyturn.errors import Reason, RefusedError

__all__ = ["Site", "can_use_passkeys", "passkey_site", "related_origins"]


@dataclass(frozen=True, slots=True)
class Site:
    """A relying party (WebAuthn Level 3 section 4).

    Args:
        rp_id: the domain that passkeys are made for; one made for another is of no use here.
        name: what people call it.
        origins: of the pages and apps whose answers are taken. Exactly these.
    """

    rp_id: str
    name: str
    origins: frozenset[str]


@conf.OncePerSettings
def _site(settings: conf.Settings) -> Site | None:
    """The site of the settings in force; None where there is none, or no page that could use its passkeys."""
    host = (urlsplit(settings.public_url).hostname or "").lower() if settings.public_url else ""
    rp_id = settings.passkey_rp_id or (host if is_domain(host) else "")
    if not rp_id:
        return None
    origins = settings.passkey_origins
    if not origins:
        own = () if settings.public_url is None else (origin_of(settings.public_url),)
        others = (*settings.web_origins, *settings.web_origins_by_header)
        origins = tuple(origin for origin in (*own, *others) if fits(origin, rp_id))
    if not origins:
        return None
    return Site(rp_id=rp_id, name=settings.site_name or rp_id, origins=frozenset(origins))


def can_use_passkeys() -> bool:
    """Whether the settings say which site passkeys would belong to, and a page could use them."""
    return _site() is not None


def passkey_site() -> Site:
    """The site.

    Raises:
        RefusedError: ``passkeys_unavailable``: neither ``PUBLIC_URL`` nor ``PASSKEY_RP_ID`` names a domain, or no
            page under it can use passkeys.
    """
    found = _site()
    if found is None:
        raise RefusedError(Reason.PASSKEYS_UNAVAILABLE, "no domain that passkeys could belong to, or no page of it")
    return found


def related_origins() -> tuple[str, ...]:
    """The pages elsewhere that a browser asks us about before they may use our passkeys (WebAuthn section 5.11)."""
    found = _site()
    if found is None:
        return ()
    return tuple(sorted(one for one in found.origins if one.startswith("https://") and not fits(one, found.rp_id)))
