"""The deployed Alertmanager: who hears of which alert, and what holds one back.

Routes and receivers are asked of amtool, inhibition of a real Alertmanager.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import yaml

from config import Config, IngestionFailures, TokenSpike, ZeroTraffic
from contract.metrics import USAGE_LABELS
from contract.names import SERVICE
from rules_tests.results import results
from stack.servers import started
from stack.supervisor import Supervisor
from tests.conftest import free_port
from tests.documents import yaml_examples
from tools import ROOT
from tools.http import Api
from tools.locate import find
from tools.process import awaited, succeeded
from tools.promtool import Promtool

FOLDER = ROOT / "cluster/alertmanager"
CONFIG = FOLDER / "alertmanager.yml"
EXAMPLES = FOLDER / "receivers-example.yml"
DEPLOYED = yaml.safe_load(CONFIG.read_text())
SYSTEMS = ("cluster", "namespace")  # which docs/configuration.md names for `labels`

Labels = dict[str, str]

CRITICAL = {"service": SERVICE, "severity": "critical"}
WARNING = {"service": SERVICE, "severity": "warning"}
SILENCE = {"alertname": ZeroTraffic.name, "component": "workflow", **WARNING}
LABEL_SET = {"provider": "openai", "model": "gpt-4o"}
(DOWN_RULE,) = yaml_examples("docs/delivery.md", "alert: CompozyDown")
"""The page's rule file with the alert for a Compozy that is gone."""


def _amtool(*arguments: str) -> str:
    """What amtool prints. Raises ToolError if it objects."""
    return succeeded([*find("amtool"), *arguments]).stdout


def _receivers(labels: Mapping[str, str]) -> list[str]:
    """Who hears of an alert with `labels`."""
    given = (f"{name}={value}" for name, value in labels.items())
    return _amtool("config", "routes", "test", f"--config.file={CONFIG}", *given).split()


@pytest.mark.parametrize(
    ("alert", "receiver"),
    [("failures", "on-call"), ("token_spike", "channel"), ("zero_traffic", "channel")],
)
def test_a_critical_pages_on_call_and_a_warning_goes_to_the_channel(
    alert: str, receiver: str
) -> None:
    assert _receivers(getattr(Config(), alert).rule(Config(), "").labels) == [receiver]


@pytest.mark.parametrize("labels", [{}, {"severity": "info"}, {"severity": "Critical"}])
def test_an_alert_that_no_route_names_still_reaches_the_channel(labels: dict[str, str]) -> None:
    assert _receivers({"alertname": "SomebodyElses", **labels}) == ["channel"]


def test_one_incident_is_one_page() -> None:
    assert DEPLOYED["route"]["group_by"] == ["alertname", *SYSTEMS, *USAGE_LABELS]
    assert not any("group_by" in route for route in DEPLOYED["route"]["routes"])


def test_amtool_accepts_the_configuration_and_the_example_receivers_in_it(tmp_path: Path) -> None:
    examples = yaml.safe_load(EXAMPLES.read_text())
    whole = tmp_path / "alertmanager.yml"
    whole.write_text(yaml.safe_dump({**DEPLOYED, **examples}))
    for file in (CONFIG, whole):
        assert "SUCCESS" in _amtool("check-config", str(file))
    names, deployed = ({one["name"] for one in of["receivers"]} for of in (examples, DEPLOYED))
    assert names == deployed


@pytest.mark.parametrize("file", [CONFIG, EXAMPLES], ids=lambda path: path.name)
def test_secrets_stand_in_files_alone(file: Path) -> None:
    keys = set(re.findall(r"^[ -]*(\w+):", file.read_text(), re.MULTILINE))
    secret = {"routing_key", "service_key", "api_url", "credentials", "password", "bearer_token"}
    assert not keys & secret


class Alertmanager(Api):
    """A running Alertmanager, by its API."""

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
        assert awaited(lambda: self.inhibited(control))


@pytest.fixture
def alertmanager(tmp_path: Path) -> Iterator[Alertmanager]:
    """Alertmanager with the deployed routes and rules, whose receivers tell nobody."""
    receivers = [{"name": receiver["name"]} for receiver in DEPLOYED["receivers"]]
    file = tmp_path / "alertmanager.yml"
    file.write_text(yaml.safe_dump({**DEPLOYED, "receivers": receivers}))
    address = f"127.0.0.1:{free_port()}"
    with Supervisor(tmp_path / "run") as supervisor:
        yield Alertmanager(started(supervisor, "alertmanager", file, address))


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
    assert awaited(lambda: not alertmanager.inhibited(SILENCE))


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


ONE, OTHER = 'job="compozy", instance="a"', 'job="compozy", instance="b"'


@pytest.mark.parametrize(
    ("up", "minute", "fires"),
    [
        ({ONE: "0+0x10", OTHER: "1+0x10"}, 10, False),
        ({ONE: "1 0+0x10", OTHER: "0+0x10"}, 5, False),
        ({ONE: "1 0+0x10", OTHER: "0+0x10"}, 6, True),
        ({'job="other"': "1+0x10"}, 5, True),
    ],
)
def test_the_pages_outage_alert_fires_when_not_one_instance_answers(
    tmp_path: Path, up: dict[str, str], minute: int, *, fires: bool
) -> None:
    rules = tmp_path / "down.yaml"
    rules.write_text(DOWN_RULE)
    promtool = Promtool.found()
    promtool.check_rules(rules)
    series = [{"series": f"up{{{labels}}}", "values": values} for labels, values in up.items()]
    asked = {"firing": 'ALERTS{alertstate="firing"}'}
    found = results(promtool, DOWN_RULE, asked, series=series, interval=60, times=[60 * minute])
    wanted = {"alertname": "CompozyDown", "component": "workflow", **CRITICAL}.items()
    assert [wanted <= each.labels.items() for each in found] == [True] * fires
