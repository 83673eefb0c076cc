"""How a panel shows a value: text, colour and line, according to Grafana's field configuration."""

import math
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Panel = Mapping[str, Any]

NO_DATA = "No data"
GREY = "#8e9197"
_SHADES = {
    "green": "#3f8f3a",
    "yellow": "#c9a400",
    "orange": "#e8820c",
    "red": "#c4162a",
    "blue": "#3274d9",
    "purple": "#8f3bb8",
    "text": "#24292e",
    "transparent": "rgba(0, 0, 0, 0)",
}
"""Grafana's colour names; the shades are ours."""

PALETTE = (
    *("#3274d9", "#e8820c", "#3f8f3a", "#8f3bb8", "#0f9bb0", "#c9a400"),
    *("#7a4b2a", "#d6437f", "#5b6bbf", "#6f8f1f", "#a0527e", "#4f7f7f"),
)
_GREYS = ("gray", "grey")
_SUFFIXES = {
    "percent": " %",
    "percentunit": " %",
    "ms": " ms",
    "s": " s",
    "m": " min",
    "h": " h",
    "opm": "/min",
    "cpm": "/min",
    "ops": "/s",
    "cps": "/s",
    "short": "",
    "none": "",
}
_MOMENTS = ("time:", "dateTime")
"""Prefixes of units whose values are milliseconds since 1970."""

_SHORT = ((1e12, " Tri"), (1e9, " Bil"), (1e6, " Mil"), (1e3, " K"))


def color(name: str) -> str:
    """The CSS colour of a Grafana colour (`red`, `semi-dark-red`) or of a CSS colour."""
    base = name.rpartition("-")[2]
    return GREY if base in _GREYS else _SHADES.get(base, name)


@dataclass(frozen=True)
class Field:
    """The configuration of one series or column; keys in `custom` are named `custom.lineWidth`."""

    name: str
    properties: Mapping[str, Any]

    @classmethod
    def of(cls, panel: Panel, name: str) -> "Field":
        """The configuration in `panel` for the series or column `name`: defaults and overrides."""
        config = panel.get("fieldConfig", {})
        defaults = config.get("defaults", {})
        found = {
            **defaults,
            **{f"custom.{key}": v for key, v in defaults.get("custom", {}).items()},
        }
        for override in config.get("overrides", ()):
            if _matches(override["matcher"], name):
                found |= {each["id"]: each.get("value") for each in override["properties"]}
        return cls(name, found)

    def get(self, key: str, default: Any = None) -> Any:
        """A property, or `default` if it is not set."""
        return self.properties.get(key, default)

    @property
    def suffix(self) -> str:
        """The text after a number; an unknown unit is used as it is."""
        unit = self.get("unit") or "none"
        return _SUFFIXES.get(unit, f" {unit.removeprefix('suffix:')}")

    def text(self, value: float | None) -> str:
        """`value` as text: that of its mapping, or else the number with its unit."""
        mapped = self._mapped(value).get("text")
        if mapped:
            return str(mapped)
        if value is None or math.isnan(value):
            return str(self.get("noValue") or NO_DATA)
        if str(self.get("unit")).startswith(_MOMENTS):
            return time.strftime("%b %d %H:%M", time.localtime(value / 1000))
        return f"{self._number(value)}{self.suffix}"

    def color(self, value: float | None) -> str:
        """The colour of its mapping, or else of the highest threshold that it reaches.

        A missing value is grey, because it must never look good.
        """
        mapped = self._mapped(value).get("color")
        if mapped:
            return color(mapped)
        if value is None or math.isnan(value):
            return GREY
        steps = self.get("thresholds", {}).get("steps", ())
        reached = [step for step in steps if step["value"] is None or value >= step["value"]]
        return color(reached[-1]["color"]) if reached else GREY

    def line_color(self, index: int) -> str:
        """The colour of a line: the fixed one, or else the `index`th of the palette."""
        chosen = self.get("color") or {}
        fixed = chosen.get("fixedColor") if chosen.get("mode") == "fixed" else None
        return color(fixed) if fixed else PALETTE[index % len(PALETTE)]

    def limits(self) -> list[tuple[float, str]]:
        """The thresholds that have a value, each with its colour."""
        steps = self.get("thresholds", {}).get("steps", ())
        return [
            (step["value"], color(step["color"])) for step in steps if step["value"] is not None
        ]

    def states(self) -> Iterator[tuple[float, str, str]]:
        """Value, text and colour of each value mapping."""
        for mapping in self.get("mappings") or ():
            if mapping["type"] == "value":
                for value, state in mapping["options"].items():
                    yield float(value), state.get("text") or value, color(state["color"])

    def _mapped(self, value: float | None) -> Mapping[str, Any]:
        for mapping in self.get("mappings") or ():
            found = _mapping(mapping, value)
            if found is not None:
                return found
        return {}

    def _number(self, value: float) -> str:
        if self.get("unit") == "percentunit":
            value *= 100
        decimals = self.get("decimals")
        if self.get("unit") == "short":
            for size, name in _SHORT:
                if abs(value) >= size:
                    return f"{value / size:.{2 if decimals is None else decimals}f}{name}"
        if decimals is not None:
            return f"{value:,.{decimals}f}"
        return f"{float(f'{value:.4g}'):,.10g}"


def _mapping(mapping: Mapping[str, Any], value: float | None) -> Mapping[str, Any] | None:
    """The result of a mapping for `value`; None if it does not match."""
    options: Mapping[str, Any] = mapping["options"]
    absent = value is None or math.isnan(value)
    match mapping["type"]:
        case "special" if absent and "n" in options["match"]:
            return dict(options["result"])
        case "value" if not absent:
            return next((dict(one) for key, one in options.items() if float(key) == value), None)
        case "range" if value is not None and not absent:
            least, most = options.get("from"), options.get("to")
            inside = (least is None or value >= least) and (most is None or value <= most)
            return dict(options["result"]) if inside else None
    return None


def _matches(matcher: Mapping[str, Any], name: str) -> bool:
    wanted = matcher.get("options")
    if matcher["id"] == "byRegexp":
        return re.search(str(wanted).strip("/"), name) is not None
    return bool(matcher["id"] == "byName" and wanted == name)
