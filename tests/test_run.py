"""What a run of tests leaves behind: see conftest.py at the top."""

import os
import sys
from pathlib import Path

import pytest

from tools import ROOT
from tools.process import finished

LEAVES = "import tempfile\ndef test(tmp_path): tempfile.mkstemp(prefix='left-')\n"
TIDY = """
import tempfile
from pathlib import Path
def test(tmp_path):
    (tmp_path / "large").write_text("")
    (Path.home() / ".cache").mkdir()
    tempfile.TemporaryFile().close()
"""
ENDED = """
import os, signal
def test(tmp_path):
    (tmp_path / "large").write_text("")
    {}
"""


@pytest.mark.parametrize(
    ("test", "code", "options"),
    [
        (LEAVES, 1, ("-p", "xdist", "-n", "1")),
        (TIDY, 0, ()),
        (ENDED.format("raise KeyboardInterrupt"), 2, ()),
        (ENDED.format("os.kill(os.getpid(), signal.SIGTERM)"), 2, ()),
    ],
    ids=["leaves something, with xdist", "tidy, without", "interrupted", "terminated"],
)
def test_a_run_that_leaves_something_fails_and_nothing_stays(
    tmp_path: Path, test: str, code: int, options: tuple[str, ...]
) -> None:
    """Not in the system's temporary folder, and not in the user's home."""
    home, temporary, rootdir = (tmp_path / name for name in ("home", "tmp", "tests"))
    for folder in (home, temporary, rootdir):
        folder.mkdir()
    (rootdir / "conftest.py").symlink_to(ROOT / "conftest.py")
    (rootdir / "test_it.py").write_text(test)
    environment = {**os.environ, "HOME": str(home), "TMPDIR": str(temporary)}
    environment["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # so it starts sooner
    done = finished(
        [
            *(sys.executable, "-m", "pytest", *options),
            *("-o", "tmp_path_retention_policy=failed", str(rootdir)),
        ],
        cwd=rootdir,
        env=environment,
    )
    assert done.returncode == code, done.stdout
    assert ("the tests left these in the temporary folder: left-" in done.stdout) == (code == 1)
    assert list(home.iterdir()) == list(temporary.iterdir()) == []
