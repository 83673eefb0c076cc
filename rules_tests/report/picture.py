"""A scene as an SVG: the value, its threshold, and when the alert was pending and firing."""

import io

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from delivery.render import generated_by
from rules_tests.report.evaluate import Curves
from rules_tests.report.scenes import Scene
from rules_tests.scenario import MINUTE

_STATES = {"pending": "#f2b01e", "firing": "#d6336c"}


def draw(scene: Scene, curves: Curves) -> str:
    """The picture as SVG text, with minutes counted from the start of the incident."""
    mark = generated_by("docs")
    # The salt and the missing date make the same picture the same bytes.
    with mpl.rc_context(
        {"svg.hashsalt": "compozy-monitoring", "svg.fonttype": "none", "font.size": 9}
    ):
        figure = Figure(figsize=(8, 2.8), layout="constrained")
        axes = figure.subplots()
        drawn = curves.values["drawn"]
        axes.plot([_minute(scene, at) for at in drawn], list(drawn.values()), color="#1c64a5")
        axes.set_ylabel(scene.unit)
        axes.set_xlabel("minutes since it began")
        axes.set_title(scene.name, loc="left")
        axes.set_ylim(bottom=0)
        if scene.threshold is not None:
            axes.axhline(scene.threshold, color="#444444", linestyle="--", label="threshold")
        for at in (scene.begin, scene.end):
            axes.axvline(_minute(scene, at), color="#999999", linewidth=0.8)
        for state, color in _STATES.items():
            _shade(axes, scene, curves, state, color)
        axes.legend(loc="upper right")
        text = io.StringIO()
        figure.savefig(text, format="svg", metadata={"Date": None, "Description": mark})
    return "\n".join(line.rstrip() for line in text.getvalue().splitlines()) + "\n"


def _shade(axes: Axes, scene: Scene, curves: Curves, state: str, color: str) -> None:
    """Colour each minute in which the alert is in `state`, up to the next evaluation."""
    label: str | None = state
    for at in curves.values[state]:
        begin = _minute(scene, at)
        axes.axvspan(begin, begin + 1, color=color, alpha=0.3, linewidth=0, label=label)
        label = None


def _minute(scene: Scene, at: int) -> float:
    return (at - scene.begin) / MINUTE
