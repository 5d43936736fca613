"""Where Django's admin looks; the pages live in the room that touches requests."""

from keyturn.api.client_admin import ServiceClientAdmin
from keyturn.api.session_admin import SessionAdmin

__all__ = ["ServiceClientAdmin", "SessionAdmin"]
