"""The command `python -m preview`."""

import argparse
import io
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from contract.config import Config
from dashboards import dashboards
from preview.draw import Mark, Shown
from preview.look import COLORS
from preview.page import page, picture
from preview.resolve import View
from preview.results import run, run_target
from preview.scenes import SCENES, played
from stack.history import History
from stack.supervisor import StackError
from tools import ROOT
from tools.files import replace, replace_bytes
from tools.locate import ToolError
from tools.promtool import PromtoolError


def main() -> int:
    """Write the page and the picture. 0: done; 1: something needed is missing."""
    parser = argparse.ArgumentParser(
        prog="python -m preview",
        description="Draw the dashboard from what its queries return on a replayed history: one "
        "HTML page and one PNG. A preview of data and layout, not of Grafana's looks.",
        epilog="example: python -m preview --scenario token-spike --hours 4",
    )
    parser.add_argument("--scenario", choices=SCENES, default="outage", help="(%(default)s)")
    parser.add_argument("--hours", type=float, default=5.0, help="how much is shown (%(default)s)")
    parser.add_argument("--out", type=Path, default=ROOT / ".data" / "preview", metavar="DIR")
    options = parser.parse_args()
    scene = SCENES[options.scenario]
    if not 0.25 <= options.hours <= scene.hours:
        parser.error(f"--hours: 0.25 to {scene.hours} for {scene.scenario}")
    try:
        with (
            tempfile.TemporaryDirectory(prefix="compozy-preview-") as folder,
            played(scene, Path(folder)) as history,
        ):
            view = scene.view(history, options.hours)
            written = write(history, view, options.scenario, options.out)
    except (StackError, ToolError, PromtoolError) as error:
        print(f"preview: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"preview: {error.filename or options.out}: {error.strerror}", file=sys.stderr)
        return 1
    for file in written:
        print(f"preview: {file}")
    return 0


def write(history: History, view: View, name: str, out: Path) -> list[Path]:
    """Draw what the dashboard shows of `history`; returns the page and the picture."""
    (dashboard,) = dashboards(Config())
    marks = [_mark(history, annotation, dashboard, view) for annotation in _alerts(dashboard)]
    shown = [
        Shown(panel, run(history.api, panel, dashboard, view), marks, view)
        for panel in dashboard["panels"]
        if panel["type"] != "row"
    ]
    heads = [panel for panel in dashboard["panels"] if panel["type"] == "row"]
    title = f"{dashboard['title']}: {name}"
    image = io.BytesIO()
    picture(title, shown, image)
    files = [out / f"{name}.html", out / f"{name}.png"]
    replace(files[0], page(title, heads, shown))
    replace_bytes(files[1], image.getvalue())
    return files


def _alerts(dashboard: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The annotations that ask Prometheus."""
    return [each for each in dashboard["annotations"]["list"] if "target" in each]


def _mark(
    history: History, annotation: Mapping[str, Any], dashboard: Mapping[str, Any], view: View
) -> Mark:
    target = {**annotation["target"], "legendFormat": annotation["titleFormat"]}
    found = run_target(history.api, target, dashboard, view, over_time=True)
    seconds = sorted(set().union(*(series.values for series in found)))
    return Mark(tuple(seconds), COLORS[annotation["iconColor"]])


if __name__ == "__main__":
    sys.exit(main())
