"""kubectl, which renders what kustomize describes; no cluster is asked for it."""

import functools
import shutil
from pathlib import Path

import pytest
import yaml

from config import Config
from contract.document import Json
from delivery.targets import build
from delivery.targets.kubernetes import KUBERNETES
from delivery.writer import write
from tools import ROOT, TOOLS_DIR, ToolError
from tools.debian import fetch
from tools.process import finished

EXAMPLE = KUBERNETES / "overlays/example"
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


def rendered(folder: Path) -> dict[str, Json]:
    """The resources that `kubectl apply -k folder` would send, by their kind, one of each."""
    done = finished([_kubectl(), "kustomize", str(folder)], 120)
    assert done.returncode == 0, done.stderr
    resources = list(yaml.safe_load_all(done.stdout))
    found = {each["kind"]: each for each in resources}
    assert len(found) == len(resources)
    return found


def rendered_example(folder: Path, config: Config, component: str = "") -> dict[str, Json]:
    """What the example's overlay makes of the files of `config`, which are written to `folder`.

    `component` is one that the example names in a comment.
    """
    write(folder, build(config))
    overlay = folder / EXAMPLE
    shutil.copytree(ROOT / EXAMPLE, overlay)
    file = overlay / "kustomization.yaml"
    line = f"- ../../components/{component}"
    if component:
        file.write_text(file.read_text().replace(f"# {line}", line))
    return rendered(overlay)
