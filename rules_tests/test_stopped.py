"""The command `python -m rules_tests`, where it is stopped or its output is no longer read."""

import errno
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event, main_thread
from unittest.mock import Mock

import pytest

from rules_tests.__main__ import main
from rules_tests.test_main import GOOD, RULES


def _stopped(tmp_path: Path) -> int:
    (tmp_path / "down.yml").write_text(RULES)
    for name in ("a", "b"):
        (tmp_path / f"{name}_test.yaml").write_text(GOOD)
    return main([f"{tmp_path}/*_test.yaml"])


def test_a_pipe_that_nobody_reads_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    closed = BrokenPipeError(errno.EPIPE, "Broken pipe")
    monkeypatch.setattr("rules_tests.__main__._say", Mock(side_effect=closed))
    assert _stopped(tmp_path) == 2
    assert capsys.readouterr().err == "test-rules: output: Broken pipe\n"


def test_ctrl_c_ends_it_before_the_tests_of_the_other_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    unwound = Event()

    def left(pool: ThreadPoolExecutor, *_: object) -> None:
        unwound.set()
        pool.shutdown()

    def interrupted(*_: object, **__: object) -> str:
        signal.pthread_kill(main_thread().ident or 0, signal.SIGINT)
        unwound.wait()
        return ""

    ran = Mock(side_effect=interrupted)
    monkeypatch.setattr("os.cpu_count", lambda: 1)
    monkeypatch.setattr(ThreadPoolExecutor, "__exit__", left)
    monkeypatch.setattr("rules_tests.__main__.run", ran)
    assert _stopped(tmp_path) == 130
    assert capsys.readouterr().err == "test-rules: stopped\n"
    assert ran.call_count == 1
