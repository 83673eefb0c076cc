import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
import requests

from tests.conftest import Command, clean_environment


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


def _await(answers: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not answers():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _metrics(port: int) -> str:
    try:
        return requests.get(f"http://127.0.0.1:{port}/metrics", timeout=5).text
    except requests.ConnectionError:
        return ""


def _sum(text: str, series: str) -> float:
    lines = (line for line in text.splitlines() if line.startswith(series))
    return sum(float(line.rsplit(" ", 1)[1]) for line in lines)


def _rows(dsn: str) -> float:
    with psycopg.connect(dsn) as connection:
        found = connection.execute("SELECT count(*)::float FROM execution_llm_usage").fetchone()
    assert found is not None
    return float(found[0])


def test_it_counts_what_it_wrote_and_ends_cleanly_on_sigterm(
    tmp_path: Path, free_port: Callable[[], int], dsn: str
) -> None:
    port = free_port()
    arguments = ("--port", str(port), "--rate", "100", "--seed", "1", "--scenario", "flawless")
    environment = {"MONITORING_ENABLED": "true", "DATABASE_URL": dsn}
    with _running(tmp_path, *arguments, **environment) as exporter:
        _await(lambda: _metrics(port).count("events_total{") >= 9)
        before, text, after = _rows(dsn), _metrics(port), _rows(dsn)
        assert before <= _sum(text, "compozy_llm_usage_events_total{") <= after
        exporter.send_signal(signal.SIGTERM)
        _, log = exporter.communicate(timeout=20)
        assert exporter.returncode == 0
    assert log.rstrip().endswith("Stopped")
    assert _rows(dsn) >= after


def test_without_a_database_url_it_brings_its_own(
    tmp_path: Path, free_port: Callable[[], int]
) -> None:
    port = free_port()
    (tmp_path / "compozy.yaml").write_text("monitoring: {enabled: true}\n")
    with _running(tmp_path, "--port", str(port), "--rate", "50", DATABASE_URL="") as exporter:
        _await(lambda: "events_total{" in _metrics(port))
        exporter.send_signal(signal.SIGINT)
        exporter.communicate(timeout=20)
        assert exporter.returncode == 0
    assert (tmp_path / ".data/exporter/postgres/PG_VERSION").exists()
    assert not (tmp_path / ".data/exporter/postgres/postmaster.pid").exists()


def test_it_says_when_monitoring_is_off(
    tmp_path: Path, free_port: Callable[[], int], dsn: str
) -> None:
    port = free_port()
    with _running(tmp_path, "--port", str(port), DATABASE_URL=dsn) as exporter:
        _await(lambda: "not found" in _metrics(port))
        exporter.send_signal(signal.SIGTERM)
        _, log = exporter.communicate(timeout=20)
    assert "Monitoring is off, nothing is served: set MONITORING_ENABLED=true" in log


@pytest.mark.parametrize(
    ("arguments", "environment", "said"),
    [
        (("--scenario", "party"), {}, "--scenario: invalid choice: 'party'"),
        (("--port", "0"), {}, "--port: '0' is no port"),
        (("--rate", "-1"), {}, "--rate: '-1' is no rate"),
        (("--config", "nowhere.yaml"), {}, "nowhere.yaml: cannot be read"),
        ((), {"MONITORING_PATH": "metrics"}, "MONITORING_PATH, for monitoring.path: must start"),
        ((), {"DATABASE_URL": "me:hunter2@h/d"}, "DATABASE_URL is not a PostgreSQL address"),
    ],
)
def test_bad_input_is_one_clear_line_and_exit_code_2(
    command: Command, arguments: tuple[str, ...], environment: dict[str, str], said: str
) -> None:
    done = command("exporter_stub", *arguments, **environment)
    assert done.returncode == 2
    assert said in done.stderr.splitlines()[-1]


def test_a_busy_port_is_named(command: Command) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = command("exporter_stub", "--port", str(port))
    assert done.returncode == 1
    assert done.stderr.startswith(f"exporter_stub: cannot listen on 127.0.0.1:{port} (Address")


def test_no_database_is_one_clear_line(command: Command, free_port: Callable[[], int]) -> None:
    url = "postgresql://me:hunter2@127.0.0.1:1/d"
    done = command("exporter_stub", "--port", str(free_port()), DATABASE_URL=url)
    assert done.returncode == 1
    assert "exporter_stub: no database (" in done.stderr
    assert "hunter2" not in done.stderr
    assert "Traceback" not in done.stderr
