import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import Command
from tools import ROOT, bootstrap
from tools.bootstrap import BootstrapError


def test_a_python_too_old_is_told_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 10, 4, "final", 0))
    wanted = r"^this is Python 3\.10\.4, and 3\.11 or later is needed: .* PYTHON=python3\.11$"
    with pytest.raises(BootstrapError, match=wanted):
        bootstrap.ensure_environment()


def test_an_unknown_group_is_refused(command: Command) -> None:
    done = command("tools.bootstrap", "everything")
    assert done.returncode == 2
    assert "invalid choice: 'everything'" in done.stderr


def test_it_runs_on_the_standard_library_alone() -> None:
    """It runs before anything is installed."""
    done = subprocess.run(
        [sys.executable, "-S", "-c", "import tools.bootstrap"],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")


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


def test_a_package_index_out_of_reach_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bootstrap, "VENV", tmp_path / "venv")
    for name, value in {"NO_INDEX": "1", "FIND_LINKS": str(tmp_path), "RETRIES": "0"}.items():
        monkeypatch.setenv(f"PIP_{name}", value)
    bootstrap.ensure_environment()
    with pytest.raises(BootstrapError, match=r"pip could not install requirements/lock\.txt"):
        bootstrap.install("lock")
    assert "No matching distribution found" in capfd.readouterr().err
