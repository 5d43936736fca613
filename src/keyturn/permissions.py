"""``permission_classes = [RecentlyAuthenticated.within(minutes=5)]`` in a project's own views: how-to/step-up.md."""

from keyturn.api.step_up import RecentlyAuthenticated, StronglyAuthenticated

__all__ = ["RecentlyAuthenticated", "StronglyAuthenticated"]
