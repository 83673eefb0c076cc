import json
import re
import signal
import socket
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import psutil
import pytest
import requests

from exporter_stub import __main__ as command
from exporter_stub.control import TOKEN_VARIABLE
from exporter_stub.persistence import WORKERS
from tests.conftest import Called, Ran, assert_on_loopback_alone, free_port
from tests.exporter_stub.conftest import ended, execute, started, wait_for

URL = "postgresql://me:hunter2"
AWAY = f"DATABASE_URL={URL}@127.0.0.1:1/d"
ON = {"MONITORING_ENABLED": "true"}
MODEL = "models: [{provider: p, model: m, prompt: [1, 1]"
Run = Callable[..., Ran]


@pytest.fixture
def port() -> int:
    """A port that nobody listens on."""
    return free_port()


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, called: Called) -> Run:
    """Runs a command in this process, in a folder with a file `mine`."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(command, "end_on_crash", threading.Event)
    monkeypatch.setattr(command, "log_to_stderr", lambda _: None)
    (tmp_path / "mine").touch()
    return partial(called, command.main)


def _got(port: int, path: str = "/metrics") -> str:
    try:
        return requests.get(f"http://127.0.0.1:{port}{path}", timeout=60).text
    except requests.ConnectionError:
        return ""


def _sum(text: str, series: str) -> float:
    """What the series have counted whose name and labels match `series` from the beginning on."""
    return sum(map(float, re.findall(rf"^compozy_llm_{series}.* (\S+)$", text, re.MULTILINE)))


def _rows(dsn: str) -> int:
    return len(execute(dsn, "SELECT FROM execution_llm_usage"))


def test_it_counts_what_it_wrote_and_ends_cleanly_on_sigterm(
    tmp_path: Path, port: int, dsn: str
) -> None:
    arguments = ("--port", str(port), "--rate", "100", "--seed", "1", "--scenario", "healthy")
    with started(tmp_path, *arguments, **ON, DATABASE_URL=dsn) as exporter:
        wait_for(lambda: _got(port).count("events_total{") >= 9)
        before, text, after = _rows(dsn), _got(port), _rows(dsn)
        counted = _sum(text, "usage_events_total{.*success")  # a row is there before it counts
        assert before - WORKERS <= counted <= after
        assert ended(exporter).rstrip().endswith("Stopped")
    assert _rows(dsn) >= after


def test_it_says_when_monitoring_is_off_and_logs_json_where_that_is_asked_for(
    tmp_path: Path, port: int, dsn: str
) -> None:
    arguments = ("--port", str(port), "--log-format", "json")
    with started(tmp_path, *arguments, DATABASE_URL=dsn) as exporter:
        wait_for(lambda: "not found" in _got(port) and _got(port, "/readyz") == "ready\n")
        lines = [json.loads(line) for line in ended(exporter).splitlines()]
    off = {"level": "WARNING", "logger": "exporter_stub.serve"}
    off["message"] = "Monitoring is off, nothing is served: set MONITORING_ENABLED=true"
    assert [line for line in lines if off.items() <= line.items()]
    assert lines[-1]["message"] == "Stopped"
    for line in lines:
        assert set(line) == {"time", "level", "logger", "message"}
        assert datetime.fromisoformat(line["time"]).utcoffset() == timedelta(0)


def test_with_a_database_of_its_own_a_fault_is_rehearsed_from_the_command_line(
    tmp_path: Path, port: int, run: Run
) -> None:
    (tmp_path / "compozy.yaml").write_text("monitoring: {enabled: true}\n")
    control, data = free_port(), tmp_path / ".data/exporter"
    ports = ("--port", str(port), "--control-port", str(control))

    def fault(*given: str, port: int = control, **environment: str) -> Ran:
        return run("fault", *given, "--control-port", str(port), **environment)

    # An empty variable is as good as none: a token is made, and left for `fault`.
    nothing = {"DATABASE_URL": "", TOKEN_VARIABLE: ""}
    with started(tmp_path, *ports, "--rate", "50", "--scenario", "healthy", **nothing) as exporter:
        wait_for(lambda: 'outcome="success"' in _got(port))
        for each in (port, control):
            assert_on_loopback_alone(each)
        assert fault("--list") == (0, "no fault is on\n", "")
        muted = ("persistence-muted", "--for", "1h", "--share", "0.5", "--provider", "openai")
        begun = "persistence-muted share=0.5 provider=openai"
        code, out, err = fault(*muted)
        assert (code, re.sub(r"3[56]\d\d", "3600", out), err) == (0, f"{begun}: 3600 s left\n", "")
        wait_for(lambda: _sum(_got(port), "usage_failures_total{") > 0)
        assert fault("--list")[1].startswith(f"{begun}: 3")
        code, _, said = fault("--list", port=port, **{TOKEN_VARIABLE: "x"})
        assert code == 1
        assert "is no exporter's control port" in said
        assert fault("--clear") == (0, "no fault is on\n", "")
        server = psutil.Process(int((data / "postgres/postmaster.pid").read_text().split()[0]))
        log = ended(exporter, signal.SIGINT)
    assert f"WARNING Fault begins: {begun}" in log
    assert f"WARNING Fault ends: {begun}" in log
    token = data / f"control-token-{control}"
    assert token.read_text() not in log
    assert token.stat().st_mode & 0o077 == 0
    assert psutil.wait_procs([server], 60)[1] == []


@pytest.mark.parametrize("nohup", [False, True])
def test_a_fault_command_that_waits_is_cut_off_as_its_terminal_closes_but_not_under_nohup(
    tmp_path: Path, *, nohup: bool
) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN if nohup else signal.SIG_DFL)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        asked = ("--list", "--control-port", str(silent.getsockname()[1]))
        with (
            started(tmp_path, "fault", *asked, **{TOKEN_VARIABLE: "x"}) as fault,
            silent.accept()[0],
        ):
            signal.signal(signal.SIGHUP, before)
            if nohup:
                fault.send_signal(signal.SIGHUP)
            end, code = (signal.SIGINT, 130) if nohup else (signal.SIGHUP, 129)
            assert ended(fault, end, code) == "exporter_stub: stopped\n"


@pytest.mark.parametrize("name", ["serve", "replay", "postgres", "fault"])
def test_the_help_of_every_command_shows_an_example(run: Run, name: str) -> None:
    code, said, _ = run(name, "--help")
    assert code == 0
    assert "example: " in said
    assert "python -m exporter_stub" in said.split("example: ")[1]


@pytest.mark.parametrize(
    ("arguments", "given", "said"),
    [
        ("--scenario outage", "", "argument --scenario: invalid choice: 'outage'"),
        ("--port 0", "", "argument --port: '0' is no port: a whole number from 1 to 65535"),
        ("--port " + "9" * 5000, "", "is no port: a whole number from 1 to 65535"),
        ("--rate -1", "", "argument --rate: '-1' is no rate: a number from 0.001 to 10000"),
        ("--rate nan", "", "argument --rate: 'nan' is no rate"),
        ("--catalogue mine", "mine=models: []", "mine: models: must have 1 or more entries"),
        ("--catalogue mine", f"mine={MODEL}, share: 0}}]", ".share: must be greater than 0"),
        ("--catalogue mine", f"mine={MODEL}, share: .nan}}]", ".share: must be less than or equal"),
        ("--catalogue mine", f"mine={MODEL}}}]", "mine: models.0.share: is required"),
        ("--catalogue mine", f"mine={MODEL}, share: 1, shard: 1}}]", ".shard: unknown key"),
        ("--catalogue mine", "mine=- 1", "mine: must be a mapping, not [1]"),
        ("--config nowhere.yaml", "", "nowhere.yaml: cannot be read"),
        ("--config mine", "mine=monitoring: {enabeld: true}", "monitoring.enabeld: unknown key"),
        ("--config mine", "mine=monitoring: {enabled: maybe}", ".enabled: must be a boolean"),
        *(
            ("--config mine", f"mine=monitoring: {{path: '{path}'}}", ".path: must be a path such")
            for path in ("metrics", "/api", "/api/x", "/healthz", "//x", "/a/../b", "/metrics?a=1")
        ),
        ("--config mine", "mine=monitoring: false", "mine: monitoring: must be a mapping"),
        ("--config mine", "mine=false", "mine: must be a mapping"),
        ("", "MONITORING_PATH=metrics", "MONITORING_PATH: path: must be a path such"),
        *(
            ("", f"DATABASE_URL={address}", "DATABASE_URL is not a PostgreSQL address")
            for address in ("me:hunter2@h/d", f"{URL}%ZZ@h/d", "postgres://me:hu@hunter2@h/d")
        ),
        ("fault flood", "", "argument NAME: invalid choice: 'flood'"),
        ("fault restart --for 5", "", "restart: for: must be a duration such as 15m or 1h30m"),
        ("fault restart --share 1", "", ": restart: has no share; it has: none"),
        ("fault restart --for 5s", "", ": restart: has no for; it has: none"),
        ("fault workflow-silence --share 0.5", "", "workflow-silence: has no share; it has: for"),
        ("fault slow-database --for 0s", "", "slow-database: for: must be greater than 0"),
        ("fault slow-database --share 1.1", "", "share: must be less than or equal to 1"),
        ("fault --list", "", "control-token-5002: cannot be read (No such file or directory): "),
        ("replay --out out --hours 0", "", "'0' is no number of hours"),
        ("replay --out out --every 0.5", "", "is no interval: a whole number from 1 to 300"),
        ("replay --out out --scenario outage --hours 2", "", "--hours 2: outage needs at least 3h"),
        ("replay --out out --hours 0.0001", "", "0.0001: healthy needs at least 15s"),
        ("replay --out out --hours 744 --every 1 --replicas 100", "", "choose fewer --hours or"),
        ("replay --out .", "", "is not empty: choose another folder, or empty it"),
        # What fails for another reason than the input has exit code 1.
        ("--port {taken}", AWAY, "cannot listen on 127.0.0.1:{taken} (Address already in use): "),
        ("--host 192.0.2.1 --port {free}", AWAY, " (Cannot assign requested address): choose"),
        ("--port {free}", AWAY, "): start PostgreSQL, or correct DATABASE_URL"),
        ("--port {free}", AWAY + "?connect_timeout=soon", "'soon'): start PostgreSQL, or correct"),
        ("fault --list --control-port {free}", TOKEN_VARIABLE + "=x", " --control-port {free}"),
    ],
)
def test_what_cannot_be_is_one_clear_line_and_nothing_is_written(
    run: Run, port: int, tmp_path: Path, arguments: str, given: str, said: str
) -> None:
    name, _, value = given.partition("=")  # a variable, or the content of the file `mine`
    (tmp_path / "mine").write_text(value if name == "mine" else "")
    with socket.create_server(("127.0.0.1", 0)) as listening:
        ports = {"taken": str(listening.getsockname()[1]), "free": str(port)}
        code, _, told = run(*arguments.format(**ports).split(), **{name or "X": value})
    assert code == (1 if "{" in arguments else 2)
    (line,) = told.splitlines()
    assert line.startswith(("exporter_stub: ", "python -m exporter_stub "))
    assert said.format(**ports) in line
    assert "hunter2" not in line
    assert "<FaultName" not in line
    assert [file.name for file in tmp_path.rglob("*") if file.is_file()] == ["mine"]
