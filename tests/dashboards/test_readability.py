"""What a person sees of the dashboard in Grafana, as far as its JSON decides it."""

import pytest

from config import Config, Dashboard, IngestionFailures
from contract.document import Json
from dashboards import compozy_monitoring
from preview.field import Field
from tests.dashboards.example import PANELS, by_title, titled

FEW = 4
"""So many areas lie on each other and can still be told apart."""
PAGE = 1280 - 56 - 2 * 16
"""Pixels for panels on a page that is 1280 wide: without Grafana's menu and the page's margins."""
COLUMN = PAGE / 24
LEAST = 150
"""A table's column is at least so many pixels wide, unless its field says otherwise."""

GRAPHS = [panel for panel in PANELS if panel["type"] == "timeseries"]
TABLES = [panel for panel in PANELS if panel["type"] == "table"]
LABELLED = [panel for panel in GRAPHS if "{{" in panel["targets"][0]["legendFormat"]]
"""Graphs with a line for each label set, of which there may be many."""


@by_title([panel for panel in GRAPHS if panel not in LABELLED])
def test_areas_are_few_and_each_has_a_color_of_its_own(panel: Json) -> None:
    assert len(panel["targets"]) <= FEW
    fields = [Field.of(panel, target["legendFormat"]) for target in panel["targets"]]
    colors = [field["color"]["fixedColor"] for field in fields]
    assert len(set(colors)) == len(colors)


@by_title(LABELLED)
def test_of_many_lines_the_worst_and_the_limits_are_in_sight(panel: Json) -> None:
    # Three rows of the legend are in sight, in the order of names with any other order.
    worst = "min" if panel["title"] == "Coverage (15m)" else "max"
    legend = panel["options"]["legend"]
    assert worst in legend["calcs"]
    # Grafana sorts by the title of a column, not by the calculation's name.
    assert (legend["sortBy"], legend["sortDesc"]) == (worst.capitalize(), worst == "max")
    # Grafana fits the axis to the series, and leaves out a limit that is far from them.
    defaults = panel["fieldConfig"]["defaults"]
    axis = defaults["custom"]
    low = axis.get("axisSoftMin", defaults.get("min"))
    high = axis.get("axisSoftMax", defaults.get("max"))
    limits = [step["value"] for step in defaults["thresholds"]["steps"] if step["value"]]
    assert limits
    assert all(low < limit < high for limit in limits)
    assert axis["thresholdsStyle"] == {"mode": "dashed"}  # told from series without colour


@pytest.mark.parametrize(
    ("threshold", "target", "limits"), [(0.01, 95, (95, 99)), (0.2, 85, (80, 85))]
)
def test_coverages_limits_are_in_order_whatever_the_configuration_says(
    threshold: float, target: float, limits: tuple[float, float]
) -> None:
    config = Config(
        failures=IngestionFailures(threshold=threshold),
        dashboard=Dashboard(coverage_target_percent=target),
    )
    (panel,) = (each for each in compozy_monitoring.dashboard(config)["panels"] if each["id"] == 2)
    defaults = panel["fieldConfig"]["defaults"]
    steps = [(step["value"], step["color"]) for step in defaults["thresholds"]["steps"]]
    assert steps == [(None, "red"), (limits[0], "orange"), (limits[1], "green")]
    assert defaults["custom"]["axisSoftMin"] < limits[0]


@by_title(TABLES)
def test_a_tables_columns_fit_a_page_of_1280_pixels(panel: Json) -> None:
    # What does not fit is cut off at the right, where the numbers are.
    renamed = panel["transformations"][1]["options"]["renameByName"].values()
    widths = [
        said.get("custom.width") or max(said.get("custom.minWidth", LEAST), 120)
        for said in (Field.of(panel, name) for name in renamed)
    ]
    assert sum(widths) <= panel["gridPos"]["w"] * COLUMN - 2 * 16
    assert panel["fieldConfig"]["defaults"]["custom"]["filterable"] is False  # no room for icons


def test_failures_lie_below_success_so_that_none_is_not_red() -> None:
    # A series of 0 on top of another draws its own line, in its own colour, along that one's top.
    panel = titled("Events by outcome")
    assert [target["legendFormat"] for target in panel["targets"]] == ["failure", "success"]
    assert Field.of(panel, "failure")["color"]["fixedColor"] == "red"
    custom = panel["fieldConfig"]["defaults"]["custom"]
    assert (custom["stacking"]["mode"], custom["lineWidth"]) == ("normal", 0)


def test_no_data_is_grey_and_says_so_and_a_state_has_a_word() -> None:
    # Without a mapping an empty stat has the colour of its lowest threshold, which is green.
    defaults = titled("Last workflow event")["fieldConfig"]["defaults"]
    (special,) = (each for each in defaults["mappings"] if each["type"] == "special")
    grey = {"color": "#808080", "text": "no data"}
    assert special["options"] == {"match": "null+nan", "result": grey}
    states = titled("Alerts")["fieldConfig"]["defaults"]
    assert states["thresholds"]["steps"] == [{"color": "#808080", "value": None}]
    (mapping,) = states["mappings"]
    assert [each["text"] for each in mapping["options"].values()] == ["normal", "pending", "firing"]


def test_nothing_is_normal_but_what_prometheus_evaluates() -> None:
    # Grafana-managed rules write the same records, and no series ALERTS.
    for target in titled("Alerts")["targets"]:
        assert target["expr"].splitlines()[-1].startswith("or 0 * max(")
        assert 'evaluated_by!="grafana"' in target["expr"].splitlines()[-1]


@by_title(PANELS)
def test_a_panel_asks_recorded_series_for_no_more_points_than_there_are(panel: Json) -> None:
    # A sample a minute, asked for every 15 seconds, is drawn as stairs.
    if panel["title"] == "Events by outcome":
        assert "interval" not in panel  # it reads what is scraped
    else:
        assert panel["interval"] == "1m"


def test_what_is_wrong_since_when_and_where_is_told_on_the_first_screen() -> None:
    # 800 pixels: 190 above the panels, and 38 for each line of the grid.
    first = [p for p in PANELS if p["gridPos"]["y"] + p["gridPos"]["h"] <= (800 - 190) // 38]
    assert [panel["id"] for panel in first] == [5, 100, 6, 2, 3, 10]
