"""What each type of panel draws, held against what plotly takes."""

from typing import Any

import plotly.graph_objects as go
import pytest
import requests

from config import Config
from dashboards import compozy_monitoring
from preview.field import GREY, INK, color
from preview.figure import Figure, clock
from preview.panel_types import TYPES
from preview.panels import annotations, drawn
from preview.queries import Series
from preview.timeline import DONE, Event, timeline
from tests.preview.example import VIEW, Example, panel, series

DASHBOARD = compozy_monitoring.dashboard(Config())
BLUE = {"steps": [{"color": "blue", "value": None}]}
LINES = (series("a", 1, 2, None, 4, 5), series("b", 5, 4, 3, 2, 1))


def _draw(made: dict[str, Any], *shown: Series) -> Figure:
    figure = TYPES[made["type"]](made, shown, VIEW)
    go.Figure(figure)  # refuses properties and values that plotly does not know
    return figure


def test_a_line_has_a_hole_where_there_is_no_sample_and_its_newest_value_in_its_name() -> None:
    figure = _draw(panel("timeseries", unit="percent"), *LINES)
    one, other = figure["data"]
    assert (one["name"], one["y"]) == ("a: 5 %", [1, 2, None, 4, 5])
    assert (other["name"], other["y"]) == ("b: 1 %", [5, 4, 3, 2, 1])
    assert (one["x0"], one["dx"]) == (clock(VIEW.begin), 10_000)
    assert figure["layout"]["xaxis"]["range"] == [clock(VIEW.begin), clock(VIEW.end)]


@pytest.mark.parametrize(
    ("legend", "order"),
    [
        ({"sortBy": "Min", "sortDesc": False}, "ba"),
        ({"sortBy": "Max", "sortDesc": True}, "ba"),
        ({}, "ab"),
    ],
)
def test_lines_are_in_the_order_of_the_legend(legend: dict[str, Any], order: str) -> None:
    lines = (series("a", 1, 4, 2), series("b", 5, 0, 3))
    figure = _draw(panel("timeseries", {"legend": legend}), *lines)
    assert "".join(trace["name"][0] for trace in figure["data"]) == order


def test_areas_stand_on_one_another_but_for_a_line_of_its_own() -> None:
    own = [
        {"id": "custom.stacking", "value": {"mode": "none"}},
        {"id": "custom.lineStyle", "value": {"fill": "dash"}},
        {"id": "color", "value": {"mode": "fixed", "fixedColor": "red"}},
    ]
    made = panel(
        "timeseries",
        custom={"stacking": {"mode": "normal", "group": "A"}},
        overrides=[{"matcher": {"id": "byName", "options": "b"}, "properties": own}],
    )
    area, line = _draw(made, *LINES)["data"]
    assert area["stackgroup"] == "A"
    assert "stackgroup" not in line
    assert (line["line"]["dash"], line["line"]["color"]) == ("dash", color("red"))


@pytest.mark.parametrize(("style", "drawn"), [("dashed", [95]), ("off", [])])
def test_thresholds_are_lines_where_the_panel_shows_them(style: str, drawn: list[int]) -> None:
    thresholds = {"steps": [{"color": "red", "value": None}, {"color": "green", "value": 95}]}
    made = panel("timeseries", thresholds=thresholds, custom={"thresholdsStyle": {"mode": style}})
    assert [shape["y0"] for shape in _draw(made, *LINES)["layout"]["shapes"]] == drawn


def test_a_heatmap_has_what_each_bucket_has_on_its_own() -> None:
    buckets = (
        series("+Inf", 9, 9, le="+Inf"),
        series("0.1", 4, 8, le="0.1"),
        series("0.5", 8, 8, le="0.5"),
    )
    (cells,) = _draw(panel("heatmap", {"color": {"exponent": 0.5}}), *buckets)["data"]
    assert cells["y"] == ["0.1 s", "0.5 s", "+Inf s"]
    assert [row[:2] for row in cells["customdata"]] == [[4, 8], [4, None], [1, 1]]
    assert cells["z"][0][0] == 2


def test_states_are_bars_from_their_first_to_their_last_sample() -> None:
    states = {"0": {"text": "quiet", "color": "green"}, "2": {"text": "firing", "color": "red"}}
    made = panel("state-timeline", mappings=[{"type": "value", "options": states}])
    quiet, firing = _draw(made, series("A", 0, 2, 2, 0, 0))["data"]
    assert (firing["name"], firing["marker"]["color"]) == ("firing", color("red"))
    assert (firing["base"], firing["x"]) == ([clock(VIEW.begin + 10)], [20_000])
    assert quiet["base"] == [clock(VIEW.begin), clock(VIEW.begin + 30)]


def test_a_number_stands_on_its_thresholds_colour_and_none_on_grey() -> None:
    thresholds = {"steps": [{"color": "#abcdef", "value": None}, {"color": "red", "value": 30}]}
    made = panel("stat", unit="m", thresholds=thresholds)
    for shown, text, ground in (
        ([series("", 1, 30)], "30 min", "#c4162a"),
        ([series("", 30, 29.9)], "29.9 min", "#abcdef"),
        ([], "No data", GREY),
    ):
        layout = _draw(made, *shown)["layout"]
        (annotation,), (shape,) = layout["annotations"], layout["shapes"]
        assert (annotation["text"], shape["fillcolor"]) == (text, ground)


def test_a_table_has_a_line_for_each_set_of_labels_in_the_panels_order_and_colours() -> None:
    columns = {"model": "Model", "Value #A": "Coverage", "Value #B": "Failures"}
    many = {"type": "value", "options": {"3": {"text": "many", "color": "orange"}}}
    coloured = [
        {"id": "mappings", "value": [many]},
        {"id": "custom.cellOptions", "value": {"type": "color-text"}},
    ]
    overrides = [{"matcher": {"id": "byName", "options": "Failures"}, "properties": coloured}]
    by_coverage = {"sortBy": [{"displayName": "Coverage", "desc": False}]}
    made = {
        **panel("table", by_coverage, decimals=1, overrides=overrides),
        "transformations": [
            {"id": "merge"},
            {"id": "organize", "options": {"renameByName": columns}},
        ],
    }
    shown = (
        series("", 100, model="m", job="j"),
        series("", 50, model="n", job="j"),
        series("", 3.0, query="B", model="n", job="j"),
    )
    (table,) = _draw(made, *shown)["data"]
    assert table["header"]["values"] == ["Model", "Coverage", "Failures"]
    assert table["cells"]["values"] == [["n", "m"], ["50.0", "100.0"], ["many", "No data"]]
    assert table["cells"]["font"]["color"] == [[INK] * 2, [INK] * 2, [color("orange"), INK]]
    assert table["columnwidth"] == [len("Model"), len("Coverage"), len("Failures")]


def test_bars_have_their_names_and_values() -> None:
    made = panel("bargauge", unit="short", thresholds=BLUE)
    (bars,) = _draw(made, series("a", 1500), series("b", 7))["data"]
    assert (bars["y"], bars["x"], bars["text"]) == (["a", "b"], [1500, 7], ["1.50 K", "7"])


def _alone(made: dict[str, Any], api: Example, *events: Event) -> Figure:
    dashboard = {"panels": [made], "annotations": {"list": []}, "templating": {"list": []}}
    return drawn(api, dashboard, VIEW, events)["1"]


class _Refuses(Example):
    def query_range(self, *_: Any) -> list[dict[str, Any]]:
        raise requests.HTTPError("400 Client Error")


@pytest.mark.parametrize(
    ("api", "text"),
    [
        (Example(), "No data"),
        (Example({"": [{"metric": {}, "values": ["NaN", "+Inf"]}]}), "No data"),
        (_Refuses(), "Prometheus refuses the query: 400 Client Error"),
    ],
)
def test_a_panel_without_values_says_so_and_why(api: Example, text: str) -> None:
    event = Event(VIEW.begin + 5, "done", "it began")
    layout = _alone(panel("timeseries"), api, event)["layout"]
    assert [one["text"] for one in layout["annotations"]] == [text]
    assert not layout["shapes"]  # it has no time axis for the event


def test_a_sample_that_is_no_number_is_a_hole_and_not_text_that_a_browser_cannot_read() -> None:
    (line,) = _alone(
        panel("timeseries"), Example({"": [{"metric": {"model": "m"}, "values": [1, "NaN", 3]}]})
    )["data"]
    assert (line["name"], line["y"][:3]) == ("m: 3", [1, None, 3])


def test_an_annotation_is_a_region_where_it_has_series_in_its_colour() -> None:
    api = Example({"critical": [{"metric": {}, "values": [None, 1, 1, None, 1]}]})
    found = [(one["x0"], one["x1"], one["fillcolor"]) for one in annotations(api, DASHBOARD, VIEW)]
    at = VIEW.begin
    assert found == [
        (clock(at + 10), clock(at + 30), color("red")),
        (clock(at + 40), clock(VIEW.end), color("red")),
    ]


def test_the_time_axis_has_what_was_done_and_each_alerts_states_and_pages() -> None:
    api = Example(
        {"ALERTS": [{"metric": {"alertname": "A", "alertstate": "firing"}, "values": [None, 1, 1]}]}
    )
    events = [
        Event(VIEW.begin + 1, "done", "PostgreSQL is stopped"),
        Event(VIEW.begin + 12, "paged", "A: paged", "A"),
        Event(VIEW.end + 1, "resolved", "A: resolved", "A"),
    ]
    figure = timeline(api, ["A", "B"], events, VIEW)
    go.Figure(figure)
    traces = {trace["name"]: trace for trace in figure["data"]}
    assert traces["firing"]["base"] == [clock(VIEW.begin + 10)]
    assert traces["firing"]["y"] == traces["paged"]["y"] == traces["resolved"]["y"] == ["A"]
    assert traces["pending"]["y"] == []
    assert (traces["done"]["y"], traces["done"]["text"]) == ([DONE], ["1"])
    assert traces["done"]["hovertext"] == ["PostgreSQL is stopped"]
    assert figure["layout"]["yaxis"]["categoryarray"] == ["B", "A", DONE]
    (line,) = figure["layout"]["shapes"]
    assert line["x0"] == clock(VIEW.begin + 10)
    marked = [traces[kind]["x"] for kind in ("done", "paged", "resolved")]
    assert marked == [[clock(VIEW.begin + after)] for after in (10, 20, 40)]
