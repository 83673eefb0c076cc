import errno
import fcntl
import signal
import sys
from pathlib import Path
from unittest.mock import Mock

import pytest

from tests.conftest import Called, script
from tools import ROOT, bootstrap
from tools.process import finished


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty checkout, in which `run.txt` is to be installed."""
    monkeypatch.setattr(bootstrap, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(bootstrap, "TOOLS_DIR", tmp_path / ".tools")
    monkeypatch.setattr(sys, "argv", ["bootstrap", "run"])
    return tmp_path


def test_it_needs_the_standard_library_alone() -> None:
    done = finished([sys.executable, "-S", "-c", "import tools.bootstrap"], cwd=ROOT)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_group_that_is_none_or_missing_is_told_in_a_sentence(called: Called) -> None:
    for arguments in ([], ["nothing"]):
        assert "error: " in called(bootstrap.main, *arguments, code=2).err


def test_an_environment_that_works_is_kept_and_a_broken_one_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bootstrap, "VENV", tmp_path / "venv")
    bootstrap.ensure_environment()
    bootstrap.ensure_environment()
    assert capsys.readouterr().out.count("making venv") == 1
    python = tmp_path / "venv/bin/python"
    python.unlink()
    python.symlink_to("/gone/with/an/upgrade")
    bootstrap.ensure_environment()
    assert capsys.readouterr().out.count("making venv") == 1


def test_a_package_index_out_of_reach_is_told_after_pips_own_message(
    checkout: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    pip = 'case "$*" in *ensurepip*) exit 0;; esac; echo "No matching distribution"; echo "$@"'
    script(checkout / ".venv/bin/python", f"{{ {pip}; }} >&2; exit 1")
    monkeypatch.setattr(bootstrap, "ensure_environment", lambda: None)
    assert bootstrap.main() == 1
    said = capfd.readouterr().err
    assert said.startswith("No matching distribution\n-m pip install ")
    assert "--require-hashes" in said
    assert "setup: pip could not install requirements/run.txt" in said


@pytest.mark.usefixtures("checkout")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_it_in_order(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], number: signal.Signals
) -> None:
    ended = signal.default_int_handler if number is signal.SIGINT else signal.SIG_DFL
    before = signal.signal(number, ended)  # under nohup a SIGHUP is ignored
    monkeypatch.setattr(bootstrap, "ensure_environment", lambda: signal.raise_signal(number))
    try:
        assert bootstrap.main() == 130
    finally:
        signal.signal(number, before)
    assert capsys.readouterr().err == "setup: stopped\n"


@pytest.mark.usefixtures("checkout")
def test_a_checkout_that_cannot_be_written_and_a_full_disk_are_told_in_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    full = OSError(errno.ENOSPC, "No space left on device")  # as of a write: it names no file
    monkeypatch.setattr(bootstrap, "ensure_environment", Mock(side_effect=full))
    assert bootstrap.main() == 1
    assert capsys.readouterr().err == f"setup: {bootstrap.VENV}: No space left on device\n"
    monkeypatch.setattr(bootstrap, "TOOLS_DIR", Path("/dev/null/tools"))
    assert bootstrap.main() == 1
    assert capsys.readouterr().err == "setup: /dev/null/tools: Not a directory\n"


def test_ctrl_c_while_a_command_still_loads_is_no_traceback() -> None:
    done = finished([sys.executable, "-c", "raise KeyboardInterrupt"])
    assert (done.returncode, done.stderr) == (-signal.SIGINT, "")


def test_a_second_set_up_waits_until_the_first_is_done(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beside an install of the first, the lock cannot be had."""
    refused = []

    def install(_group: str) -> None:
        with (checkout / ".tools/setup.lock").open() as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                refused.append(True)

    monkeypatch.setattr(bootstrap, "install", install)
    assert bootstrap.main() == 0
    assert refused == [True]
