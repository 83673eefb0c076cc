"""Debian packages without root: downloaded and unpacked into our own folder, none installed.

The host's own apt sources and keys decide what is fetched, so signatures are checked as always.
Standard library only: `tools.bootstrap` uses this before anything is installed.
"""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

UPDATE_TIMEOUT = 180
"""Seconds for one `apt-get` call; a mirror that hangs must not hang us."""

_APT_CONF = """\
Dir::State::Lists "{work}/lists";
Dir::Cache "{work}/cache";
APT::Sandbox::User "root";
Acquire::Languages "none";
Acquire::Retries "2";
Acquire::http::Timeout "20";
Acquire::https::Timeout "20";
Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
"""
# The hooks are cleared because they touch the system (caches, software catalogues). We must not.


class DebianError(Exception):
    """A package could not be had; the message says which and why."""


def fetch(package: str, into: Path) -> Path:
    """Unpack `package` of the host's own release into `into/package` and return that folder.

    A folder that is already there is returned as it is. Raises DebianError where the host has no
    apt-get, or the package cannot be downloaded or unpacked; nothing half-unpacked stays behind.
    """
    target = into / package
    if target.is_dir():
        return target
    for command in ("apt-get", "dpkg"):
        if shutil.which(command) is None:
            raise DebianError(f"{command} is not on this machine")
    into.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{package}-", dir=into) as folder:
        work = Path(folder)
        archive = _download(package, work)
        unpacked = work / "unpacked"
        _run(["dpkg", "-x", str(archive), str(unpacked)], work)
        try:
            unpacked.rename(target)
        except OSError:
            if not target.is_dir():  # else another process was faster, and its copy is as good
                raise
    return target


def _download(package: str, work: Path) -> Path:
    for folder in ("lists/partial", "cache/archives/partial"):
        (work / folder).mkdir(parents=True)
    configuration = work / "apt.conf"
    configuration.write_text(_APT_CONF.format(work=work))
    apt = ["apt-get", "--quiet", "--quiet", "--config-file", str(configuration)]
    _run([*apt, "update"], work)
    _run([*apt, "download", package], work)
    archives = sorted(work.glob("*.deb"))
    if len(archives) != 1:
        raise DebianError(f"apt-get download {package} left {len(archives)} archives")
    return archives[0]


def _run(command: list[str], work: Path) -> None:
    try:
        done = subprocess.run(
            command,
            cwd=work,
            env={**os.environ, "LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive"},
            stdin=subprocess.DEVNULL,
            check=False,
            capture_output=True,
            text=True,
            timeout=UPDATE_TIMEOUT,
        )
    except subprocess.TimeoutExpired:
        raise DebianError(f"{' '.join(command[:1])} took over {UPDATE_TIMEOUT} s") from None
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if line.startswith("E:")]
        reason = (said or done.stderr.splitlines() or [f"exit code {done.returncode}"])[-1]
        raise DebianError(f"{Path(command[0]).name}: {reason.removeprefix('E: ')}")
