"""A timeline of what was done, the alerts' states, and the notifications on the pager."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from preview.field import INK, color
from preview.figure import Figure, bars, clock, dashed, figure, time_axis
from preview.queries import View
from tools.http import PrometheusApi

DONE = "what was done"
"""The name of the line for actions of people and of the demo."""

STATES = {"pending": "orange", "firing": "red"}
_MARKERS = {
    "done": ("triangle-down", INK),
    "paged": ("diamond", color("red")),
    "resolved": ("circle", color("green")),
}


@dataclass(frozen=True)
class Event:
    """Something that happened at `when` (Unix seconds).

    `kind` is done, paged or resolved; for the last two, `alert` is set.
    """

    when: float
    kind: str
    text: str
    alert: str = ""


def timeline(
    api: PrometheusApi, alerts: Sequence[str], events: Iterable[Event], view: View
) -> Figure:
    """A line for what was done, and one for each alert with its states and notifications.

    Events stand where graphs show the states that begin with them, so that both are in order.
    """
    asked = "count by (alertname, alertstate) (ALERTS)"
    seconds: dict[str, dict[str, list[int]]] = {state: {} for state in STATES}
    for each in api.query_range(asked, view.begin, view.end, view.step):
        state, alert = each["metric"]["alertstate"], each["metric"]["alertname"]
        seconds[state][alert] = [round(float(at)) for at, _ in each["values"]]
    shown = [replace(event, when=view.moment(event.when)) for event in events]
    lines = [DONE, *alerts]
    return figure(
        [
            *(bars(state, color(STATES[state]), seconds[state], view) for state in STATES),
            *(_markers(kind, [one for one in shown if one.kind == kind]) for kind in _MARKERS),
        ],
        margin={"l": 50, "r": 30, "t": 6, "b": 42},
        xaxis=time_axis(view),
        yaxis={
            "type": "category",
            "categoryorder": "array",
            "categoryarray": lines[::-1],
            "range": [-0.6, len(lines) - 0.2],
            "automargin": True,
        },
        shapes=verticals(shown, view),
        bargap=0.6,
        showlegend=True,
    )


def verticals(events: Iterable[Event], view: View) -> list[dict[str, Any]]:
    """A line over the whole height at each moment of `view` at which something was done."""
    return [
        dashed("x", clock(event.when), INK, "dot")
        for event in events
        if event.kind == "done" and view.begin <= event.when <= view.end
    ]


def _markers(kind: str, events: Sequence[Event]) -> dict[str, Any]:
    symbol, ink = _MARKERS[kind]
    return {
        "type": "scatter",
        "mode": "markers+text",
        "name": kind,
        "x": [clock(event.when) for event in events],
        "y": [event.alert or DONE for event in events],
        # Actions are numbered, as in the list below the timeline.
        "text": [str(at + 1) if kind == "done" else kind for at, _ in enumerate(events)],
        "textposition": "top center",
        "textfont": {"color": ink, "size": 10},
        "marker": {"symbol": symbol, "size": 9, "color": ink},
        "hovertext": [event.text for event in events],
        "hoverinfo": "x+text",
        "cliponaxis": False,
    }
