"""What holds back the zero-traffic warning: the deployed rules in a real Alertmanager."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from config import IngestionFailures, TokenSpike, ZeroTraffic
from contract.names import SERVICE
from stack.servers import started
from stack.supervisor import Supervisor
from tests.conftest import free_port
from tests.documents import yaml_examples
from tools import ROOT
from tools.http import Api
from tools.promtool import Promtool

Labels = dict[str, str]

CRITICAL = {"service": SERVICE, "severity": "critical"}
WARNING = {"service": SERVICE, "severity": "warning"}
SILENCE = {"alertname": ZeroTraffic.name, "component": "workflow", **WARNING}
LABEL_SET = {"provider": "openai", "model": "gpt-4o"}
(DOWN_RULE,) = yaml_examples("docs/delivery.md", "alert: CompozyDown")
"""The page's rule file with the alert for a Compozy that is gone."""


class Alertmanager(Api):
    """A running Alertmanager, by its API."""

    wait: Callable[[Callable[[], bool], str], object]

    def send(self, *alerts: Labels, **times: str) -> None:
        """Post alerts, as Prometheus does; `endsAt` in the past resolves them."""
        body = [{"labels": labels, **times} for labels in alerts]
        self.call("POST", "/api/v2/alerts", json=body)

    def inhibited(self, labels: Labels) -> bool:
        """Whether the alert with these labels, which must be there, is held back."""
        (alert,) = (each for each in self.get("/api/v2/alerts") if each["labels"] == labels)
        return bool(alert["status"]["inhibitedBy"])

    def catch_up(self) -> None:
        """Return when all alerts sent so far count: they do in order, so send a known pair last."""
        control = {**SILENCE, "component": "control"}
        self.send({"alertname": "Control", **CRITICAL, "component": "control"}, control)
        self.wait(lambda: self.inhibited(control), "an alert that is held back")


@pytest.fixture
def alertmanager(tmp_path: Path) -> Iterator[Alertmanager]:
    """Alertmanager with the deployed routes and rules, whose receivers tell nobody."""
    config = yaml.safe_load((ROOT / "cluster/alertmanager/alertmanager.yml").read_text())
    config["receivers"] = [{"name": receiver["name"]} for receiver in config["receivers"]]
    file = tmp_path / "alertmanager.yml"
    file.write_text(yaml.safe_dump(config))
    address = f"127.0.0.1:{free_port()}"
    with Supervisor(tmp_path / "run") as supervisor:
        running = Alertmanager(started(supervisor, "alertmanager", file, address))
        running.wait = supervisor.wait
        yield running


def test_the_alert_of_a_total_outage_holds_the_silence_alone_back_while_it_lasts(
    alertmanager: Alertmanager,
) -> None:
    (rule,) = yaml.safe_load(DOWN_RULE)["groups"][0]["rules"]
    outage = {"alertname": rule["alert"], **rule["labels"]}
    about = {"component": "workflow", **LABEL_SET}
    spike = {"alertname": TokenSpike.name, **about, **WARNING}
    failures = {"alertname": IngestionFailures.name, **about, **CRITICAL}
    alertmanager.send(outage, SILENCE, spike, failures)
    alertmanager.catch_up()
    sent = (outage, spike, failures, SILENCE)
    assert [alertmanager.inhibited(each) for each in sent] == [False, False, False, True]
    alertmanager.send(outage, failures, endsAt="2001-01-01T00:00:00Z")
    alertmanager.wait(lambda: not alertmanager.inhibited(SILENCE), "the end of the outage")


def test_nothing_less_than_a_total_outage_holds_the_silence_back(
    alertmanager: Alertmanager,
) -> None:
    outage = {"alertname": "Down", "component": "workflow", **CRITICAL}
    alertmanager.send(
        {**outage, "alertname": IngestionFailures.name, "component": "task", **LABEL_SET},
        {**outage, "alertname": TokenSpike.name, **LABEL_SET, **WARNING},
        {"alertname": "CompozyDown", **CRITICAL},  # names no component
        {**outage, "service": "other"},
        {**outage, "cluster": "other"},
        SILENCE,
    )
    alertmanager.catch_up()
    assert not alertmanager.inhibited(SILENCE)


def test_the_pages_outage_alert_fires_when_not_one_instance_answers(tmp_path: Path) -> None:
    rules = tmp_path / "down.yaml"
    rules.write_text(DOWN_RULE)
    one = 'up{job="compozy", instance="a"}'
    other = 'up{job="compozy", instance="b"}'
    both_gone_at_1m = {one: "1 0+0x10", other: "0+0x10"}
    cases = [
        _case({one: "0+0x10", other: "1+0x10"}, "10m", fires=False),
        _case(both_gone_at_1m, "5m", fires=False),
        _case(both_gone_at_1m, "6m", fires=True),
        _case({'up{job="other"}': "1+0x10"}, "5m", fires=True),
    ]
    test = tmp_path / "test.yaml"
    test.write_text(yaml.safe_dump({"rule_files": [str(rules)], "tests": cases}))
    promtool = Promtool.found()
    promtool.check_rules(rules)
    promtool.test_rules(test)


def _case(series: dict[str, str], when: str, *, fires: bool) -> dict[str, Any]:
    """A promtool test of whether the alert fires at `when` over samples of every minute."""
    alert = {
        "exp_labels": {"component": "workflow", **CRITICAL},
        "exp_annotations": {"summary": "No instance of Compozy answers"},
    }
    expected = {"eval_time": when, "alertname": "CompozyDown", "exp_alerts": [alert] * fires}
    samples = [{"series": name, "values": values} for name, values in series.items()]
    return {"interval": "1m", "input_series": samples, "alert_rule_test": [expected]}
