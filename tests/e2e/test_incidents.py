"""Exporter, Prometheus, Alertmanager, pager: real ones, with rules thirty times as fast."""

import re
import time
from collections.abc import Iterator
from dataclasses import fields, replace

import pytest

from config import ALERT_NAMES, Config, IngestionFailures, TokenSpike
from exporter_stub.faults import FaultName
from stack.demo import running as running_parts
from stack.demo import start_with_history
from stack.launch import Stack
from stack.pager import Notice
from stack.ports import Ports
from tests.conftest import free_port
from tests.e2e.notices import LABEL_SET, assert_whole

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(1200)]

SPEED = 30
CONFIG = Config().at_speed(SPEED)
LIMIT = 33 * 60 / SPEED + 240
"""Seconds until the slowest alert must have fired, and its message come, on a busy machine."""

MODEL = "gpt-4o-mini"
SPIKE = ("--factor=10", "--for=1h", "--provider=openai", f"--model={MODEL}")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Everything, with a history of some hours to it, and nothing wrong."""
    stack = Stack(
        folder=tmp_path_factory.mktemp("stack"),
        ports=Ports(*(free_port() for _ in fields(Ports))),
        config=CONFIG,
        scenario="healthy",
        rate=5.0,
        speed=SPEED,
        scrape=1,
    )
    with running_parts(stack):
        start_with_history(stack)
        yield stack


@pytest.fixture
def stack(running: Stack) -> Stack:
    """Everything, once no alert is active."""
    running.supervisor.wait(
        lambda: not any(_states(running, alert) for alert in ALERT_NAMES), "calm", LIMIT
    )
    return running


def _states(stack: Stack, alert: str) -> set[str]:
    return {one["state"] for one in stack.prometheus.alerts(alert)}


def _fires(stack: Stack, alert: str) -> None:
    stack.supervisor.wait(lambda: "firing" in _states(stack, alert), str(alert), LIMIT)


def _paged(stack: Stack, alert: str, since: float) -> list[Notice]:
    """What came of an alert that fires, once something has."""

    def found() -> list[Notice]:
        return [one for one in stack.pager.notices(alert, since) if one.status == "firing"]

    return stack.supervisor.wait(found, f"the pager ({alert})", LIMIT)


def _resolved(stack: Stack, alert: str, since: float) -> None:
    """Wait until all that came as firing has come as resolved."""

    def all_over() -> bool:
        last = {str(one.labels): one.status for one in stack.pager.notices(alert, since)}
        return bool(last) and set(last.values()) == {"resolved"}

    stack.supervisor.wait(all_over, f"the end of {alert}", LIMIT)


def test_a_spike_warns_the_channel_and_outlives_a_restart_of_prometheus(stack: Stack) -> None:
    began = time.time()
    stack.fault(FaultName.SPIKE, *SPIKE)
    for notice in _paged(stack, TokenSpike.name, began):
        assert_whole(notice, TokenSpike.name, LABEL_SET, "channel")
        assert notice.labels["model"] == MODEL
    before = _active_since(stack)
    stack.supervisor.end("prometheus")
    stack.start_prometheus()
    _fires(stack, TokenSpike.name)
    after = _active_since(stack)
    shared = before.keys() & after.keys()
    assert shared
    assert {label_set: after[label_set] for label_set in shared} == {
        label_set: before[label_set] for label_set in shared
    }
    statuses = {one.status for one in stack.pager.notices(TokenSpike.name, began)}
    assert statuses == {"firing"}
    stack.fault("--clear")
    _resolved(stack, TokenSpike.name, began)


def _active_since(stack: Stack) -> dict[str, str]:
    """Since when each firing spike is active, to the second, by component."""
    return {
        one["labels"]["component"]: one["activeAt"][:19]
        for one in stack.prometheus.alerts(TokenSpike.name)
        if one["state"] == "firing"
    }


def test_an_outage_while_alertmanager_is_away_pages_on_call_once_it_is_back_for_each_label_set(
    stack: Stack,
) -> None:
    began = time.time()
    stack.supervisor.end("alertmanager")
    stack.supervisor.end("postgres")
    _fires(stack, IngestionFailures.name)
    assert stack.pager.notices(IngestionFailures.name, began) == []
    stack.start_alertmanager()
    for notice in _paged(stack, IngestionFailures.name, began):
        assert_whole(notice, IngestionFailures.name, LABEL_SET, "on-call")
        assert re.search(r"[\d.]+% of the usage flushes", notice.annotations["description"])
    stack.start_database()
    _resolved(stack, IngestionFailures.name, began)


def test_a_replica_that_is_replaced_raises_no_alert(stack: Stack) -> None:
    """As in a redeploy: another process with another `instance`, whose counters begin anew."""
    stack.supervisor.end("replica")
    stack.ports = replace(stack.ports, replica_port=free_port(), replica_control_port=free_port())
    stack.start_exporter("replica")
    stack.write_targets()
    new = f'compozy_llm_usage_events_total{{instance="{stack.instances[1]}"}}'
    stack.supervisor.wait(lambda: stack.prometheus.query(new), "the new replica in Prometheus")
    watched = time.monotonic() + 30 * 60 / SPEED + 20
    while time.monotonic() < watched:
        alerts = stack.prometheus.alerts()
        assert [one["labels"] for one in alerts if one["state"] == "firing"] == []
        time.sleep(1)
