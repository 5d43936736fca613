"""Plots as SVG, written by hand: horizontal bars, and ranges on a logarithmic scale. Readable in light and in dark."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

__all__ = ["Bar", "Course", "Range", "bars", "courses", "figure", "ranges"]

_WIDTH: Final = 720
_LABELS: Final = 240
_ROW: Final = 24
_TOP: Final = 34
_PLOT: Final = _WIDTH - _LABELS - 90
_COLOURS: Final = ("#2f6fdd", "#e08a1e")
_STYLE: Final = (
    "text{font:13px system-ui,sans-serif;fill:#1b1f24}.t{font-weight:600}.m{fill:#5b6570;font-size:12px}"
    ".g{stroke:#d5dae0}@media(prefers-color-scheme:dark){text{fill:#e6e9ec}.m{fill:#a3adb8}.g{stroke:#3a424b}}"
)


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar of one or more parts, one after the other.

    Args:
        label: beside it.
        parts: their lengths; none at all where there is nothing to show.
        note: at its end; the whole, where there is none.
    """

    label: str
    parts: Sequence[float]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Range:
    """A line between two values with a mark at each point.

    Args:
        label: beside it.
        points: ascending, above 0.
    """

    label: str
    points: Sequence[float]


@dataclass(frozen=True, slots=True)
class Course:
    """A line through values at equal distances.

    Args:
        label: in the legend.
        values: from the left to the right.
    """

    label: str
    values: Sequence[float]


def figure(number: float) -> str:
    """A number as people write it: three significant digits, thousands apart."""
    if number >= 100:
        return f"{number:,.0f}"
    return f"{number:.1f}" if number >= 10 else f"{number:.2f}"


def bars(title: str, rows: Sequence[Bar], *, series: Sequence[str] = ()) -> str:
    """Draw bars of one scale.

    Args:
        title: with the unit.
        rows: from the top down.
        series: what the parts of each bar are.
    """
    most = max((sum(row.parts) for row in rows), default=0) or 1
    drawn = [_legend(series)]
    for number, row in enumerate(rows):
        y, x = _TOP + number * _ROW, float(_LABELS)
        drawn.append(_label(row.label, y))
        for part, colour in zip(row.parts, _COLOURS, strict=False):
            length = part / most * _PLOT
            drawn.append(f'<rect x="{x:.1f}" y="{y + 4}" width="{length:.1f}" height="{_ROW - 9}" fill="{colour}"/>')
            x += length
        note = row.note or (figure(sum(row.parts)) if row.parts else "has none")
        drawn.append(f'<text class="m" x="{x + 6:.1f}" y="{y + 17}">{escape(note)}</text>')
    return _svg(title, len(rows), drawn)


def ranges(title: str, rows: Sequence[Range]) -> str:
    """Draw ranges on a logarithmic scale, with a line at each power of ten.

    Args:
        title: with the unit, and what the points are.
        rows: from the top down.
    """
    points = [point for row in rows for point in row.points]
    low, high = math.floor(math.log10(min(points))), math.ceil(math.log10(max(points)))
    span = max(1, high - low)

    def place(value: float) -> float:
        return _LABELS + (math.log10(value) - low) / span * _PLOT

    bottom = _TOP + len(rows) * _ROW
    drawn = []
    for power in range(low, low + span + 1):
        x = place(10**power)
        drawn.append(f'<line class="g" x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP}" y2="{bottom}"/>')
        drawn.append(f'<text class="m" x="{x + 3:.1f}" y="{bottom + 14}">{10.0**power:g}</text>')
    for number, row in enumerate(rows):
        y = _TOP + number * _ROW
        middle = y + 12
        xs = [place(point) for point in row.points]
        drawn.append(_label(row.label, y))
        path = f"M{xs[0]:.1f} {middle}H{xs[-1]:.1f}"
        drawn.append(f'<path d="{path}" stroke="{_COLOURS[0]}" stroke-width="3"/>')
        drawn += [f'<circle cx="{x:.1f}" cy="{middle}" r="4" fill="{_COLOURS[0]}"/>' for x in xs]
        note = " · ".join(figure(point) for point in row.points)
        drawn.append(f'<text class="m" x="{xs[-1] + 8:.1f}" y="{y + 17}">{note}</text>')
    return _svg(title, len(rows) + 1, drawn)


def courses(title: str, rows: Sequence[Course]) -> str:
    """Draw lines from zero up, so that what looks steep is steep.

    Args:
        title: with the unit.
        rows: as many as there are colours.
    """
    height, left = 8 * _ROW, 48
    most = max((value for row in rows for value in row.values), default=0) or 1
    step = 10 ** math.floor(math.log10(most)) / 2
    drawn = [_legend([row.label for row in rows])]
    bottom = _TOP + height
    value = 0.0
    while value <= most:
        y = bottom - value / most * height
        drawn.append(f'<line class="g" x1="{left}" x2="{_WIDTH - 12}" y1="{y:.1f}" y2="{y:.1f}"/>')
        drawn.append(f'<text class="m" x="{left - 6}" y="{y + 4:.1f}" text-anchor="end">{value:g}</text>')
        value += step
    for row, colour in zip(rows, _COLOURS, strict=False):
        apart = (_WIDTH - 12 - left) / max(1, len(row.values) - 1)
        points = " ".join(
            f"{left + number * apart:.1f},{bottom - value / most * height:.1f}"
            for number, value in enumerate(row.values)
        )
        drawn.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
    return _svg(title, 8, drawn)


def _label(text: str, y: int) -> str:
    return f'<text x="{_LABELS - 8}" y="{y + 17}" text-anchor="end">{escape(text)}</text>'


def _legend(series: Sequence[str]) -> str:
    drawn, x = "", _WIDTH - 12
    for name, colour in reversed(list(zip(series, _COLOURS, strict=False))):
        x -= 8 * len(name)
        drawn += f'<text class="m" x="{x}" y="18">{escape(name)}</text>'
        x -= 16
        drawn += f'<rect x="{x}" y="8" width="11" height="11" fill="{colour}"/>'
        x -= 12
    return drawn


def _svg(title: str, rows: int, drawn: Sequence[str]) -> str:
    height = _TOP + rows * _ROW + 6
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img">\n'
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n"
        f'<text class="t" x="8" y="19">{escape(title)}</text>\n' + "\n".join(filter(None, drawn)) + "\n</svg>\n"
    )
