"""Units and colours of panels as matplotlib knows them."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from matplotlib.ticker import EngFormatter

COLORS = {
    "green": "#3f8f3a",
    "orange": "#e8820c",
    "red": "#c4162a",
    "blue": "#3274d9",
    "purple": "#8f3bb8",
    "#808080": "#808080",
    "text": "#24292e",
}
"""Grafana's names of colours; the shades are ours."""

UNITS = {"percent": "%", "ms": "ms", "m": "min", "opm": "/min", "short": "", "none": "", "s": "s"}
"""What stands behind a number."""

_SHORT = EngFormatter(places=1, sep="")


def formatted(unit: str, decimals: int | None = None) -> Callable[[float], str]:
    """How a panel of `unit` writes a number."""

    def text(value: float) -> str:
        if unit == "short":
            return str(_SHORT(value)).replace(".0", "")
        number = f"{value:.{decimals}f}" if decimals is not None else f"{value:.4g}"
        return f"{number} {UNITS.get(unit, '')}".rstrip()

    return text


def limits(panel: Mapping[str, Any]) -> list[tuple[float, str]]:
    """The thresholds of a panel that are values, each with its colour."""
    steps = panel["fieldConfig"]["defaults"]["thresholds"]["steps"]
    return [(step["value"], COLORS[step["color"]]) for step in steps if step["value"] is not None]


def threshold_color(panel: Mapping[str, Any], value: float) -> str:
    """The colour of the highest threshold that `value` reaches."""
    steps: Sequence[Mapping[str, Any]] = panel["fieldConfig"]["defaults"]["thresholds"]["steps"]
    reached = [step for step in steps if step["value"] is None or value >= step["value"]]
    return COLORS[reached[-1]["color"]]


def overrides(panel: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The field properties that a panel sets for the series or column `name` alone."""
    return {
        each["id"]: each["value"]
        for override in panel["fieldConfig"]["overrides"]
        if override["matcher"]["options"] == name
        for each in override["properties"]
    }
