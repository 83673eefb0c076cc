"""Make the virtual environment `.venv` with the pinned packages of one group.

    python3 -m tools.bootstrap run     what `make demo` needs
    python3 -m tools.bootstrap dev     that, and what tests and linters need
    python3 -m tools.bootstrap rules   what `make test-rules` needs

Standard library only. Where the host's Python has no pip to give (Debian without python3-venv),
pip comes from the host's own Debian package, unpacked below `.tools/`.
"""

import argparse
import importlib.util
import shutil
import subprocess
import sys
import venv
from pathlib import Path

from tools import ROOT, TOOLS_DIR
from tools.debian import DebianError, fetch

OLDEST_PYTHON = (3, 11)
VENV = ROOT / ".venv"
GROUPS = ("run", "dev", "rules", "lock")


class BootstrapError(Exception):
    """The environment could not be made; the message says what is missing and how to get it."""


def main() -> int:
    """Parse the command line, make the environment, and return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python3 -m tools.bootstrap",
        description="Make .venv with the pinned packages of a group.",
        epilog="example: python3 -m tools.bootstrap run",
    )
    parser.add_argument("group", choices=GROUPS, help="requirements/GROUP.txt is installed")
    group: str = parser.parse_args().group
    try:
        ensure_environment()
        install(group)
    except BootstrapError as error:
        print(f"setup: {error}", file=sys.stderr)
        return 1
    return 0


def ensure_environment() -> None:
    """Make `.venv` where there is none that this Python can use."""
    if sys.version_info[:2] < OLDEST_PYTHON:
        found = ".".join(map(str, sys.version_info[:3]))
        wanted = ".".join(map(str, OLDEST_PYTHON))
        raise BootstrapError(
            f"this is Python {found}, and {wanted} or later is needed: install it and run make "
            f"with PYTHON=python{wanted}"
        )
    if _interpreter_works():
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
        *("--require-hashes", "--only-binary", ":all:", "--requirement", str(requirements)),
    ]
    if subprocess.run(command, stdin=subprocess.DEVNULL, check=False).returncode:
        raise BootstrapError(
            f"pip could not install {requirements.relative_to(ROOT)}, see its message above: it "
            "needs a package index within reach, and a wheel of each package for this machine"
        )


def _interpreter_works() -> bool:
    """Whether `.venv` has a Python of this version that starts (a system upgrade can break it)."""
    python = VENV / "bin" / "python"
    if not python.exists():
        return False
    version = "import sys; print(sys.version_info[:2])"
    done = subprocess.run([python, "-c", version], check=False, capture_output=True, text=True)
    return done.stdout.strip() == str(sys.version_info[:2])


def _pip() -> list[str]:
    """The arguments that make Python run pip."""
    if importlib.util.find_spec("ensurepip") is not None:
        done = subprocess.run(
            [VENV / "bin" / "python", "-m", "ensurepip", "--default-pip"],
            check=False,
            capture_output=True,
            text=True,
        )
        if done.returncode == 0:
            return ["-m", "pip"]
    try:
        wheels = sorted(fetch("python3-pip-whl", TOOLS_DIR).rglob("pip-*.whl"))
    except DebianError as error:
        raise BootstrapError(
            f"this Python has no ensurepip and its package could not be fetched ({error}): "
            "install it with your system's package manager (Debian and Ubuntu: python3-venv)"
        ) from None
    if not wheels:
        raise BootstrapError("the package python3-pip-whl holds no pip: install python3-venv")
    return [str(Path(wheels[-1]) / "pip")]


if __name__ == "__main__":
    sys.exit(main())
