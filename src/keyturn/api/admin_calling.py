"""Who acts in Django's admin: whatever its pages do, the trail names the administrator, the address and the browser."""

import functools
from collections.abc import Callable
from typing import Any

from django.apps import apps
from django.http import HttpRequest

from keyturn.api.client import calling
from keyturn.trail.calling import acted_by

__all__ = ["install"]


def install() -> None:
    """Change the admin's site class in place, for every site of the project. Safe to call twice."""
    if not apps.is_installed("django.contrib.admin"):
        return
    from django.contrib.admin.sites import AdminSite  # noqa: PLC0415 - not every project has it

    site: Any = AdminSite
    if not hasattr(site.admin_view, "keyturn_stock"):
        site.admin_view = _known(site.admin_view)


def _known(admin_view: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(admin_view)
    def wrapper(self: Any, view: Any, cacheable: bool = False) -> Any:
        inner = admin_view(self, view, cacheable)

        @functools.wraps(inner)
        def called(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            with calling(request):
                actor = getattr(getattr(request, "user", None), "pk", None)
                if actor is not None:
                    acted_by(str(actor))
                return inner(request, *args, **kwargs)

        return called

    wrapper.keyturn_stock = admin_view  # type: ignore[attr-defined]
    return wrapper
