"""The built rules on VictoriaMetrics: vmalert, Alertmanager and pager, real ones at real speed."""

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from alerts.model import RecordingRule
from config import ALERT_NAMES, Config, IngestionFailures, TokenSpike, ZeroTraffic
from contract.metrics import USAGE_EVENTS, USAGE_FAILURES, USAGE_LABELS, Component
from delivery.targets import ALERTS, groups
from delivery.targets.victoriametrics import COMPONENT
from exporter_stub.faults import Fault, FaultName
from exporter_stub.scenarios import Scenario
from stack.launch import DEPLOYED_ALERTMANAGER
from stack.pager import Pager, hook, served
from stack.ports import address
from stack.servers import paging, started
from stack.supervisor import Supervisor
from tests.conftest import free_port
from tests.e2e.notices import assert_whole
from tests.e2e.victoria import DEDUPLICATED, MINUTE, backfill, ruler_of, storage_of
from tools import ROOT, ToolError
from tools.http import PrometheusApi
from tools.locate import VMALERT, find
from tools.process import succeeded

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

HOUR = 60 * MINUTE
DAY = 25 * HOUR
"""Seconds of history: the token baseline's day, and an hour."""

AHEAD = 20 * MINUTE
"""Seconds of scrapes that are still to come: longer than a test looks."""

LOST: dict[str, Any] = dict(zip(USAGE_LABELS, ("task", "openai", "gpt-4o-mini"), strict=True))
SPIKING: dict[str, Any] = {**LOST, "component": "agent"}
LOSS = Fault(name=FaultName.MUTED, seconds=math.inf, share=0.05, **LOST)
SPIKE = Fault(name=FaultName.SPIKE, seconds=math.inf, factor=10, **SPIKING)
SILENCE = Fault(name=FaultName.SILENCE, seconds=math.inf)
RULES = [rule for group in groups(Config()) for rule in group.rules]
RECORDS = [rule.record for rule in RULES if isinstance(rule, RecordingRule)]
FAILURES = Config().increased(USAGE_FAILURES.name)
EVENTS = Config().increased(USAGE_EVENTS.name)
EXPECTED = {
    IngestionFailures.name: {"severity": "critical", **LOST},
    TokenSpike.name: {"severity": "warning", **SPIKING},
    ZeroTraffic.name: {"severity": "warning", "component": str(Component.WORKFLOW)},
}
RECEIVER = {"critical": "on-call", "warning": "channel"}

QUIET = 28 * MINUTE
"""Seconds of silence at the end of the history: the alert comes while we look."""

INCIDENTS = Scenario(
    "one label set loses usage, another uses ten times its tokens, and workflows are silent",
    incidents=(
        (AHEAD + 20 * MINUTE, LOSS),
        (AHEAD + 25 * MINUTE, SPIKE),
        (AHEAD + QUIET, SILENCE),
    ),
)
SOONEST, LATEST = 30 * MINUTE, 33 * MINUTE
"""Seconds of silence between which the contract wants the alert."""

MESSAGE = 90
"""Seconds that Alertmanager takes at most to tell of a warning: its `group_wait`, and some."""


@dataclass(frozen=True)
class World:
    """What runs: `began` is when (Unix seconds) the history ended, `live` when rulers started."""

    began: int
    live: float
    storage: PrometheusApi
    rulers: list[PrometheusApi]
    pager: Pager


@pytest.fixture(scope="module")
def incidents(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A day in which all is well, then the three incidents, once a pair of rulers has told all.

    Nothing is at another speed than deployed, neither the rules nor Alertmanager.
    """
    folder, pager, pager_port = tmp_path_factory.mktemp("incidents"), Pager(), free_port()
    began = int(time.time()) // MINUTE * MINUTE
    begin = began - DAY
    with Supervisor(folder) as supervisor, served(pager_port, pager):
        storage = storage_of(supervisor, INCIDENTS, begin, began + AHEAD, DEDUPLICATED)
        begin += 5 * MINUTE
        # A backfill takes minutes, which are backfilled in turn. A minute is left without records,
        # as between two rulers of which one has gone and the other has not begun.
        while (last := int(time.time()) // MINUTE * MINUTE - MINUTE) > begin:
            backfill(groups(Config()), folder, storage, begin, last)
            begin = last + MINUTE
        config = folder / "alertmanager.yml"
        config.write_text(paging(DEPLOYED_ALERTMANAGER.read_text(), hook(pager_port), speed=1))
        notifier = started(supervisor, "alertmanager", config, address(free_port()))
        live = time.time()
        rulers = [PrometheusApi(f"http://{address(free_port())}") for _ in range(2)]
        for ruler in rulers:
            states = (f"-remoteRead.url={storage.base}", f"-notifier.url={notifier}")
            place = ruler.base.removeprefix("http://")
            command = ruler_of(storage, ROOT / ALERTS, place, *states)
            supervisor.start(f"ruler-{place}", command, ruler.ready)
        seen = World(began, live, storage, rulers, pager)
        # On a busy machine the backfill outlasts the silence, whose alert then comes first.
        latest = max(began - QUIET + LATEST, live + 5 * MINUTE) + 2 * MESSAGE
        supervisor.wait(lambda: _complete(seen), "all alerts and records", latest - time.time())
        yield seen


def _complete(seen: World) -> bool:
    """Whether each alert has been paged and is recorded, and the rulers have run two minutes.

    VictoriaMetrics shows the newest samples half a minute late.
    """
    paged = {notice.labels["alertname"] for notice in seen.pager.notices}
    recorded = {state[0] for state in _states(seen)}
    return {*ALERT_NAMES} <= paged & recorded and time.time() > seen.live + 2 * MINUTE


def _states(seen: World) -> set[tuple[str | None, ...]]:
    """Alert, and the label set's labels, of every alert that was ever pending or firing."""
    found = seen.storage.query("count_over_time(ALERTS[2d])")
    return {tuple(map(one["metric"].get, ("alertname", *USAGE_LABELS))) for one in found}


def test_each_incident_reaches_the_pager_once_from_a_pair_of_rulers_and_nothing_else_does(
    incidents: World,
) -> None:
    notices = incidents.pager.notices
    told = sorted((one.labels["alertname"], one.status) for one in notices)
    assert told == sorted((alert, "firing") for alert in ALERT_NAMES)
    for notice in notices:
        alert = notice.labels["alertname"]
        labels = EXPECTED[alert]
        assert_whole(notice, alert, labels.keys() - {"severity"}, RECEIVER[labels["severity"]])
        assert notice.labels == {"alertname": alert, "service": "compozy-llm-usage", **labels}


def test_a_day_of_backfilled_rules_raised_what_was_wrong_and_no_other_alert(
    incidents: World,
) -> None:
    expected = {(alert, *map(labels.get, USAGE_LABELS)) for alert, labels in EXPECTED.items()}
    assert _states(incidents) == expected


def test_a_silence_is_told_neither_before_half_an_hour_nor_three_minutes_after(
    incidents: World,
) -> None:
    """Where the rulers start too late for that, since the backfill took long, at once."""
    fired = f'ALERTS{{alertname="{ZeroTraffic.name}", alertstate="firing"}}[2d]'
    (first,) = incidents.storage.query(f"min(tfirst_over_time({fired}))")
    silence = incidents.began - QUIET
    latest = max(silence + LATEST, incidents.live + 2 * MINUTE)
    assert silence + SOONEST <= float(first["value"][1]) <= latest


@pytest.mark.parametrize("alert", [IngestionFailures.name, TokenSpike.name])
def test_a_new_ruler_takes_up_the_states_that_it_finds(incidents: World, alert: str) -> None:
    """It does not begin to wait for the alert's `for` anew."""
    for ruler in incidents.rulers:
        (found,) = (one for one in ruler.alerts() if one["labels"]["alertname"] == alert)
        assert found["state"] == "firing"
        assert datetime.fromisoformat(found["activeAt"]).timestamp() < incidents.began


@pytest.mark.parametrize("record", RECORDS)
def test_every_record_is_written_by_the_replay_and_then_live(incidents: World, record: str) -> None:
    series = f'{{__name__="{record}"}}[2d]'
    (first,) = incidents.storage.query(f"min(tfirst_over_time({series}))")
    (last,) = incidents.storage.query(f"max(tlast_over_time({series}))")
    assert float(first["value"][1]) < incidents.began
    assert float(last["value"][1]) > incidents.live


def test_no_rule_fails(incidents: World) -> None:
    for ruler in incidents.rulers:
        rules = ruler.rules()
        assert len(rules) == len(RULES)
        assert {(rule["health"], rule.get("lastError", "")) for rule in rules} == {("ok", "")}


def test_vmalert_takes_the_groups_of_the_operators_resource(tmp_path: Path) -> None:
    loaded = yaml.safe_load((ROOT / COMPONENT / "vm-rule.yaml").read_text())["spec"]["groups"]
    rules = tmp_path / "rules.yaml"
    judging = [*find(VMALERT), f"-rule={rules}", "-dryRun"]
    rules.write_text(yaml.safe_dump({"groups": loaded}))
    succeeded(judging)
    loaded[0]["rules"][0]["expr"] += ")"
    rules.write_text(yaml.safe_dump({"groups": loaded}))
    with pytest.raises(ToolError, match="invalid expression for rule"):
        succeeded(judging)


@pytest.mark.parametrize(("options", "times"), [((), 2), ((DEDUPLICATED,), 1)])
def test_what_a_pair_of_rulers_records_counts_twice_unless_it_is_deduplicated(
    tmp_path: Path, options: tuple[str, ...], times: int
) -> None:
    """Two hours in which one in twenty is lost: the sums double, their ratio does not."""
    # VictoriaMetrics answers for the last half minute as for the moment before it.
    end = int(time.time()) // MINUTE * MINUTE - MINUTE
    loss = Scenario("loss", always=(LOSS,))
    sums = (
        f"sum_over_time({FAILURES}[1h]) / sum_over_time({EVENTS}[1h])",
        f"sum(sum_over_time({EVENTS}[1h]))",
    )
    with Supervisor(tmp_path) as supervisor:
        storage = storage_of(supervisor, loss, end - 2 * HOUR, end, *options)
        seen = []
        for _ in range(2):
            backfill(groups(Config())[:1], tmp_path, storage, end - 90 * MINUTE, end)
            seen.append([float(storage.query(expr, end)[0]["value"][1]) for expr in sums])
    (ratio, events), (ratio_of_both, events_of_both) = seen
    assert 0.04 < ratio < 0.06
    assert ratio_of_both == pytest.approx(ratio)
    assert events > 1000
    assert events_of_both == pytest.approx(times * events)
