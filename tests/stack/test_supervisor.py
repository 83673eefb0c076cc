import os
import signal
import subprocess
import sys
from itertools import chain, repeat
from pathlib import Path
from typing import Any

import psutil
import pytest

from contract.command import ENDING_SIGNALS, done
from stack.__main__ import main
from stack.supervisor import Supervisor, leftovers, stop
from tests.conftest import Called
from tools import ROOT, ToolError
from tools.process import awaited

SLEEP = ["sleep", "300"]
# A child with a child of its own, in another session, as the exporter has its PostgreSQL.
NESTED = "import subprocess; subprocess.Popen(['sleep', '300'], start_new_session=True).wait()"


def test_nothing_of_the_stack_is_left_after_it_and_what_was_ended_is_not_missed(
    tmp_path: Path,
) -> None:
    with Supervisor(tmp_path) as supervisor:
        supervisor.start("one", SLEEP)
        supervisor.start("two", [sys.executable, "-c", NESTED])
        assert awaited(lambda: len(leftovers(tmp_path)) == 3)
        supervisor.end("one")
        assert len(leftovers(tmp_path)) == 2
        supervisor.check()
        supervisor.start("one", SLEEP)
        assert awaited(lambda: len(leftovers(tmp_path)) == 3)
    assert leftovers(tmp_path) == []


def test_a_child_that_dies_is_reported_with_the_end_of_its_log(tmp_path: Path) -> None:
    with Supervisor(tmp_path) as supervisor, pytest.raises(ToolError) as raised:
        supervisor.start("one", ["sh", "-c", "seq 0 19; exit 3"], ready=lambda: False)
    lines = [f"  {number}" for number in range(15, 20)]
    assert str(raised.value).splitlines() == ["one ended with exit code 3:", *lines]


def test_what_does_not_come_in_time_is_told_with_where_to_look(tmp_path: Path) -> None:
    with (
        Supervisor(tmp_path) as supervisor,
        pytest.raises(ToolError, match=f"^the page: not within 0 s, see the logs in {tmp_path}$"),
    ):
        supervisor.wait(lambda: False, "the page", 0)


def test_a_child_that_ignores_sigterm_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wait, limits = psutil.wait_procs, chain([0.5], repeat(60))  # seconds; it is deaf for the first
    monkeypatch.setattr(psutil, "wait_procs", lambda found, _: wait(found, next(limits)))
    with Supervisor(tmp_path) as supervisor:
        supervisor.start("one", ["sh", "-c", "trap '' TERM; echo deaf; exec sleep 300"])
        assert awaited(lambda: "deaf" in (tmp_path / "one.log").read_text())
    assert leftovers(tmp_path) == []


@pytest.mark.parametrize("number", ENDING_SIGNALS)
def test_a_signal_ends_a_command_with_all_that_it_started(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], number: signal.Signals
) -> None:
    def command() -> None:
        with Supervisor(tmp_path) as supervisor:
            supervisor.start("one", SLEEP)
            signal.raise_signal(number)

    before = signal.signal(number, signal.SIG_DFL)  # under nohup a SIGHUP is ignored
    try:
        assert done("bench", command) == 128 + number
    finally:
        signal.signal(number, before)
    assert capsys.readouterr().err == "bench: stopped\n"
    assert leftovers(tmp_path) == []


@pytest.mark.parametrize("number", ENDING_SIGNALS)
def test_a_signal_while_the_stack_ends_waits_until_it_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    """Ctrl-C at the very end of a demo must not leave the rest of the stack running."""
    wait, left = psutil.wait_procs, []

    def interrupted(*processes: Any) -> Any:
        signal.raise_signal(number)
        return wait(*processes)

    before = signal.signal(number, lambda *_: left.append(leftovers(tmp_path)))
    try:
        with Supervisor(tmp_path) as supervisor:
            for name in ("one", "two"):
                supervisor.start(name, SLEEP)
            monkeypatch.setattr(psutil, "wait_procs", interrupted)
    finally:
        signal.signal(number, before)
    assert left == [[]]


def test_a_second_stack_in_the_same_folder_is_refused(tmp_path: Path) -> None:
    with (
        Supervisor(tmp_path),
        pytest.raises(ToolError, match=f"already runs in .* \\(process {os.getpid()}\\)"),
        Supervisor(tmp_path),
    ):
        pytest.fail("a second one started")


PROGRAM = (
    "import signal, sys, time; from pathlib import Path; from stack.supervisor import Supervisor\n"
    "signal.signal(signal.SIGTERM, lambda *_: sys.exit())\n"
    "with Supervisor(Path(sys.argv[1])) as supervisor:\n"
    "    supervisor.start('one', ['sleep', '300']); time.sleep(300)\n"
)


def _elsewhere(folder: Path) -> subprocess.Popen[bytes]:
    """A supervisor in another process, once it has started something."""
    process = subprocess.Popen([sys.executable, "-c", PROGRAM, str(folder)], cwd=ROOT)
    assert awaited(lambda: leftovers(folder))
    return process


@pytest.mark.parametrize("by_down", [True, False])
def test_what_a_killed_supervisor_left_is_ended_by_down_and_by_the_next(
    tmp_path: Path, called: Called, capfd: pytest.CaptureFixture[str], *, by_down: bool
) -> None:
    with _elsewhere(tmp_path) as killed:
        killed.kill()
    told = called(main, "status", "--data-dir", str(tmp_path), code=4).out
    assert "1 processes of a killed stack are left: `make down`" in told
    if by_down:
        assert called(main, "down", "--data-dir", str(tmp_path), code=0).out == "stopped\n"
    else:
        with Supervisor(tmp_path):
            assert leftovers(tmp_path) == []
        assert "ended what a killed stack had left: 1 processes" in capfd.readouterr().out
    assert leftovers(tmp_path) == []


def test_down_ends_a_running_stack_and_tells_whether_there_was_one(tmp_path: Path) -> None:
    with _elsewhere(tmp_path) as process:
        assert stop(tmp_path) is True
        process.wait(60)
    assert stop(tmp_path) is False
    assert stop(tmp_path / "never") is False
    assert not (tmp_path / "never").exists()


def test_a_stack_that_does_not_end_is_told_with_what_ends_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stack.supervisor.STOP_TIMEOUT", 0.1)
    monkeypatch.setattr(os, "kill", lambda *_: None)  # as deaf as it may be
    with Supervisor(tmp_path), pytest.raises(ToolError, match=f"kill -9 {os.getpid()}`, then"):
        stop(tmp_path)
