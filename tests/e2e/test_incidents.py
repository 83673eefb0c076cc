"""Exporter, Prometheus, Alertmanager, pager: real ones, with rules thirty times as fast."""

import re
import signal
import time
from collections.abc import Iterator
from dataclasses import fields, replace
from unittest.mock import patch

import pytest

from config import Config
from contract.metrics import USAGE_LABELS
from exporter_stub.catalogue import Catalogue, load_catalogue
from stack.demo import running, start_with_history
from stack.incidents import OUTAGE, SPIKE, Incident, incidents
from stack.launch import Stack
from stack.ports import Ports
from stack.rehearsal import Rehearsal
from tests.conftest import free_port
from tests.e2e.notices import assert_whole, part

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(1200)]

SPEED = 30
CONFIG = Config().at_speed(SPEED)
INCIDENTS = incidents(CONFIG)


def _steady() -> Catalogue:
    """Two models, used alike.

    Of one that is rarely used, as fast as that a single request can be a spike.
    """
    models = load_catalogue().models[:2]
    return Catalogue(models=tuple(one.model_copy(update={"share": 1}) for one in models))


@pytest.fixture(scope="module")
def rehearsal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rehearsal]:
    """What rehearses incidents on everything, with a history of some hours, and nothing wrong."""
    stack = Stack(
        folder=tmp_path_factory.mktemp("stack"),
        ports=Ports(*(free_port() for _ in fields(Ports))),
        config=CONFIG,
        scenario="healthy",
        rate=5.0,
        speed=SPEED,
        scrape=1,
    )
    with running(stack), patch("stack.demo.light_models", _steady):
        start_with_history(stack)
        yield Rehearsal(stack)


def _rehearse(rehearsal: Rehearsal, incident: Incident, receiver: str) -> None:
    """An incident until it is resolved: it was paged, and each notice is complete."""
    rehearsal.run([[incident]], overlap=False)
    assert rehearsal.failures() == []
    for notice in rehearsal.stack.pager.notices:
        if incident.raises(notice.labels):
            assert_whole(notice, incident.alert, {*USAGE_LABELS}, receiver)


def _active_since(stack: Stack, incident: Incident) -> list[str]:
    """Since when the alerts of the incident that fire are active, to the second."""
    alerts = [one for one in stack.prometheus.alerts() if incident.raises(one["labels"])]
    return [one["activeAt"][:19] for one in alerts if one["state"] == "firing"]


def test_a_spike_warns_the_channel_and_outlives_a_restart_of_prometheus(
    rehearsal: Rehearsal,
) -> None:
    spike = INCIDENTS[SPIKE]

    def restart(stack: Stack) -> None:
        before = _active_since(stack, spike)
        stack.supervisor.end("prometheus")
        stack.start_prometheus()
        stack.supervisor.wait(lambda: _active_since(stack, spike), "the alert")
        assert _active_since(stack, spike) == before
        notices = [one for one in stack.pager.notices if spike.raises(one.labels)]
        assert {one.status for one in notices} == {"firing"}
        spike.end(stack)

    _rehearse(rehearsal, replace(spike, end=restart), "channel")


def test_an_outage_while_alertmanager_is_away_pages_on_call_once_it_is_back_for_each_label_set(
    rehearsal: Rehearsal,
) -> None:
    outage = INCIDENTS[OUTAGE]

    def begin(stack: Stack) -> None:
        stack.supervisor.end("alertmanager")
        outage.begin(stack)
        stack.supervisor.wait(lambda: _active_since(stack, outage), "the alert")
        assert not any(outage.raises(one.labels) for one in stack.pager.notices)
        stack.start_alertmanager()

    _rehearse(rehearsal, replace(outage, begin=begin), "on-call")
    for notice in rehearsal.stack.pager.notices:
        if outage.raises(notice.labels):
            assert re.search(r"[\d.]+% of the usage flushes", notice.annotations["description"])


def test_a_replica_that_is_replaced_raises_no_alert(rehearsal: Rehearsal) -> None:
    """As in a redeploy: another process with another `instance`, whose counters begin anew."""
    stack = rehearsal.stack
    stack.supervisor.wait(lambda: not stack.prometheus.alerts(), "the end of all alerts", 300)
    stack.supervisor.end("replica")
    stack.ports = replace(stack.ports, replica_port=free_port(), replica_control_port=free_port())
    stack.start_exporter("replica")
    stack.configure_prometheus()
    part(stack.folder, "prometheus.yml").send_signal(signal.SIGHUP)
    new = f'compozy_llm_usage_events_total{{instance="{stack.instances[1]}"}}'
    stack.supervisor.wait(lambda: stack.prometheus.query(new), "the new replica in Prometheus")
    watched = time.monotonic() + 30 * 60 / SPEED + 20
    while time.monotonic() < watched:
        alerts = stack.prometheus.alerts()
        assert [one["labels"] for one in alerts if one["state"] == "firing"] == []
        time.sleep(1)
