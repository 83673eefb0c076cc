"""The preview, drawn from a real history and opened once in a browser."""

import io
import json
import re
from itertools import combinations
from pathlib import Path
from typing import Any

import matplotlib.image as mpimg
import numpy as np
import pytest

from contract.config import Config
from dashboards import dashboards
from preview.__main__ import write
from preview.page import NOTICE
from preview.scenes import SCENES
from tests.conftest import Command, Played
from tools.browser import find

DASHBOARD = dashboards(Config())[0]
PANELS = {panel["title"]: panel for panel in DASHBOARD["panels"]}

MEASURE = """
<script>
const boxes = [...document.querySelectorAll("main > *")].map(element => {
  const title = element.matches("h2") ? element : element.querySelector("h2");
  const [own, text] = [element, title].map(each => each.getBoundingClientRect());
  const drawn = element.querySelector("svg")?.getBoundingClientRect().height ?? 0;
  const seen = text.width > 0 && text.height > 0 && getComputedStyle(title).display !== "none";
  return {title: title.textContent, seen, drawn, x: own.x, y: own.y, w: own.width, h: own.height};
});
document.body.append(Object.assign(document.createElement("pre"), {
  id: "boxes", textContent: JSON.stringify(boxes)}));
</script>
"""


@pytest.fixture(scope="session")
def drawn(history: Played, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The page and the picture of the outage."""
    made = history("outage")
    view = SCENES["outage"].view(made, hours=5)
    page, image = write(made, view, "outage", tmp_path_factory.mktemp("preview"))
    return page, image


def test_a_browser_shows_every_panel_in_its_place_with_its_title(
    drawn: tuple[Path, Path], tmp_path: Path
) -> None:
    page = tmp_path / "measured.html"
    page.write_text(drawn[0].read_text().replace("</body>", f"{MEASURE}</body>"))
    shown = find().document(page)
    found = re.search(r'<pre id="boxes">(.*?)</pre>', shown, re.DOTALL)
    assert found is not None
    boxes = {box["title"]: box for box in json.loads(found[1])}
    assert boxes.keys() == PANELS.keys()
    for title, box in boxes.items():
        assert box["seen"], title
        assert (box["drawn"] > 50) == (PANELS[title]["type"] != "row"), title
    for one, other in combinations(boxes.values(), 2):
        assert not _overlap(one, other), (one["title"], other["title"])
        for axis in "xy":
            places = [PANELS[box["title"]]["gridPos"][axis] for box in (one, other)]
            assert (places[0] < places[1]) == (round(one[axis]) < round(other[axis]))


def _overlap(one: dict[str, float], other: dict[str, float]) -> bool:
    return all(
        one[start] < other[start] + other[size] and other[start] < one[start] + one[size]
        for start, size in (("x", "w"), ("y", "h"))
    )


def test_the_page_says_what_it_is_and_needs_nothing_from_elsewhere(
    drawn: tuple[Path, Path],
) -> None:
    text = drawn[0].read_text()
    assert NOTICE in text
    assert not re.findall(r'(?:src|href)="(?!#|data:)[^"]*"', text)


@pytest.mark.parametrize(
    ("title", "texts"),
    [
        ("Coverage (15m)", ["unit: %", "threshold 95 %", "agent openai/gpt-4o", "and 12 more"]),
        ("Failure Rate (5m)", ["unit: %", "threshold 1 %"]),
        ("Latency (p95/p99)", ["unit: ms", "threshold 100 ms", "p95", "p99"]),
        ("Alerts", ["normal", "pending", "firing", "TokenSpike"]),
        ("Last workflow event", ["unit: min", "thresholds: 30 min red"]),
        ("Worst coverage (15m)", ["Coverage", "Flushes", "100.00 %", "and 8 more"]),
        ("Events by outcome", ["unit: /min", "success", "failure"]),
        ("Tokens (15m)", ["prompt", "completion", "24h average", "limit (3 x 24h average)"]),
        ("Tokens against the 24h average", ["threshold 3"]),
        ("Latency spread", ["+Inf s", "0.001 s"]),
        ("Top models by tokens", ["openai/gpt-4o-mini"]),
    ],
)
def test_a_drawing_has_its_unit_thresholds_and_legend(
    drawn: tuple[Path, Path], title: str, texts: list[str]
) -> None:
    sections = re.findall(r"<section.*?</section>", drawn[0].read_text(), re.DOTALL)
    (section,) = (each for each in sections if f"<h2>{title}</h2>" in each)
    drawing = section.partition("<svg")[2]
    for text in texts:
        assert f">{text}</text>" in drawing, text


def test_the_picture_has_something_in_every_panels_place(drawn: tuple[Path, Path]) -> None:
    pixels = mpimg.imread(io.BytesIO(drawn[1].read_bytes()), format="png")
    lines = max(panel["gridPos"]["y"] + panel["gridPos"]["h"] for panel in PANELS.values())
    height, width = pixels.shape[0] / lines, pixels.shape[1] / 24
    for title, panel in PANELS.items():
        place = panel["gridPos"]
        cells = pixels[
            int(place["y"] * height) : int((place["y"] + place["h"]) * height),
            int(place["x"] * width) : int((place["x"] + place["w"]) * width),
            :3,
        ]
        assert np.ptp(cells) > 0.5, title


def test_the_same_history_gives_the_same_bytes(
    history: Played, drawn: tuple[Path, Path], tmp_path: Path
) -> None:
    made = history("outage")
    again = write(made, SCENES["outage"].view(made, hours=5), "outage", tmp_path)
    assert [file.read_bytes() for file in again] == [file.read_bytes() for file in drawn]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--scenario", "flood"), "invalid choice: 'flood'"),
        (("--hours", "0.1"), "--hours: 0.25 to 6 for outage"),
        (("--hours", "7"), "--hours: 0.25 to 6 for outage"),
    ],
)
def test_the_command_refuses_what_it_cannot_draw(
    command: Command, arguments: tuple[str, ...], told: str
) -> None:
    done: Any = command("preview", *arguments)
    assert done.returncode == 2
    assert told in done.stderr
    assert "Traceback" not in done.stderr
