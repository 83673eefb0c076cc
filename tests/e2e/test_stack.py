import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from alerts.model import RecordingRule
from config import ALERT_NAMES, Config, IngestionFailures
from contract.metrics import FAMILIES
from delivery.targets import groups
from stack.incidents import NAMES, SILENCE
from stack.ports import Ports
from stack.supervisor import leftovers, stop
from tests.conftest import Command, port_options
from tests.e2e.notices import part
from tools import ROOT

RECORDS = [rule.record for rule in groups(Config())[0].rules if isinstance(rule, RecordingRule)]


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder for a stack, of which nothing runs on after the test, however it ends."""
    path = tmp_path / "stack"
    yield path
    stop(path)


def _cells(text: str) -> dict[str, list[str]]:
    """The rows of the tables in `text`, by their first cell."""
    rows = [[cell.strip() for cell in line.split("│")] for line in text.splitlines()]
    return {row[1]: row[2:-1] for row in rows if len(row) > 3}


def test_smoke_shows_every_family_and_rule_and_leaves_nothing_running(
    command: Command, ports: Ports, folder: Path
) -> None:
    """With a database of the caller's in the environment, which is not touched."""
    away = "postgresql://me@127.0.0.1:1/d"
    done = command(
        "stack", "smoke", *port_options(ports), "--data-dir", str(folder), DATABASE_URL=away
    )
    assert (done.returncode, done.stderr) == (0, "")
    cells = _cells(done.stdout)
    for family in FAMILIES:
        assert int(cells[family.name][0]) > 0
    for record in RECORDS:
        assert cells[record] == ["ok", "recorded"]
    for alert in ALERT_NAMES:
        health, state = cells[alert]
        assert health == "ok"
        # The failure that it waits for may be more than 1 % of what was flushed until then.
        assert state == "inactive" or alert == IngestionFailures.name
    assert "stopped everything" in done.stdout
    assert leftovers(folder) == []


def _begun(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "stack", *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


@contextmanager
def _up(ports: Ports, folder: Path) -> Iterator[subprocess.Popen[str]]:
    """A stack that runs, once it says so."""
    with _begun("up", *port_options(ports), "--data-dir", str(folder)) as up:
        assert up.stdout is not None
        try:
            assert any("running until Ctrl-C" in line for line in iter(up.stdout.readline, ""))
            yield up
        finally:
            up.terminate()


def test_up_runs_until_down(command: Command, ports: Ports, folder: Path) -> None:
    data = ("--data-dir", str(folder))
    with _up(ports, folder) as up:
        status = command("stack", "status", *data)
        assert status.returncode == 0
        assert status.stdout.splitlines()[0] == f"{folder}: process {up.pid}"
        assert status.stdout.count(" answers on http://127.0.0.1:") == 5
        _disturb(command, ports.page_port, *data)
        down = command("stack", "down", *data)
        assert (down.returncode, down.stdout) == (0, "stopped\n")
        assert up.wait(240) == 0
    assert leftovers(folder) == []
    status = command("stack", "status", *data)
    assert (status.returncode, status.stdout) == (3, "no stack is running\n")


def _disturb(command: Command, page: int, *data: str) -> None:
    """A fault begins on both replicas and shows on the page; a mistake is told in one line."""
    spike = ("token-spike", "--for", "2m", "--model", "gpt-4o")
    begun = command("stack", "fault", *data, *spike)
    assert begun.returncode == 0, begun.stderr
    for replica in ("exporter", "replica"):
        assert re.search(rf"^{replica}: token-spike .*model=gpt-4o", begun.stdout, re.MULTILINE)
    assert "model=gpt-4o" in command("stack", "fault", *data, "--list").stdout
    standing = command("stack", "fault", *data, "--clear").stdout.splitlines()
    assert [line.endswith(": part of the traffic") for line in standing] == [True, True]
    shown = requests.get(f"http://127.0.0.1:{page}/shown", timeout=60).json()
    done = ["token-spike for=2m model=gpt-4o begins", "faults are ended"]
    assert [one["text"] for one in shown["done"]] == done
    assert shown["links"]["exporter"].endswith("/metrics")


def test_ctrl_c_in_the_middle_of_the_start_leaves_nothing_running(
    ports: Ports, folder: Path
) -> None:
    """As a terminal does it, to the whole group, and again before all has ended."""
    with _begun("smoke", *port_options(ports), "--data-dir", str(folder)) as smoke:
        assert smoke.stdout is not None
        assert any("starting prometheus" in line for line in iter(smoke.stdout.readline, ""))
        prometheus, alertmanager = part(folder, "prometheus.yml"), part(folder, "alertmanager.yml")
        alertmanager.suspend()
        os.killpg(smoke.pid, signal.SIGINT)
        prometheus.wait(60)
        os.killpg(smoke.pid, signal.SIGINT)
        alertmanager.resume()
        _, said = smoke.communicate(timeout=240)
    assert smoke.returncode == 128 + signal.SIGINT
    assert said == "smoke: stopped\n"
    assert leftovers(folder) == []


def test_a_part_that_dies_is_reported_with_its_log(ports: Ports, folder: Path) -> None:
    with _up(ports, folder) as up:
        part(folder, "--control-port").kill()
        _, said = up.communicate(timeout=240)
    assert up.returncode == 1
    assert re.match(rf"up: (exporter|replica) ended with exit code {-signal.SIGKILL}:\n", said)
    assert leftovers(folder) == []


def test_down_ends_the_parts_that_a_killed_stack_left(
    command: Command, ports: Ports, folder: Path
) -> None:
    """PostgreSQL as well, which is a process of a process of ours, and may be another user's."""
    with _up(ports, folder) as up:
        up.kill()
    assert part(folder, "bin/postgres")
    assert command("stack", "down", "--data-dir", str(folder)).stdout == "stopped\n"
    assert leftovers(folder) == []


def _seconds(clock: str) -> int:
    hours, minutes, seconds = map(int, clock.split(":"))
    return 3600 * hours + 60 * minutes + seconds


@pytest.mark.timeout(900)
def test_the_demo_tells_each_incident_from_its_onset_to_its_end(ports: Ports, folder: Path) -> None:
    with _begun("demo", *port_options(ports), "--data-dir", str(folder)) as demo:
        told, errors = demo.communicate(timeout=800)
    assert demo.returncode == 0, told + errors
    assert "all were paged and resolved, and no other alert fired" in told
    times = _cells(told)
    assert times.keys() == set(NAMES)
    for name, (begun, pending, *rest) in times.items():
        assert (pending == "-") == (name == SILENCE)
        clocks = rest if name == SILENCE else [pending, *rest]
        after = [(_seconds(clock) - _seconds(begun)) % (24 * 3600) for clock in clocks]
        assert after == sorted(after)
        assert after[-1] < 12 * 3600  # none was before it began
    for alert in ALERT_NAMES:
        assert f"runbook: {Config().runbook_url(alert)}" in told
    assert leftovers(folder) == []
