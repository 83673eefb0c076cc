"""A headless Chromium: the one on PATH, or else the host's own Debian package below `.tools/`."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tools import TOOLS_DIR, ToolError
from tools.debian import fetch
from tools.locate import first_found, on_path

if TYPE_CHECKING:
    from playwright.sync_api import Page

NAMES = (
    *("chromium-headless-shell", "chromium", "chromium-browser"),
    *("google-chrome", "google-chrome-stable"),
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
PACKAGE = "chromium-headless-shell"
TIMEOUT = 120
"""Seconds for one page; the first start on a cold disk takes longest."""


@contextmanager
def page_of(program: str, environment: Mapping[str, str]) -> Iterator["Page"]:
    """Start the browser `program`, with `environment` added to ours; yields an empty page.

    Raises ToolError if it fails.
    """
    # Imported here, because not every group of packages has it.
    from playwright.sync_api import Error, sync_playwright  # noqa: PLC0415

    try:
        with sync_playwright() as driver:
            running = driver.chromium.launch(
                executable_path=program,
                env={**os.environ, **environment},
                timeout=TIMEOUT * 1000,
            )
            context = running.new_context(viewport={"width": 1600, "height": 1000})
            context.set_default_timeout(TIMEOUT * 1000)
            yield context.new_page()
            running.close()
    except Error as error:
        raise ToolError(f"{program}: {error.message}") from None


def find(tools_dir: Path = TOOLS_DIR) -> tuple[str, Mapping[str, str]]:
    """The program of a browser, and the environment variables that it needs.

    It is fetched into `tools_dir` if there is none. Raises ToolError if that fails.
    """
    ways = {
        "PATH": lambda: (on_path(*NAMES), {}),
        "Debian packages": lambda: _from_debian(tools_dir),
    }
    return first_found("Chromium", ways, "install chromium or google-chrome")


def _from_debian(tools_dir: Path) -> tuple[str, dict[str, str]]:
    """Debian's, with the libraries and fonts that the host may not have."""
    root = fetch(PACKAGE, tools_dir, with_needs=True)
    folders = sorted({str(file.parent) for file in root.glob("usr/lib/*-linux-gnu*/**/*.so*")})
    folders += filter(None, [os.environ.get("LD_LIBRARY_PATH")])
    environment = {"LD_LIBRARY_PATH": ":".join(folders)}
    if (root / "etc/fonts").is_dir() and not Path("/etc/fonts").exists():
        environment["FONTCONFIG_SYSROOT"] = str(root)
    return str(root / "usr/lib/chromium" / PACKAGE), environment
