import math
import time
from typing import Any

import pytest

from preview.field import GREY, Field, color
from tests.preview.example import panel

STEPS = {"steps": [{"color": "green", "value": None}, {"color": "red", "value": 30.0}]}
MAPPINGS = [
    {"type": "value", "options": {"1": {"text": "pending", "color": "orange"}}},
    {"type": "range", "options": {"from": 1440, "to": None, "result": {"text": "none in 24h"}}},
    {"type": "special", "options": {"match": "null+nan", "result": {"text": "unknown"}}},
]


def _field(**defaults: Any) -> Field:
    return Field.of(panel("stat", **defaults), "x")


@pytest.mark.parametrize(
    ("unit", "decimals", "value", "text"),
    [
        ("percent", None, 99.55555, "99.56 %"),
        ("percent", 2, 100.0, "100.00 %"),
        ("percentunit", 1, 0.5, "50.0 %"),
        ("ms", None, 12_345.6, "12,350 ms"),
        ("short", None, 1469.0, "1.47 K"),
        ("short", 0, 7_950_000.0, "8 Mil"),
        ("short", None, 12.0, "12"),
        ("none", None, 1469.0, "1,469"),
        ("opm", None, 240.0, "240/min"),
        ("m", 0, 1.4, "1 min"),
        ("currencyUSD", None, 2.0, "2 currencyUSD"),
        (None, None, 2.5, "2.5"),
    ],
)
def test_a_number_is_written_in_its_unit(
    unit: str | None, decimals: int | None, value: float, text: str
) -> None:
    assert _field(unit=unit, decimals=decimals).text(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(1, "pending"), (1500.0, "none in 24h"), (2, "2"), (None, "unknown"), (math.nan, "unknown")],
)
def test_a_mapping_says_what_a_value_means(value: float | None, text: str) -> None:
    assert _field(mappings=MAPPINGS).text(value) == text


@pytest.mark.parametrize("unit", ["time:MMM D HH:mm", "dateTimeAsIso"])
def test_a_moment_is_written_in_the_time_of_this_machine(unit: str) -> None:
    at = time.mktime((2026, 4, 1, 21, 30, 0, 0, 0, -1))
    assert _field(unit=unit).text(1000 * at) == "Apr 01 21:30"


def test_what_has_no_value_says_so_and_is_grey() -> None:
    assert _field().text(None) == "No data"
    assert _field(noValue="nothing scraped").text(None) == "nothing scraped"
    assert _field(thresholds=STEPS).color(None) == GREY
    assert _field(thresholds=STEPS).color(math.nan) == GREY


@pytest.mark.parametrize(("value", "name"), [(0, "green"), (29.9, "green"), (30, "red")])
def test_the_highest_threshold_that_is_reached_gives_the_colour(value: float, name: str) -> None:
    assert _field(thresholds=STEPS).color(value) == color(name)


def test_a_mappings_colour_goes_before_the_thresholds() -> None:
    assert _field(thresholds=STEPS, mappings=MAPPINGS).color(1) == color("orange")


@pytest.mark.parametrize(
    ("name", "same"),
    [("semi-dark-red", "red"), ("gray", "grey"), ("#abcdef", "#abcdef"), ("rgb(1, 2, 3)", None)],
)
def test_names_of_colours_are_grafanas_or_those_of_css(name: str, same: str | None) -> None:
    assert color(name) == color(same or name)
    assert color("red") == "#c4162a"


@pytest.mark.parametrize(
    ("matcher", "unit"),
    [
        ({"id": "byName", "options": "Failures"}, "ms"),
        ({"id": "byName", "options": "Other"}, "percent"),
        ({"id": "byRegexp", "options": "/^Fail/"}, "ms"),
        ({"id": "byType", "options": "number"}, "percent"),
    ],
)
def test_an_override_is_for_the_series_that_it_matches(matcher: dict[str, str], unit: str) -> None:
    overrides = [{"matcher": matcher, "properties": [{"id": "unit", "value": "ms"}]}]
    made = panel("table", unit="percent", overrides=overrides)
    assert Field.of(made, "Failures").get("unit") == unit
