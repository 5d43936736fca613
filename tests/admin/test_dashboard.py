"""The dashboard: figures over time as drawings that need no script, and as tables for those who cannot see them."""

import xml.etree.ElementTree as ET
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from keyturn.api.plotting import Bars, bar_plot, nice_ticks
from keyturn.clock import stored, utc_now
from keyturn.trail.models import Tally
from tests.admin.conftest import allow, browser_of

PAGE = "/admin/keyturn/tally/"
SVG = "{http://www.w3.org/2000/svg}"


def tally(name: str, count: int, **ago: float) -> None:
    hour = (utc_now() - timedelta(**ago)).replace(minute=0, second=0, microsecond=0)
    Tally.objects.create(hour=stored(hour), name=name, count=count)


def page(browser: Client, query: str = "") -> str:
    answer = browser.get(PAGE + query)
    assert answer.status_code == 200
    return answer.content.decode()


def plots(text: str) -> list[ET.Element]:
    """The drawings, parsed as XML: whatever is not well-formed fails here."""
    pieces = text.split("<svg ")[1:]
    return [
        ET.fromstring('<svg xmlns="http://www.w3.org/2000/svg" ' + piece.partition("</svg>")[0] + "</svg>")
        for piece in pieces
        if "keyturn-" in piece.partition(">")[0]
    ]


def draw(counts: list[int], *, step: timedelta = timedelta(hours=1), **more: Any) -> ET.Element:
    start = datetime(2026, 3, 1, tzinfo=UTC)
    text = bar_plot(
        slug="p",
        title=more.get("title", "Logins"),
        description=more.get("description", "So many."),
        starts=[start + n * step for n in range(len(counts))],
        step=step,
        bars=more.get("bars") or [Bars(more.get("name", "logins"), counts)],
    )
    return ET.fromstring(text.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1))


def bars_of(plot: ET.Element) -> list[ET.Element]:
    return list(plot.iter(f"{SVG}rect"))


def test_the_dashboard_shows_logins_failures_refreshes_and_reuse(browser):
    tally("login", 1200, hours=2)
    tally("login_failed", 30, hours=2)
    tally("login_blocked", 4, hours=1)
    tally("refresh", 56_000, hours=3)
    tally("refresh_reused", 1, hours=5)

    text = page(browser)

    assert [plot.findtext(f"{SVG}title") for plot in plots(text)] == [
        "Logins",
        "Failed logins",
        "Refreshes",
        "Reuse of refresh tokens",
    ]
    for figure in ("<span>1,200</span>", "<span>34</span>", "<span>56,000</span>", "<span>1</span>"):
        assert figure in text


def test_the_time_shown_can_be_chosen(browser):
    tally("login", 5, hours=1)
    tally("login", 70, days=3)
    tally("login", 900, days=20)

    assert "<span>5</span>" in page(browser)
    assert "<span>5</span>" in page(browser, "?span=24h")
    assert "<span>75</span>" in page(browser, "?span=7d")
    assert "<span>975</span>" in page(browser, "?span=30d")
    assert 'href="?span=7d" aria-current="page"' in page(browser, "?span=7d")


@pytest.mark.parametrize("span", ["", "x", "7D", "%00", "7d%00", "1e9", "..", "%F0%9F%92%A9", "%FF"])
def test_an_unknown_time_is_the_last_day(browser, span):
    tally("login", 5, hours=1)
    tally("login", 70, days=3)

    assert "<span>5</span>" in page(browser, f"?span={span}")


def test_every_plot_is_told_in_words_and_in_a_table(browser):
    tally("login", 5, hours=1)
    hour = (utc_now() - timedelta(hours=1)).strftime("%Y-%m-%d %H:00")

    text = page(browser)

    first = plots(text)[0]
    ids = (first.get("aria-labelledby") or "").split()
    assert [first.findtext(f"{SVG}{name}") for name in ("title", "desc")] == [
        "Logins",
        f"5 in the last 24 hours. The most at {hour} UTC: 5.",
    ]
    assert [element.get("id") for element in first[:2]] == ids
    assert first.get("role") == "img"
    assert f'<th scope="row">{hour}</th><td>5</td>' in text


def test_without_figures_there_are_empty_plots(browser):
    text = page(browser)

    assert len(plots(text)) == 4
    assert not any(bars_of(plot) for plot in plots(text))
    assert text.count("Nothing in this time.") == 4


def test_ids_on_the_page_are_unique(browser):
    import re

    ids = re.findall(r'\bid="([^"]+)"', page(browser))

    assert len(ids) == len(set(ids))


def test_the_page_reads_the_tallies_once(browser, count_statements):
    page(browser)
    with count_statements() as seen:
        page(browser, "?span=30d")

    assert len([statement for statement in seen.statements if "keyturn_tally" in statement]) == 1


def test_the_page_has_neither_scripts_nor_colours_of_its_own(browser):
    tally("login", 5, hours=1)

    content = page(browser).partition('<div id="content-main">')[2].partition('class="keyturn-note"')[0]

    assert "<svg" in content
    for word in ("<script", "onload", "onclick", "style=", "fill=", "#4"):
        assert word not in content


def test_the_dashboard_takes_a_permission(support):
    assert browser_of(support).get(PAGE).status_code == 403

    allow(support, "keyturn.view_tally")

    assert browser_of(support).get(PAGE).status_code == 200


def test_a_stranger_sees_nothing(db, client):
    assert client.get(PAGE).status_code == 302


def test_figures_can_only_be_looked_at(browser):
    tally("login", 5, hours=1)
    row = Tally.objects.get()

    assert (
        browser.post(PAGE, {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"}).status_code
        == 405
    )
    for path in ("add/", f"{row.pk}/change/", f"{row.pk}/delete/", f"{row.pk}/history/"):
        assert browser.get(PAGE + path).status_code == 403, path
        assert browser.post(PAGE + path, {"count": 1, "post": "yes"}).status_code == 403, path

    assert Tally.objects.get().count == 5


def test_the_admins_front_page_leads_to_the_dashboard(browser):
    text = browser.get("/admin/").content.decode()

    assert f'<a href="{PAGE}">Dashboard</a>' in text


@pytest.mark.parametrize(
    ("most", "ticks"),
    [
        (0, [0, 1]),
        (1, [0, 1]),
        (3, [0, 1, 2, 3]),
        (4, [0, 1, 2, 3, 4]),
        (5, [0, 2, 4, 6]),
        (9, [0, 5, 10]),
        (100, [0, 50, 100]),
        (101, [0, 50, 100, 150]),
        (4_779, [0, 2000, 4000, 6000]),
    ],
)
def test_the_scale_has_round_steps(most, ticks):
    assert nice_ticks(most) == ticks


def test_the_scale_reaches_the_highest_bar_and_not_far_above_it():
    for most in (*range(300), 10**6 + 1, 10**12, 2**63):
        ticks = nice_ticks(most)
        assert most <= ticks[-1] <= max(2 * most, 1)
        assert 2 <= len(ticks) <= 5


def test_a_bar_is_as_high_as_its_count():
    heights = [float(bar.get("height") or 0) for bar in bars_of(draw([10, 20, 0, 40]))]

    assert heights == [heights[0], 2 * heights[0], 4 * heights[0]]


def test_bars_stand_on_each_other_and_inside_the_drawing():
    plot = draw([0] * 3, bars=[Bars("wrong", [3, 0, 7]), Bars("blocked", [1, 2, 3])])
    _, _, width, height = (float(number) for number in (plot.get("viewBox") or "").split())

    boxes = [[float(bar.get(name) or 0) for name in ("x", "y", "width", "height")] for bar in bars_of(plot)]

    lower, upper = boxes[0], boxes[1]
    assert upper[0] == lower[0]
    assert abs(upper[1] + upper[3] - lower[1]) < 0.05
    for x, y, across, high in boxes:
        assert 0 <= x <= x + across <= width
        assert 0 <= y <= y + high <= height


def test_one_among_a_million_can_be_seen():
    heights = sorted(float(bar.get("height") or 0) for bar in bars_of(draw([1, 1_000_000])))

    assert heights[0] >= 1


def test_the_bar_that_still_grows_looks_different():
    assert [bar.get("class") for bar in bars_of(draw([5, 5, 5]))] == ["bar-1", "bar-1", "bar-1 now"]


def test_each_bar_tells_its_time_and_count():
    told = [bar.findtext(f"{SVG}title") for bar in bars_of(draw([1234], name="logins"))]

    assert told == ["2026-03-01 00:00: 1,234 logins"]


@pytest.mark.parametrize(
    ("step", "number", "labels"),
    [
        (timedelta(hours=1), 24, ["00:00", "04:00", "08:00", "12:00", "16:00", "20:00"]),
        (timedelta(hours=3), 56, [f"{day:02} Mar" for day in range(1, 8)]),
        (timedelta(days=1), 30, ["05 Mar", "10 Mar", "15 Mar", "20 Mar", "25 Mar", "30 Mar"]),
    ],
)
def test_the_times_below_are_hours_or_days(step, number, labels):
    texts = [one.text for one in draw([0] * number, step=step).iter(f"{SVG}text") if one.get("text-anchor") == "middle"]

    assert texts == labels


def test_words_are_text_and_no_markup():
    plot = draw([1], title="<b>&", description='"><script>', name="<i>")

    assert plot.findtext(f"{SVG}title") == "<b>&"
    assert plot.find(f"{SVG}script") is None
