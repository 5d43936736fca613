"""Where Django's admin looks; the page lives in the room that touches requests."""

from keyturn.api.session_admin import SessionAdmin

__all__ = ["SessionAdmin"]
