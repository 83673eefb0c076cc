"""kubectl, which renders what kustomize describes; no cluster is asked for it."""

import functools
import shutil
from pathlib import Path

import pytest
import yaml

from tools import TOOLS_DIR, ToolError
from tools.debian import fetch
from tools.process import finished

SUITE = "trixie"  # the first Debian release with one that knows components


@functools.cache
def _kubectl() -> str:
    """Where kubectl is: on PATH, else Debian's. Without either the test is skipped and says so."""
    if found := shutil.which("kubectl"):
        return found
    try:
        return str(fetch("kubectl", TOOLS_DIR / SUITE, SUITE) / "usr/bin/kubectl")
    except ToolError as error:
        pytest.skip(f"needs kubectl 1.21 or later on PATH, or Debian's package: {error}")


def rendered(folder: Path) -> list[dict[str, object]]:
    """The resources that `kubectl apply -k folder` would send."""
    done = finished([_kubectl(), "kustomize", str(folder)], 120)
    assert done.returncode == 0, done.stderr
    return list(yaml.safe_load_all(done.stdout))
