"""How a panel shows a value: text, colour and line, according to Grafana's field configuration.

Only what our dashboard uses of that is known here.
"""

import time
from collections.abc import Iterator, Mapping
from typing import Any

Panel = Mapping[str, Any]

NO_DATA = "No data"
INK, GREY = "#24292e", "#8e9197"
_SHADES = {
    "green": "#3f8f3a",
    "orange": "#e8820c",
    "red": "#c4162a",
    "blue": "#3274d9",
    "purple": "#8f3bb8",
    "text": INK,
}
"""Grafana's colour names; the shades are ours."""

_SUFFIXES = {"percent": " %", "ms": " ms", "m": " min", "opm": "/min", "short": "", "none": ""}
_SHORT = ((1e12, " Tri"), (1e9, " Bil"), (1e6, " Mil"), (1e3, " K"))


def color(name: str) -> str:
    """The CSS colour of one of Grafana's names; any other text is a CSS colour already."""
    return _SHADES.get(name, name)


class Field(dict[str, Any]):
    """The configuration of one series or column; keys in `custom` are named `custom.lineWidth`."""

    @classmethod
    def of(cls, panel: Panel, name: str = "") -> "Field":
        """The configuration in `panel` for the series or column `name`: defaults and overrides."""
        defaults = panel["fieldConfig"]["defaults"]
        custom = {f"custom.{key}": value for key, value in defaults.get("custom", {}).items()}
        found = {**defaults, **custom}
        for override in panel["fieldConfig"]["overrides"]:
            if override["matcher"] == {"id": "byName", "options": name}:
                found |= {each["id"]: each["value"] for each in override["properties"]}
        return cls(found)

    @property
    def suffix(self) -> str:
        """The text after a number; an unknown unit is used as it is."""
        unit = self.get("unit", "none")
        return _SUFFIXES.get(unit, f" {unit}")

    def text(self, value: float | None) -> str:
        """`value` as text: that of its mapping, or else the number with its unit."""
        if value is None:
            return str(self.get("noValue", NO_DATA))
        if mapped := self._mapped(value).get("text"):
            return str(mapped)
        if self.get("unit", "").startswith("time:"):
            return time.strftime("%b %d %H:%M", time.localtime(value / 1000))
        return f"{self._number(value)}{self.suffix}"

    def color(self, value: float | None) -> str:
        """The colour of its mapping, or else of the highest threshold that it reaches.

        A missing value is grey, because it must never look good.
        """
        if value is None:
            return GREY
        if mapped := self._mapped(value).get("color"):
            return color(mapped)
        *_, reached = (limit for at, limit in self.limits() if value >= at)
        return reached

    def limits(self) -> list[tuple[float, str]]:
        """The thresholds, each with its colour; the first is minus infinity."""
        return [
            (float("-inf") if step["value"] is None else step["value"], color(step["color"]))
            for step in self["thresholds"]["steps"]
        ]

    def states(self) -> Iterator[tuple[float, str, str]]:
        """Value, text and colour of each value mapping."""
        for mapping in self.get("mappings", ()):
            for value, state in mapping["options"].items():
                yield float(value), state["text"], color(state["color"])

    def _mapped(self, value: float) -> Mapping[str, Any]:
        """The text and colour of the mapping for `value`; empty if there is none."""
        for mapping in self.get("mappings", ()):
            options: Mapping[str, Any] = mapping["options"]
            if mapping["type"] == "range" and value >= options["from"]:
                return dict(options["result"])
            if mapping["type"] == "value" and (state := options.get(f"{value:g}")):
                return dict(state)
        return {}

    def _number(self, value: float) -> str:
        if self.get("unit") == "short":
            for size, name in _SHORT:
                if abs(value) >= size:
                    return f"{value / size:.2f}{name}"
        if "decimals" in self:
            return f"{value:,.{self['decimals']}f}"
        return f"{float(f'{value:.4g}'):,.10g}"
