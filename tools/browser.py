"""A headless Chromium: the one on PATH, else the host's own Debian package below `.tools/`."""

import functools
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tools import TOOLS_DIR
from tools.debian import DebianError, fetch_with_needs
from tools.locate import ToolError

NAMES = (
    *("chromium-headless-shell", "chromium", "chromium-browser"),
    *("google-chrome", "google-chrome-stable"),
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
PACKAGE = "chromium-headless-shell"
TIMEOUT = 120
"""Seconds for one page; the first start on a cold disk is the longest."""

_OPTIONS = (
    "--headless",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
    "--no-first-run",
    "--no-sandbox",  # it opens our own files alone; its sandbox needs rights that CI has not
    "--window-size=1600,2400",
)


@dataclass(frozen=True)
class Browser:
    """A browser that `command` starts, with more environment where it is not installed."""

    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)

    def document(self, page: Path) -> str:
        """The HTML of `page` as the browser has it once its scripts have run.

        Raises ToolError with what the browser says where it fails, or takes too long.
        """
        with tempfile.TemporaryDirectory(prefix="compozy-browser-") as profile:
            options = (*_OPTIONS, f"--user-data-dir={profile}", "--dump-dom", page.as_uri())
            with subprocess.Popen(
                [*self.command, *options],
                env={**os.environ, **self.environment},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                start_new_session=True,  # its own children end with it
            ) as process:
                try:
                    found, said = process.communicate(timeout=TIMEOUT)
                except subprocess.TimeoutExpired:
                    message = f"{self.command[0]} took over {TIMEOUT} s for {page}"
                    raise ToolError(message) from None
                finally:
                    _end_group(process)
        if process.returncode or not found.strip():
            last = said.strip().splitlines() or ["it said nothing"]
            raise ToolError(f"{self.command[0]} did not open {page}: {last[-1]}")
        return found


@functools.cache
def find(tools_dir: Path = TOOLS_DIR) -> Browser:
    """A browser, fetched into `tools_dir` where there is none. Raises ToolError."""
    for name in NAMES:
        found = shutil.which(name)
        if found is not None:
            return Browser((found,))
    if not (tools_dir / PACKAGE).is_dir():
        print(f"setup: fetching {PACKAGE} into {tools_dir.name}/", file=sys.stderr)
    try:
        root = fetch_with_needs(PACKAGE, tools_dir)
    except DebianError as error:
        raise ToolError(
            f"no Chromium was found (PATH: not there; Debian packages: {error}): "
            "install chromium or google-chrome"
        ) from None
    return _unpacked(root)


def _unpacked(root: Path) -> Browser:
    """The browser of a package that is unpacked below `root`, with the libraries beside it."""
    program = root / "usr/lib/chromium" / PACKAGE
    if not program.exists():
        raise ToolError(f"the package {PACKAGE} holds no {program.relative_to(root)}")
    folders = sorted({str(file.parent) for file in root.glob("usr/lib/*-linux-gnu*/**/*.so*")})
    folders += os.environ.get("LD_LIBRARY_PATH", "").split(":")
    environment = {"LD_LIBRARY_PATH": ":".join(filter(None, folders))}
    if (root / "etc/fonts").is_dir() and not Path("/etc/fonts").exists():
        environment["FONTCONFIG_SYSROOT"] = str(root)
    return Browser((str(program),), environment)


def _end_group(process: subprocess.Popen[str]) -> None:
    """End the browser and what it started."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
