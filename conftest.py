"""What holds for a whole run of tests: where it may write, and what it leaves there."""

import os
import shutil
import signal
import tempfile
from pathlib import Path

import pytest

_FOLDER = pytest.StashKey[Path]()
_END_TO_END = Path(__file__).parent / "tests" / "e2e"
_SHARED = {"history", "shown"}
"""Fixtures that take long to make: their tests run in one process, see --dist loadgroup."""


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Give all programs of the run an empty temporary folder, and a home in it.

    Both are removed in the end; `--basetemp=FOLDER` keeps the files of failed tests.
    """
    if hasattr(config, "workerinput"):  # the controller of pytest-xdist has done it
        return
    # What a SIGTERM ends, as of make, is tidied up as after Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    # Who commits, and which Docker engine there is, stays as the user has it.
    os.environ.setdefault("GIT_CONFIG_GLOBAL", str(Path.home() / ".gitconfig"))
    os.environ.setdefault("DOCKER_CONFIG", str(Path.home() / ".docker"))
    folder = config.stash[_FOLDER] = Path(tempfile.mkdtemp(prefix="tests-"))
    home = folder / "home"
    home.mkdir()
    os.environ |= {
        "TMPDIR": str(folder),
        "HOME": str(home),
        # Programs in a container see the temporary folder, so the tests' own files are below it.
        "PYTEST_DEBUG_TEMPROOT": str(home),
    }
    # Those of git, where a hook of ours runs the tests, are about another repository.
    others = ("GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE", "PRE_COMMIT_HOME")
    for variable in ("XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", *others):
        os.environ.pop(variable, None)
    tempfile.tempdir = None


def pytest_itemcollected(item: pytest.Item) -> None:
    """Keep tests together that share what is dear to make; those of the whole stack are `e2e`."""
    if _END_TO_END in item.path.parents:
        item.add_marker(pytest.mark.e2e)
    for name in _SHARED.intersection(getattr(item, "fixturenames", ())):
        item.add_marker(pytest.mark.xdist_group(name))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail a run that leaves something in the temporary folder; one that is interrupted may."""
    folder = session.config.stash.get(_FOLDER, None)
    if folder is None:
        return
    left = sorted(path.name for path in folder.glob("*") if path.name != "home")
    shutil.rmtree(folder, ignore_errors=True)
    if left and session.exitstatus != pytest.ExitCode.INTERRUPTED:
        print(f"\nthe tests left these in the temporary folder: {', '.join(left)}")
        session.exitstatus = session.exitstatus or pytest.ExitCode.TESTS_FAILED
