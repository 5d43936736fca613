"""simplejwt's names, kept: imported from simplejwt, they have Keyturn's guarantees.

This is the only room that imports simplejwt. It changes simplejwt's classes in place when the app is ready, because a
project imports them by their names, subclasses them, and did so before Keyturn came.
"""

__all__ = ["install"]


def install() -> None:
    """Let simplejwt's classes work through Keyturn. Safe to call twice."""
    from keyturn.compat import authentication, blacklist, live_settings, serializers, tokens, views

    live_settings.install()
    tokens.install()
    serializers.install()
    authentication.install()
    views.install()
    blacklist.install()
