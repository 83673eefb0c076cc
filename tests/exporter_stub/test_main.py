import json
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import requests

from exporter_stub.control import TOKEN_VARIABLE
from tests.conftest import Command, clean_environment
from tests.exporter_stub.conftest import rows, wait_for
from tools import ROOT

ON = {"MONITORING_ENABLED": "true"}


@contextmanager
def _running(folder: Path, *arguments: str, **environment: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "exporter_stub", *arguments],
        cwd=folder,
        env={**clean_environment(), **environment},
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def _got(port: int, path: str = "/metrics") -> str:
    try:
        return requests.get(f"http://127.0.0.1:{port}{path}", timeout=5).text
    except requests.ConnectionError:
        return ""


def _sum(text: str, series: str) -> float:
    return sum(map(float, re.findall(rf"^{series}{{.* (\S+)$", text, re.MULTILINE)))


def _rows(dsn: str) -> float:
    ((found,),) = rows(dsn, "SELECT count(*)::float FROM execution_llm_usage")
    return float(str(found))


def _stopped(exporter: subprocess.Popen[str], number: int = signal.SIGTERM) -> str:
    """What it has logged, once it has ended by a signal as it should."""
    exporter.send_signal(number)
    _, log = exporter.communicate(timeout=20)
    assert exporter.returncode == 0
    return log


def test_it_counts_what_it_wrote_and_ends_cleanly_on_sigterm(
    tmp_path: Path, free_port: Callable[[], int], dsn: str
) -> None:
    port = free_port()
    arguments = ("--port", str(port), "--rate", "100", "--seed", "1", "--scenario", "healthy")
    with _running(tmp_path, *arguments, **ON, DATABASE_URL=dsn) as exporter:
        wait_for(lambda: _got(port).count("events_total{") >= 9)
        before, text, after = _rows(dsn), _got(port), _rows(dsn)
        assert before <= _sum(text, "compozy_llm_usage_events_total") <= after
        assert _stopped(exporter).rstrip().endswith("Stopped")
    assert _rows(dsn) >= after


def test_without_a_database_url_it_brings_its_own(
    tmp_path: Path, free_port: Callable[[], int]
) -> None:
    port = free_port()
    (tmp_path / "compozy.yaml").write_text("monitoring: {enabled: true}\n")
    with _running(tmp_path, "--port", str(port), "--rate", "50", DATABASE_URL="") as exporter:
        wait_for(lambda: "events_total{" in _got(port))
        _stopped(exporter, signal.SIGINT)
    assert (tmp_path / ".data/exporter/postgres/PG_VERSION").exists()
    assert not (tmp_path / ".data/exporter/postgres/postmaster.pid").exists()


def test_it_says_when_monitoring_is_off_and_logs_json_where_that_is_asked_for(
    tmp_path: Path, free_port: Callable[[], int], dsn: str
) -> None:
    port = free_port()
    arguments = ("--port", str(port), "--log-format", "json")
    with _running(tmp_path, *arguments, DATABASE_URL=dsn) as exporter:
        wait_for(lambda: "not found" in _got(port) and _got(port, "/readyz") == "ready\n")
        lines = [json.loads(line) for line in _stopped(exporter).splitlines()]
    off = {"level": "WARNING", "logger": "exporter_stub.serve"}
    off["message"] = "Monitoring is off, nothing is served: set MONITORING_ENABLED=true"
    assert [line for line in lines if off.items() <= line.items()]
    assert lines[-1]["message"] == "Stopped"
    for line in lines:
        assert set(line) == {"time", "level", "logger", "message"}
        assert datetime.fromisoformat(line["time"]).utcoffset() == timedelta(0)


def test_a_fault_is_rehearsed_from_the_command_line(
    tmp_path: Path, free_port: Callable[[], int], dsn: str, command: Command
) -> None:
    port, control = free_port(), free_port()
    arguments = ("--port", str(port), "--control-port", str(control), "--scenario", "healthy")

    def fault(*given: str, port: int = control, **environment: str) -> tuple[int, str]:
        folder = str(tmp_path / ".data/exporter")
        reach = ("--control-port", str(port), "--data-dir", folder)
        done = command("exporter_stub", "fault", *given, *reach, **environment)
        return done.returncode, done.stdout + done.stderr

    # An empty token is as good as none: one is made, and left for `fault`.
    environment = {**ON, "DATABASE_URL": dsn, TOKEN_VARIABLE: ""}
    with _running(tmp_path, *arguments, "--rate", "50", **environment) as exporter:
        wait_for(lambda: 'outcome="success"' in _got(port))
        assert fault("--list") == (0, "no fault is on\n")
        muted = ("persistence-muted", "--for", "2s", "--share", "0.5", "--provider", "openai")
        begun = "persistence-muted share=0.5 provider=openai"
        assert fault(*muted) == (0, f"{begun}: 2 s left\n")
        wait_for(lambda: _sum(_got(port), "compozy_llm_usage_failures_total") > 0)
        code, said = fault("--list", port=port, **{TOKEN_VARIABLE: "x"})
        assert code == 1
        assert "is it an exporter's control port?" in said
        fault("workflow-silence", "--for", "1h")
        assert fault("--clear") == (0, "no fault is on\n")
        log = _stopped(exporter)
    assert f"WARNING Fault begins: {begun}" in log
    assert "WARNING Fault ends: workflow-silence" in log
    token = (tmp_path / f".data/exporter/control-token-{control}").read_text()
    assert token not in log


@pytest.mark.parametrize("name", ["serve", "replay", "postgres", "fault"])
def test_the_help_of_every_command_shows_an_example(command: Command, name: str) -> None:
    said = command("exporter_stub", name, "--help").stdout
    assert re.search(r"example: .*python -m\s+exporter_stub", said)


@pytest.mark.parametrize(
    ("arguments", "environment", "said"),
    [
        ("--scenario outage", "", "argument --scenario: invalid choice: 'outage'"),
        ("--port 0", "", "argument --port: '0' is no port: a whole number from 1 to 65535"),
        ("--port " + "9" * 5000, "", "is no port: a whole number from 1 to 65535"),
        ("--rate -1", "", "argument --rate: '-1' is no rate: a number from 0.001 to 10000"),
        ("--rate nan", "", "argument --rate: 'nan' is no rate"),
        ("--catalogue nowhere.yaml", "", "nowhere.yaml: cannot be read"),
        ("--config nowhere.yaml", "", "nowhere.yaml: cannot be read"),
        ("", "MONITORING_PATH=metrics", "MONITORING_PATH: monitoring.path: must start"),
        ("", "DATABASE_URL=me:hunter2@h/d", "DATABASE_URL is not a PostgreSQL address"),
        ("fault flood", "", "argument NAME: invalid choice: 'flood'"),
        ("fault restart --for 5", "", "--for: must be a duration such as 15m or 1h30m"),
        ("fault restart --share 1%", "", "'1%' is no share: write 0.01 for 1%"),
        ("fault restart --share 1", "", "fault: restart has no share; it has: none"),
        ("fault --list", "", "control-token-5002: cannot be read (No such file or directory): "),
        ("replay --out out --hours 0", "", "'0' is no number of hours"),
        ("replay --out out --every 0.5", "", "is no interval: a whole number from 1 to 300"),
        ("replay --out out --scenario outage --hours 2", "", "--hours 2: this scenario needs at"),
        ("replay --out out --hours 0.0001", "", "0.0001: a scrape comes every 15 s only"),
        ("replay --out out --hours 744 --every 1 --replicas 100", "", "choose fewer --hours or"),
        ("replay --out .", "", "is not empty: choose another folder, or empty it"),
    ],
)
def test_bad_input_is_one_clear_line_and_exit_code_2_and_nothing_is_written(
    command: Command, tmp_path: Path, arguments: str, environment: str, said: str
) -> None:
    (tmp_path / "mine").touch()
    name, _, value = environment.partition("=")
    done = command("exporter_stub", *arguments.split(), **{name or "X": value})
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line.startswith("exporter_stub")
    assert said in line
    assert [file.name for file in tmp_path.rglob("*") if file.is_file()] == ["mine"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("--port {taken}", r"cannot listen on 127\.0\.0\.1:{taken} \(Address already in use\): .*"),
        ("--port {free}", r"no database \(.*\): start PostgreSQL, or correct DATABASE_URL"),
        ("fault --list --control-port {free}", "http.* does not answer .* --control-port {free}"),
    ],
)
def test_what_cannot_be_done_is_one_clear_line_and_exit_code_1(
    command: Command, free_port: Callable[[], int], arguments: str, said: str
) -> None:
    environment = {"DATABASE_URL": "postgresql://me:hunter2@127.0.0.1:1/d", TOKEN_VARIABLE: "x"}
    with socket.create_server(("127.0.0.1", 0)) as listening:
        ports = {"taken": listening.getsockname()[1], "free": free_port()}
        done = command("exporter_stub", *arguments.format(**ports).split(), **environment)
    assert done.returncode == 1
    assert re.search(f"^exporter_stub: {said.format(**ports)}$", done.stderr, re.MULTILINE)
    assert "hunter2" not in done.stderr
    assert "Traceback" not in done.stderr


def test_a_log_that_nobody_reads_holds_up_nothing() -> None:
    """Its pipe holds 64 kB, the queue before it 10,000 lines."""
    program = (
        "import logging; from exporter_stub.process import finish, log_to_stderr\n"
        "lines = log_to_stderr('plain')\n"
        "for _ in range(20_000): logging.error('x' * 100)\n"
        "finish(lines); print('done')"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.read() == b"done\n"
        assert process.wait(20) == 0
