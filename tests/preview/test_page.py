"""The page of a history, in a real headless Chromium."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from config import Config, IngestionFailures
from preview.page import POLICY, Source
from preview.timeline import Event
from stack.history import END
from stack.journal import Journal
from stack.pager import Notice, Pager, served
from stack.preview import SHOWN, source
from tests.preview.example import Example
from tools.browser import find, page_of
from tools.http import PrometheusApi
from tools.process import awaited

if TYPE_CHECKING:
    from playwright.sync_api import Page

RED = "rgb(196, 22, 42)"
MINUTES = SHOWN * 60 + 1
FIRING = {"alertname": str(IngestionFailures.name), "alertstate": "firing"}
LABELS = {"component": "task", "provider": "openai", "model": "gpt-4o", "le": "0.5", "where": "a"}
API = Example(
    {
        "count by (alertname": [{"metric": FIRING, "values": [None, *[1] * 60]}],
        'severity="critical"': [{"metric": {}, "values": [None, *[1] * 60]}],
        "": [{"metric": {**FIRING, **LABELS}, "values": [0, *[2] * (MINUTES - 1)]}],
    }
)
NOTICES = [
    Notice(END, "firing", FIRING, {"description": "5 % of them"}, {}, "on-call"),
    Notice(END, "resolved", FIRING, {"summary": "It ended"}, {}, "on-call"),
]


@dataclass
class Shown:
    """A page in a browser, what it shows, and what went wrong in it."""

    page: "Page"
    source: Source
    address: str
    errors: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def shown() -> Iterator[Shown]:
    """The page of the outage, once all is drawn, in a browser of another time zone than ours."""
    made = source("outage", Config(), Journal(Path(), doing="a replayed history"))
    made.api, made.messages = API, lambda: NOTICES
    paged = Event(END, "paged", "on the pager", FIRING["alertname"])
    done = made.events()
    made.events = lambda: [*done, paged]
    program, environment = find()
    environment = {**environment, "TZ": "Pacific/Kiritimati"}
    with served(0, Pager(), made) as address, page_of(program, environment) as page:
        found = Shown(page, made, address)
        page.on("console", lambda it: found.errors.extend([it.text] if it.type == "error" else []))
        page.on("pageerror", lambda error: found.errors.append(str(error)))
        page.on("request", lambda request: found.asked.append(request.url))
        page.goto(address)
        page.wait_for_selector("body[data-drawn]")
        yield found


def _panels(shown: Shown) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Each panel, and its figure."""
    figures = shown.source.shown()["panels"]
    for panel in shown.source.dashboard["panels"]:
        if panel["type"] != "row":
            yield panel, figures[str(panel["id"])]


def _value(figure: dict[str, Any]) -> str:
    """Something that a figure says in words."""
    if not figure["data"]:
        return str(figure["layout"]["annotations"][0]["text"])
    trace = figure["data"][0]
    if trace["type"] == "table":
        return str(trace["cells"]["values"][-1][0])
    return str(trace["text"][0] if "text" in trace else trace["name"] or trace["y"][0])


def test_a_browser_shows_each_panels_title_and_a_value_of_it(shown: Shown) -> None:
    for panel, figure in _panels(shown):
        place = shown.page.locator(f"#panel-{panel['id']}")
        title = shown.page.locator("section.panel", has=place).locator("h2")
        assert title.inner_text() == panel["title"]
        assert title.is_visible()
        assert _value(figure) in place.evaluate("one => one.textContent"), panel["title"]


def test_the_incident_is_marked_on_the_graphs_and_on_the_time_axis(shown: Shown) -> None:
    for panel, _ in _panels(shown):
        if panel["type"] == "timeseries":
            shapes = shown.page.locator(f"#panel-{panel['id']} .shapelayer path")
            styles = shapes.evaluate_all("all => all.map(one => one.getAttribute('style'))")
            assert any(RED in style for style in styles), panel["title"]
    axis = shown.page.locator("#timeline")
    assert FIRING["alertname"] in axis.evaluate("one => one.textContent")
    bars = axis.locator(".bars path").evaluate_all("all => all.map(one => one.style.fill)")
    assert RED in bars
    done = shown.page.locator("#done li").all_inner_texts()
    assert [one.endswith("begins") for one in done] == [True, False]


def test_the_newest_message_is_first_with_the_time_of_the_graphs_wherever_the_browser_is(
    shown: Shown,
) -> None:
    clock = time.strftime("%H:%M:%S", time.localtime(END))
    assert [one.strip() for one in shown.page.locator("#messages li").all_inner_texts()] == [
        f"{clock} resolved: It ended",
        f"{clock} firing: {FIRING['alertname']} 5 % of them",
    ]


def test_panels_stand_where_the_dashboard_puts_them(shown: Shown) -> None:
    whole = shown.page.locator("main").bounding_box()
    assert whole is not None
    gap, row, column = 6, 40, (whole["width"] + 6) / 24
    for panel in shown.source.dashboard["panels"]:
        title, grid = shown.page.locator("main h2", has_text=panel["title"]), panel["gridPos"]
        box = title.first.locator("xpath=..").bounding_box()
        wanted = {
            "x": whole["x"] + grid["x"] * column,
            "y": whole["y"] + grid["y"] * row,
            "width": grid["w"] * column - gap,
            "height": grid["h"] * row - gap,
        }
        assert box == pytest.approx(wanted, abs=0.1)


def test_the_console_has_no_error_and_nothing_is_asked_elsewhere(shown: Shown) -> None:
    assert shown.errors == []
    assert all(url.startswith((shown.address, "data:", "blob:")) for url in shown.asked)
    answer = shown.page.request.get(shown.address)
    assert answer.headers["content-security-policy"] == POLICY


@pytest.mark.parametrize(
    ("api", "told"),
    [
        (PrometheusApi("http://127.0.0.1:1"), "Prometheus at http://127.0.0.1:1 does not answer"),
        (None, "Its history is not made"),
    ],
)
def test_a_prometheus_that_goes_away_is_told_and_its_return_as_well(
    shown: Shown, monkeypatch: pytest.MonkeyPatch, api: PrometheusApi | None, told: str
) -> None:
    away = shown.page.locator("#away")
    assert away.is_hidden()
    with monkeypatch.context() as patch:
        patch.setattr(shown.source, "api", api)
        away.wait_for(state="visible", timeout=60_000)
        assert away.inner_text() == f"{told}: what is shown is from before"
        assert shown.page.locator("body.stale").count() == 1
    away.wait_for(state="hidden", timeout=60_000)
    assert shown.errors == []


@pytest.mark.parametrize("ended", ["yes", ""])
def test_a_page_that_was_given_the_end_stays_as_it_is_and_another_says_that_its_server_is_gone(
    shown: Shown, ended: str
) -> None:
    page, status = shown.page.context.new_page(), {"doing": "runs"}
    made = replace(shown.source, status=lambda: status, _asked=-60)
    assert not made.watched()
    with served(0, Pager(), made) as address:
        page.goto(address)
        assert awaited(made.watched)  # it asks again and again, however long it takes to draw
        status = {"doing": "went well", "ended": ended}
        page.locator("#doing", has_text="went well").wait_for()
        assert not ended or awaited(lambda: not made.watched())
    away = "" if ended else "What served this page has ended: what is shown is from before"
    assert awaited(lambda: page.locator("#away").inner_text() == away)
    page.close()
