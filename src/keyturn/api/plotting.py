"""Bars over time as inline SVG: no library, no script, readable without seeing it (title, description, and a table).

Colours come from the style sheet by class, so a plot follows the page from light to dark.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

__all__ = ["Bars", "bar_plot", "nice_ticks", "span_in_words"]

# Units of the drawing; the page scales it.
_WIDTH: Final = 480
_HEIGHT: Final = 180
_LEFT: Final = 44
_RIGHT: Final = 14
_TOP: Final = 10
_BOTTOM: Final = 24
_GAP: Final = 0.25
"""Of a span's width, between two bars."""
_STEPS: Final = (1, 2, 5)


@dataclass(frozen=True, slots=True)
class Bars:
    """One kind of bars; several kinds stand on top of each other.

    Args:
        name: in words.
        counts: one for each span.
    """

    name: str
    counts: Sequence[int]


def bar_plot(
    *, slug: str, title: str, description: str, starts: Sequence[datetime], step: timedelta, bars: Sequence[Bars]
) -> SafeString:
    """Draw a plot.

    Args:
        slug: tells its ids from those of other plots on the page.
        title: what it shows.
        description: the same with its figures, for those who cannot see it.
        starts: when each span begins; UTC.
        step: how long each is.
        bars: from the bottom up, each with as many counts as there are spans; the last span is the one under way.
    """
    totals = [sum(counts) for counts in zip(*(one.counts for one in bars), strict=True)]
    ticks = nice_ticks(max(totals, default=0))
    floor, roof = _HEIGHT - _BOTTOM, _TOP
    scale = (floor - roof) / ticks[-1]
    width = (_WIDTH - _LEFT - _RIGHT) / max(len(starts), 1)
    return format_html(
        '<svg viewBox="0 0 {} {}" role="img" aria-labelledby="{slug}-title {slug}-desc">'
        '<title id="{slug}-title">{}</title><desc id="{slug}-desc">{}</desc>{}{}{}</svg>',
        _WIDTH,
        _HEIGHT,
        title,
        description,
        format_html_join("", "{}", ((_tick(tick, floor - tick * scale),) for tick in ticks)),
        format_html_join("", "{}", ((one,) for one in _drawn(starts, step, bars, width, scale, floor))),
        format_html_join("", "{}", ((one,) for one in _times(starts, step, width, floor))),
        slug=slug,
    )


def nice_ticks(most: int) -> list[int]:
    """Whole numbers from 0 up to at least ``most``, four steps or fewer, each step 1, 2 or 5 times a power of ten."""
    power = 1
    while True:
        for step in _STEPS:
            if step * power * 4 >= most:
                size = step * power
                return list(range(0, max(-(-most // size), 1) * size + 1, size))
        power *= 10


def _tick(value: int, y: float) -> SafeString:
    return format_html(
        '<line class="{}" x1="{}" x2="{}" y1="{}" y2="{}"/><text x="{}" y="{}" text-anchor="end">{}</text>',
        "grid" if value else "axis",
        _LEFT,
        _WIDTH - _RIGHT,
        _short(y),
        _short(y),
        _LEFT - 6,
        _short(y + 4),
        _compact(value),
    )


def _drawn(
    starts: Sequence[datetime], step: timedelta, bars: Sequence[Bars], width: float, scale: float, floor: float
) -> list[SafeString]:
    drawn = []
    for position, start in enumerate(starts):
        top = floor
        # The last span is not over: its bar will grow.
        fresh = " now" if position == len(starts) - 1 else ""
        for kind, one in enumerate(bars, 1):
            count = one.counts[position]
            if not count:
                continue
            # A thousand logins must not hide the one reuse: every bar can be seen.
            height = max(count * scale, 1.5)
            top -= height
            drawn.append(
                format_html(
                    '<rect class="bar-{}{}" x="{}" y="{}" width="{}" height="{}"><title>{}: {} {}</title></rect>',
                    kind,
                    fresh,
                    _short(_LEFT + (position + _GAP / 2) * width),
                    _short(top),
                    _short(width * (1 - _GAP)),
                    _short(height),
                    span_in_words(start, step),
                    f"{count:,}",
                    one.name,
                )
            )
    return drawn


def _times(starts: Sequence[datetime], step: timedelta, width: float, floor: float) -> list[SafeString]:
    """The labels of the time axis: hours of a day, days of a longer time."""
    days = len(starts) * step > timedelta(days=2)
    whole_days = step >= timedelta(days=1)
    every = max(len(starts) // 6, 1)
    labels = []
    for position, start in enumerate(starts):
        if whole_days:
            due = (len(starts) - 1 - position) % every == 0
        else:
            due = start.hour == 0 if days else start.hour % 4 == 0
        x = _LEFT + (position + (0.5 if whole_days else 0)) * width
        if due and _LEFT <= x <= _WIDTH - 16:
            labels.append(
                format_html(
                    '<line class="axis" x1="{x}" x2="{x}" y1="{}" y2="{}"/>'
                    '<text x="{x}" y="{}" text-anchor="middle">{}</text>',
                    _short(floor),
                    _short(floor + 4),
                    _short(floor + 17),
                    f"{start:%d %b}" if days else f"{start:%H:%M}",
                    x=_short(x),
                )
            )
    return labels


def span_in_words(start: datetime, step: timedelta) -> str:
    """When a span is, in UTC: ``2026-03-02`` or ``2026-03-02 09:00``."""
    return f"{start:%Y-%m-%d}" if step >= timedelta(days=1) else f"{start:%Y-%m-%d %H:%M}"


def _short(number: float) -> str:
    return f"{number:.2f}".rstrip("0").rstrip(".")


def _compact(number: int) -> str:
    """At most five characters: 950, 1.2k, 30k, 4M."""
    for size, letter in ((10**9, "G"), (10**6, "M"), (10**3, "k")):
        if number >= size:
            return f"{_short(round(number / size, 1))}{letter}"
    return str(number)
