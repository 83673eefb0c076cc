"""Debian packages without root: downloaded and unpacked into our own folder, not installed.

Packages come from the host's own apt sources and are verified with its keys, as apt always does.
A package of another Debian release comes from the same mirrors.
Standard library only: `tools.bootstrap` uses this before anything is installed.
"""

import os
import platform
import re
import shutil
import sys
import tempfile
from pathlib import Path

from tools import ToolError
from tools.process import succeeded

UPDATE_TIMEOUT = 180
"""Seconds for one `apt-get` call, in case a mirror hangs."""

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
# The hooks are cleared because they change the system (caches, software catalogues).

_SUITE_CONF = """\
Dir::Etc::SourceList "{work}/sources.list";
Dir::Etc::SourceParts "/dev/null";
Dir::Etc::Preferences "/dev/null";
Dir::Etc::PreferencesParts "/dev/null";
Dir::State::Status "/dev/null";
APT::Default-Release "";
"""
# The host's pins and its list of installed packages apply only to its own release.

KEYRINGS = tuple(
    Path("/usr/share/keyrings/debian-archive-keyring").with_suffix(kind)
    for kind in (".gpg", ".pgp")
)
"""Where Debian keeps the keys of its releases; the first file that exists is used."""

_ROLLING = ("stable", "testing", "unstable", "sid")


def fetch(package: str, into: Path, suite: str | None = None, *, with_needs: bool = False) -> Path:
    """Unpack `package` of `suite` into `into/package` and return that folder.

    The package is a name, or name=version with a pattern such as 2.42.*. The suite is a Debian
    release such as trixie; None is the host's own release. `with_needs` adds the dependencies that
    the host does not have, as into the root of a system: programs that run from there need its
    `usr/lib/...` in their library path.

    A folder that exists already is returned unchanged. Raises ToolError if the host has no
    apt-get, or a package cannot be downloaded or unpacked; nothing half unpacked is left behind.
    """
    name = package.partition("=")[0]
    target = into / name
    if target.is_dir():
        return target
    for command in ("apt-get", "dpkg"):
        if shutil.which(command) is None:
            raise ToolError(f"{command} is not on this machine")
    print(f"setup: fetching {package} into {into.name}/", file=sys.stderr, flush=True)
    into.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{name}-", dir=into) as folder:
        work = Path(folder)
        apt = _updated(work, suite)
        # Nothing is installed, so neither the system's lock nor root is needed.
        plan = ("--yes", "--no-install-recommends", "--download-only", "-o", "Debug::NoLocking=1")
        installing = (*plan, "--reinstall", "install")
        _run([*apt, *(installing if with_needs else ("download",)), package], work)
        archives = sorted(work.rglob("*.deb"))
        if not any(archive.name.startswith(f"{name}_") for archive in archives):
            raise ToolError(f"apt-get download of {package} left no archive of it")
        for archive in archives:
            _run(["dpkg", "-x", str(archive), str(work / "unpacked")], work)
        try:
            (work / "unpacked").rename(target)
        except OSError:
            if not target.is_dir():  # otherwise another process was faster, with the same result
                raise
    return target


def _updated(work: Path, suite: str | None) -> list[str]:
    """The apt-get command, with its configuration and the indexes of `suite` below `work`."""
    for folder in ("lists/partial", "cache/archives/partial"):
        (work / folder).mkdir(parents=True)
    configuration = work / "apt.conf"
    configuration.write_text(_APT_CONF.format(work=work))
    apt = ["apt-get", "--config-file", str(configuration)]
    if suite is None:
        _run([*apt, "update"], work)
        return apt
    found = _host_mirrors(apt, work)
    keyring = next(filter(Path.exists, KEYRINGS), None)
    if keyring is None:
        raise ToolError("there is no Debian archive keyring (package debian-archive-keyring)")
    configuration.write_text((_APT_CONF + _SUITE_CONF).format(work=work))
    failure = ToolError("apt's sources name no mirror of this host's own Debian release")
    for mirror in found:  # some may belong to other vendors that use Debian's release names
        source = f"deb [signed-by={keyring}] {mirror} {suite} main\n"
        (work / "sources.list").write_text(source)
        try:
            _run([*apt, "update"], work)
            return apt
        except ToolError as error:
            failure = error
    raise failure


def _host_mirrors(apt: list[str], work: Path) -> list[str]:
    """The mirrors of the host's own Debian release."""
    release = platform.freedesktop_os_release()
    if release["ID"] != "debian":
        raise ToolError(f"this is {release['NAME']}, whose mirrors carry no Debian releases")
    # The addresses that apt would use; unlike its indexes, these need no earlier update.
    addresses = _run([*apt, "update", "--print-uris"], work)
    ours = {release.get("VERSION_CODENAME", "sid"), *_ROLLING}
    found = re.findall(r"^'(\S+)/dists/([^/\s]+)/InRelease'", addresses, re.MULTILINE)
    return list(dict.fromkeys(mirror for mirror, suite in found if suite in ours))


def _run(command: list[str], work: Path) -> str:
    environment = {**os.environ, "LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive"}
    return succeeded(command, UPDATE_TIMEOUT, cwd=work, env=environment).stdout
