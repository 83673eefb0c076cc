import logging
from collections.abc import Callable
from pathlib import Path

import pytest

from config import Config
from delivery.targets import rule_file
from stack.__main__ import SPEEDS, main
from stack.ports import Ports
from stack.supervisor import Supervisor
from tests.conftest import Called, Ran, port_options

Run = Callable[[str], Ran]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, called: Called) -> Run:
    """Runs a command that must start nothing."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("stack.__main__.DATA", tmp_path / "data")
    monkeypatch.setattr(Supervisor, "start", lambda *_: pytest.fail("it starts a program"))
    monkeypatch.setattr(logging.getLogger("exporter_stub"), "setLevel", lambda _: None)
    return lambda words: called(main, *words.split())


@pytest.mark.parametrize(
    ("bad", "code", "told"),
    [
        ("party", 2, "invalid choice: 'party'"),
        ("demo --scenario party", 2, "python -m stack demo: argument --scenario: invalid choice"),
        ("demo --exporter-port x", 2, "'x' is no port"),
        ("demo --port-offset far", 2, "--port-offset: invalid int value: 'far'"),
        ("up --speed 7", 2, "--speed: invalid choice: 7 (choose from 1, 2, 3, 4, 5, 6, 10,"),
        ("up --colour red", 2, "unrecognized arguments: --colour red"),
        ("up --config none.yaml", 2, "none.yaml: cannot be read"),
        ("up --port-offset 7 --page-port 9097", 1, "PROMETHEUS_PORT and PAGE_PORT are both 9097"),
        ("up --port-offset 60000", 1, "PROMETHEUS_PORT is 69090: no port"),
        ("up --port-offset -9000", 1, "EXPORTER_PORT is -3999: no port"),
        ("smoke --data-dir /dev/null", 1, "smoke: /dev/null: File exists"),
        ("fault party", 2, "stack fault: argument NAME: invalid choice: 'party'"),
        ("fault token-spike", 1, "no stack is running (a preview has no exporter)"),
    ],
)
def test_bad_input_is_told_in_one_line(run: Run, bad: str, code: int, told: str) -> None:
    found, _, errors = run(bad)
    assert (found, errors.count("\n")) == (code, 1)
    assert told in errors


def test_a_preview_has_no_exporter_for_a_fault(run: Run, tmp_path: Path) -> None:
    with Supervisor(tmp_path / "data" / "preview"):
        code, _, errors = run("fault token-spike")
    assert (code, errors.count("a preview has no exporter")) == (1, 1)


def test_values_of_ones_own_are_announced(run: Run) -> None:
    Path("mine.yaml").write_text("settle: 20s\n")
    _, output, _ = run("smoke --config mine.yaml --exporter-port 9090")
    assert output == "smoke: the rules have the values of mine.yaml\n"


def test_broken_rules_are_refused_before_anything_starts(run: Run, ports: Ports) -> None:
    Path("broken.yml").write_text("groups: [{name: g, rules: [{alert: A, expr: 'up ('}]}]\n")
    for rules, told in (("broken.yml", "could not parse expression"), ("none.yml", "none.yml")):
        code, output, errors = run(f"smoke --rules {rules} {' '.join(port_options(ports))}")
        assert code == 1
        assert told in errors
        assert "starting" not in output


@pytest.mark.parametrize("speed", SPEEDS)
def test_rules_are_built_at_every_speed_that_is_taken(speed: int) -> None:
    assert rule_file(Config().at_speed(speed))
