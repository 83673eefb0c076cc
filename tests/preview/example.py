"""A Prometheus that answers what a test tells it to, and panels to ask it."""

from collections.abc import Mapping, Sequence
from typing import Any

from preview.queries import Series, View
from tools.http import PrometheusApi

VIEW = View(begin=1_775_000_000, end=1_775_000_040, step=10)
STEPS = range(VIEW.begin, VIEW.end + 1, VIEW.step)

Answers = Mapping[str, Sequence[Mapping[str, Any]]]


class Example(PrometheusApi):
    """Answers queries by the first text of `answers` that is in them."""

    def __init__(self, answers: Answers | None = None) -> None:
        """Nothing listens at its address."""
        super().__init__("http://127.0.0.1:1")
        self.answers = answers or {}

    def query_range(self, expr: str, start: int, end: int, step: int) -> list[dict[str, Any]]:
        """Values at all steps; a series may have fewer values than that."""
        return [
            {
                "metric": dict(each["metric"]),
                "values": [
                    [at, str(value)]
                    for at, value in zip(range(start, end + 1, step), each["values"], strict=False)
                    if value is not None
                ],
            }
            for each in self._found(expr)
        ]

    def query(self, expr: str, at: int | None = None) -> list[dict[str, Any]]:
        """The last values."""
        return [
            {"metric": dict(each["metric"]), "value": [at, str(each["values"][-1])]}
            for each in self._found(expr)
        ]

    def _found(self, expr: str) -> Sequence[Mapping[str, Any]]:
        return next((series for text, series in self.answers.items() if text in expr), ())


def series(name: str, *values: float | None, query: str = "A", **labels: str) -> Series:
    """A series with values at the first steps of VIEW; None is a hole."""
    there = {at: value for at, value in zip(STEPS, values, strict=False) if value is not None}
    return Series(name=name, labels=labels, values=there, query=query)


def panel(kind: str, options: Mapping[str, Any] | None = None, **defaults: Any) -> dict[str, Any]:
    """A panel with one query and these field defaults."""
    overrides = defaults.pop("overrides", [])
    return {
        "id": 1,
        "type": kind,
        "title": "Example",
        "options": dict(options or {}),
        "targets": [{"expr": "example", "legendFormat": "{{model}}", "refId": "A"}],
        "fieldConfig": {"defaults": defaults, "overrides": overrides},
    }
