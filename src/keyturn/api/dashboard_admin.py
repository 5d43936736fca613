"""The dashboard: logins, failures, refreshes and reuse over time, where the admin would list rows of numbers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, Never

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.template.response import TemplateResponse
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from keyturn.api.plotting import Bars, bar_plot, span_in_words
from keyturn.clock import utc_now
from keyturn.trail.models import Tally
from keyturn.trail.reading import Series, series
from keyturn.trail.tally import Tallied

__all__ = ["DashboardAdmin"]


if TYPE_CHECKING:
    _ModelAdmin = admin.ModelAdmin[Tally]
else:
    _ModelAdmin = admin.ModelAdmin


@dataclass(frozen=True, slots=True)
class _Span:
    """A time to look at, and how long the spans of its bars are."""

    title: Any
    length: timedelta
    step: timedelta


_SPANS: Final = {
    "24h": _Span(_("24 hours"), timedelta(days=1), timedelta(hours=1)),
    "7d": _Span(_("7 days"), timedelta(days=7), timedelta(hours=3)),
    "30d": _Span(_("30 days"), timedelta(days=30), timedelta(days=1)),
}

_PLOTS: Final = (
    (_("Logins"), (Tallied.LOGIN,)),
    (_("Failed logins"), (Tallied.LOGIN_FAILED, Tallied.LOGIN_BLOCKED)),
    (_("Refreshes"), (Tallied.REFRESH,)),
    (_("Reuse of refresh tokens"), (Tallied.REFRESH_REUSED,)),
)

_NAMES: Final = {
    Tallied.LOGIN: _("logins"),
    Tallied.LOGIN_FAILED: _("refused"),
    Tallied.LOGIN_BLOCKED: _("too many attempts"),
    Tallied.REFRESH: _("refreshes"),
    Tallied.REFRESH_REUSED: _("sessions ended by reuse"),
}


@dataclass(frozen=True, slots=True)
class _Plot:
    """A plot as the template shows it."""

    title: str
    total: str
    names: Sequence[tuple[str, str]]
    svg: SafeString
    rows: Sequence[tuple[str, Sequence[str]]]


@admin.register(Tally)
class DashboardAdmin(_ModelAdmin):
    """Figures to look at. Nothing can be changed."""

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Show the plots of the last ``?span=`` ``24h``, ``7d`` or ``30d``; anything else is 24 hours.

        Raises:
            PermissionDenied: without ``keyturn.view_tally``.
        """
        if not self.has_view_permission(request):
            raise PermissionDenied
        if request.method not in {"GET", "HEAD"}:
            return HttpResponseNotAllowed(["GET", "HEAD"])
        chosen = request.GET.get("span", "")
        chosen = chosen if chosen in _SPANS else "24h"
        span = _SPANS[chosen]
        found = series(now=utc_now(), span=span.length, step=span.step)
        # By it the template's links lead to this site, where a project has several.
        request.current_app = self.admin_site.name
        context = {
            **self.admin_site.each_context(request),
            **(extra_context or {}),
            "opts": self.opts,
            "title": _("Dashboard"),
            "spans": [(slug, one.title, slug == chosen) for slug, one in _SPANS.items()],
            "plots": [_plot(found, title, names, span) for title, names in _PLOTS],
        }
        return TemplateResponse(request, "admin/keyturn/dashboard.html", context)

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Never:
        """Refuse: a single row says nothing.

        Raises:
            PermissionDenied: always.
        """
        raise PermissionDenied

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> Never:
        """Refuse, as :meth:`change_view`."""
        raise PermissionDenied

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Rows come from counting only."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Tally | None = None) -> bool:
        """Nobody changes what was counted."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Tally | None = None) -> bool:
        """The command of retention deletes."""
        return False


def _plot(found: Series, title: Any, names: Sequence[Tallied], span: _Span) -> _Plot:
    bars = [Bars(str(_NAMES[name]), found.counts[name]) for name in names]
    total = sum(found.total(name) for name in names)
    busiest = max(range(len(found.starts)), key=lambda n: sum(one.counts[n] for one in bars))
    description = gettext("%(total)s in the last %(span)s.") % {"total": f"{total:,}", "span": span.title}
    if total:
        description += " " + gettext("The most at %(when)s UTC: %(count)s.") % {
            "when": span_in_words(found.starts[busiest], found.step),
            "count": f"{sum(one.counts[busiest] for one in bars):,}",
        }
    return _Plot(
        title=str(title),
        total=f"{total:,}",
        names=[(one.name, f"{sum(one.counts):,}") for one in bars],
        svg=bar_plot(
            slug=f"keyturn-{names[0].value}",
            title=str(title),
            description=description,
            starts=found.starts,
            step=found.step,
            bars=bars,
        ),
        rows=[
            (span_in_words(start, found.step), [f"{one.counts[n]:,}" for one in bars])
            for n, start in enumerate(found.starts)
            if any(one.counts[n] for one in bars)
        ],
    )
