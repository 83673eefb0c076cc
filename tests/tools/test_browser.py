"""A browser is found, fetched, and ended, whatever it does."""

from pathlib import Path

import psutil
import pytest

from tests.conftest import script
from tools import ToolError, browser
from tools.browser import find, page_of
from tools.process import awaited


def test_a_browser_on_path_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = script(tmp_path / "bin/google-chrome", "")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    monkeypatch.setattr(browser, "NAMES", ("no-such-browser", "google-chrome"))
    assert find(tmp_path / "tools") == (str(program), {})


def test_a_fetched_browser_runs_with_the_libraries_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / browser.PACKAGE
    program = script(root / f"usr/lib/chromium/{browser.PACKAGE}", "")
    library = root / "usr/lib/x86_64-linux-gnu/extra/libx.so.1"
    library.parent.mkdir(parents=True)
    library.touch()
    monkeypatch.setattr(browser, "NAMES", ())
    monkeypatch.setattr(browser, "fetch", lambda package, into, **_: into / package)
    monkeypatch.setenv("LD_LIBRARY_PATH", "/mine")
    found, environment = find(tmp_path)
    assert found == str(program)
    assert environment["LD_LIBRARY_PATH"] == f"{library.parent}:/mine"


def test_no_browser_anywhere_is_told_with_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(browser, "NAMES", ())
    with pytest.raises(ToolError, match=r"apt-get is not on this machine\): install chromium or"):
        find(tmp_path)


@pytest.mark.parametrize("lines", ["echo 'no libnss3' >&2; exit 127", "CHILD & wait"])
def test_a_browser_that_fails_or_hangs_is_named_and_ended_with_its_children(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lines: str
) -> None:
    monkeypatch.setattr(browser, "TIMEOUT", 1)
    child = script(tmp_path / "child", "sleep 600")
    program = script(tmp_path / "chromium", lines.replace("CHILD", str(child)))
    with pytest.raises(ToolError, match=f"^{program}: "), page_of(str(program), {}):
        pytest.fail("it ran")

    def gone() -> bool:
        running = (each.info["cmdline"] or [] for each in psutil.process_iter(["cmdline"]))
        return not any(str(child) in words for words in running)

    assert awaited(gone)
