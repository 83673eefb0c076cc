"""The rules of Grafana's dashboard-linter that speak of Prometheus dashboards, each by its name.

What is excluded stands, with its reason, in the linter's own file beside the dashboard.
"""

import inspect
import re
from typing import Any

import yaml
from grafana_foundation_sdk.models import units

from contract.metrics import TargetLabel
from delivery.targets import DASHBOARDS
from tests.dashboards.example import DASHBOARD, PANELS, VARIABLES, by_target, by_title
from tools import ROOT

EXCLUSIONS = yaml.safe_load((ROOT / DASHBOARDS / ".lint").read_text())["exclusions"]
UNITS = {value for name, value in inspect.getmembers(units) if name[0].isupper()}
SOURCE = {"type": "prometheus", "uid": "${datasource}"}


def test_template_and_uneditable_dashboard_rules() -> None:
    source = VARIABLES["datasource"]
    found = (source["type"], source["query"], source["label"])
    assert found == ("datasource", "prometheus", "Data source")
    assert DASHBOARD["editable"] is False
    for name in VARIABLES.keys() - {"datasource"}:
        variable = VARIABLES[name]
        assert variable["label"] == name.capitalize()
        assert (variable["datasource"], variable["multi"]) == (SOURCE, True)
        assert variable["refresh"] == 2  # when the time range changes
        assert variable["query"]["query"] == variable["definition"]  # Grafana asks the first
        assert variable["allValue"] == (".+" if name in set(TargetLabel) else ".*")


@by_title()
def test_panel_datasource_title_description_no_targets_and_units_rules(
    panel: dict[str, Any],
) -> None:
    assert panel["datasource"] == SOURCE
    assert all(panel[key] for key in ("title", "description", "targets"))
    fields = panel["fieldConfig"]
    units = [
        each["value"]
        for of in fields["overrides"]
        for each in of["properties"]
        if each["id"] == "unit"
    ]
    for unit in (fields["defaults"]["unit"], *units):
        assert unit in UNITS or unit.startswith("time:")


@by_target
def test_target_rate_interval_counter_agg_job_and_instance_rules(
    panel: dict[str, Any], target: dict[str, Any]
) -> None:
    expr = target["expr"]
    assert target["datasource"] == panel["datasource"]
    assert re.findall(r"\bi?rate\([^\[]*\[([^\]]*)\]", expr) in ([], ["$__rate_interval"])
    assert "_total" not in re.sub(r"\b(i?rate|increase)\([^()]*\)", "", expr)
    for label in ("job", "instance"):
        excluded = {entry["panel"] for entry in EXCLUSIONS[f"target-{label}-rule"]["entries"]}
        if panel["title"] in excluded:
            # The reason holds: what it reads is recorded, or an alert.
            for series in re.findall(r"([\w:]+)\{", expr):
                assert ":" in series or series in {"ALERTS", "ALERTS_FOR_STATE"}
        else:
            assert f'{label}=~"${label}"' in expr


def test_the_exclusions_name_panels_that_there_are_and_have_reasons() -> None:
    titles = {panel["title"] for panel in PANELS}
    assert EXCLUSIONS.keys() == {"target-job-rule", "target-instance-rule"}
    for exclusion in EXCLUSIONS.values():
        assert len(exclusion["reason"]) > 20
        assert {entry["panel"] for entry in exclusion["entries"]} < titles
        assert {entry["dashboard"] for entry in exclusion["entries"]} == {DASHBOARD["title"]}
