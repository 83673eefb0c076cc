"""kubectl, which renders what kustomize describes; no cluster is asked for it."""

import functools
import re
import shutil
from pathlib import Path

import pytest
import yaml

from tools import TOOLS_DIR, ToolError
from tools.debian import fetch
from tools.process import finished

OLDEST = (1, 21)  # the first whose kustomize knows components
SUITE = "trixie"  # the first Debian release with one that is not older


@functools.cache
def _kubectl() -> str:
    """Where kubectl is: on PATH, else Debian's. Without either the test is skipped and says so."""
    found = shutil.which("kubectl")
    if found is not None and _version(found) >= OLDEST:
        return found
    try:
        return str(fetch("kubectl", TOOLS_DIR / SUITE, SUITE) / "usr/bin/kubectl")
    except ToolError as error:
        oldest = ".".join(map(str, OLDEST))
        pytest.skip(f"needs kubectl {oldest} or later on PATH, or Debian's package: {error}")


def _version(kubectl: str) -> tuple[int, ...]:
    asked = [kubectl, "version", "--client", "--output", "yaml"]
    found = re.search(r"gitVersion: v(\d+)\.(\d+)", finished(asked, 60).stdout)
    return tuple(map(int, found.groups())) if found else (0, 0)


def rendered(folder: Path) -> list[dict[str, object]]:
    """The resources that `kubectl apply -k folder` would send."""
    done = finished([_kubectl(), "kustomize", str(folder)], 120)
    assert done.returncode == 0, done.stderr
    return list(yaml.safe_load_all(done.stdout))
