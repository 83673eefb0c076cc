"""Make the virtual environment `.venv` with the pinned packages of one group.

    python3 -m tools.bootstrap run     what `make demo` needs
    python3 -m tools.bootstrap dev     that, and what tests and linters need
    python3 -m tools.bootstrap rules   what `make test-rules` needs

Standard library only. If the host's Python has no ensurepip (Debian without python3-venv), pip
comes from the host's own Debian package, unpacked below `.tools/`.
"""

import argparse
import fcntl
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import venv
from pathlib import Path

from tools import ROOT, TOOLS_DIR, ToolError
from tools.debian import fetch
from tools.files import replace
from tools.process import finished

VENV = ROOT / ".venv"
QUIET = (
    "import sys; sys.excepthook = lambda kind, *rest: "
    "kind is KeyboardInterrupt or sys.__excepthook__(kind, *rest)\n"
)
"""Python runs this when it starts: Ctrl-C ends a command that still loads without a traceback."""


def main() -> int:
    """Make the environment with the group that the command line names; return the exit code."""
    parser = argparse.ArgumentParser("python3 -m tools.bootstrap")
    groups = sorted(path.stem for path in ROOT.glob("requirements/*.txt"))
    parser.add_argument("group", choices=groups)
    group = parser.parse_args().group
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:  # nohup
            signal.signal(number, signal.default_int_handler)  # ends with what it has started
    try:
        _set_up(group)
        return 0
    except OSError as error:  # one of ours has a text alone
        where = error.filename or VENV  # a full disk's error does not name the file
        said, code = f"{where}: {error.strerror}" if error.strerror else error, 1
    except KeyboardInterrupt:
        said, code = "stopped", 130
    print(f"setup: {said}", file=sys.stderr)
    return code


def _set_up(group: str) -> None:
    """Wait until no other set-up of this checkout runs, as with `make -j` or in two terminals."""
    TOOLS_DIR.mkdir(exist_ok=True)
    with (TOOLS_DIR / "setup.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # the system releases it when the process ends
        ensure_environment()
        packages = VENV.joinpath("lib", "python{}.{}".format(*sys.version_info), "site-packages")
        replace(packages / "quiet.pth", QUIET)
        install(group)


def ensure_environment() -> None:
    """Make `.venv` if it has no Python of this version that starts; an upgrade can break it."""
    python = VENV / "bin" / "python"
    version = (python, "-c", "import sys; print(sys.version_info[:2])")
    if python.exists() and finished(version).stdout.strip() == str(sys.version_info[:2]):
        return
    print(f"setup: making {VENV.name} with Python {sys.version.split()[0]}", flush=True)
    shutil.rmtree(VENV, ignore_errors=True)
    venv.EnvBuilder(symlinks=True).create(VENV)


def install(group: str) -> None:
    """Install the pinned packages of `group`, each checked against its hash."""
    requirements = ROOT / "requirements" / f"{group}.txt"
    print(f"setup: installing {requirements.relative_to(ROOT)}", flush=True)
    command = [
        *(str(VENV / "bin" / "python"), *_pip()),
        *("install", "--quiet", "--disable-pip-version-check", "--no-input"),
        # Nothing is written outside of the checkout, unless the user has set a cache folder.
        *(() if "PIP_CACHE_DIR" in os.environ else ("--no-cache-dir",)),
        *("--require-hashes", "--only-binary", ":all:", "--requirement", str(requirements)),
    ]
    if subprocess.run(command, stdin=subprocess.DEVNULL, check=False).returncode:
        raise ToolError(
            f"pip could not install {requirements.relative_to(ROOT)}, see its message above: it "
            "needs a package index within reach, and a wheel of each package for this machine"
        )


def _pip() -> list[str]:
    """The arguments that make Python run pip."""
    if importlib.util.find_spec("ensurepip") is not None:
        python = VENV / "bin" / "python"
        if finished([python, "-m", "ensurepip", "--default-pip"]).returncode == 0:
            return ["-m", "pip"]
    try:
        wheels = sorted(fetch("python3-pip-whl", TOOLS_DIR).rglob("pip-*.whl"))
    except ToolError as error:
        raise ToolError(
            f"this Python has no ensurepip and its package could not be fetched ({error}): "
            "install it with your system's package manager (Debian and Ubuntu: python3-venv)"
        ) from None
    if not wheels:
        raise ToolError("the package python3-pip-whl holds no pip: install python3-venv")
    return [str(Path(wheels[-1]) / "pip")]


if __name__ == "__main__":
    sys.exit(main())
