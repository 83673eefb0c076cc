"""Mistakes that promtool accepts silently are errors here."""

from pathlib import Path

import pytest
import yaml

from contract.names import AlertName
from rules_tests.promtool_files import RulesTestError, load
from tools.promtool import Promtool

FILES = sorted(Path(__file__).parent.glob("*_test.yaml"))
RULES = "groups: [{name: g, rules: [{alert: Down, expr: up == 0}]}]\n"
CASE = {"eval_time": "1m", "alertname": "Down"}


def _file(folder: Path, *tests: dict[str, object]) -> Path:
    (folder / "rules.yml").write_text(RULES)
    file = folder / "a_test.yaml"
    file.write_text(yaml.safe_dump({"rule_files": ["rules.yml"], "tests": list(tests)}))
    return file


def test_a_named_test_is_found(tmp_path: Path) -> None:
    (found,) = load(_file(tmp_path, {"name": "quiet", "alert_rule_test": [CASE]}))
    assert found.name == "quiet"
    assert found.expectations() == [("Down", False)]


@pytest.mark.parametrize(
    ("tests", "said"),
    [
        ([{"alert_rule_test": [CASE]}], "every test needs a name of its own: ''"),
        ([{"name": "a", "alert_rule_test": [CASE]}] * 2, "every test needs a name of its own: 'a'"),
        ([{"name": "a"}], "a: expects nothing"),
        (
            [{"name": "a", "alert_rule_test": [{**CASE, "alertname": "Donw"}]}],
            r"a: no such alert: \['Donw'\]",
        ),
        (
            [
                {
                    "name": "a",
                    "input_series": [{"series": "up", "values": "1x5 0x9"}],
                    "alert_rule_test": [CASE],
                }
            ],
            "a: 0x9 is the hexadecimal number 9",
        ),
    ],
)
def test_what_cannot_be_meant_is_refused(
    tmp_path: Path, tests: list[dict[str, object]], said: str
) -> None:
    with pytest.raises(RulesTestError, match=said):
        load(_file(tmp_path, *tests))


@pytest.mark.parametrize("alert", AlertName)
def test_each_alert_is_shown_firing_and_shown_quiet(alert: AlertName) -> None:
    shown = {
        fires
        for file in FILES
        for test in load(file)
        for name, fires in test.expectations()
        if name == alert
    }
    assert shown == {True, False}


@pytest.mark.parametrize("alert", AlertName)
def test_each_alerts_labels_and_annotations_are_asserted_in_full(alert: AlertName) -> None:
    expected = [
        shown
        for file in FILES
        for test in load(file)
        for case in test.body.get("alert_rule_test", ())
        if case["alertname"] == alert
        for shown in case.get("exp_alerts") or ()
    ]
    assert any(
        {"severity", "service", "component"} <= shown["exp_labels"].keys()
        and {"summary", "description", "runbook_url", "dashboard_url"}
        <= shown["exp_annotations"].keys()
        for shown in expected
    )


@pytest.mark.parametrize("folder", ["plain", "x[1]*?"])
def test_a_test_alone_finds_its_rules_from_anywhere(tmp_path: Path, folder: str) -> None:
    there = tmp_path / folder
    there.mkdir()
    firing = {**CASE, "exp_alerts": [{"exp_labels": {}}]}
    series = [{"series": "up", "values": "0+0x5"}]
    body: dict[str, object] = {"name": "a", "input_series": series, "alert_rule_test": [firing]}
    (found,) = load(_file(there, body))
    alone = tmp_path / "elsewhere.yaml"
    alone.write_text(found.alone())
    assert "SUCCESS" in Promtool.found().test_rules(alone)
