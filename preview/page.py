"""The live page: the dashboard's panels, the timeline of events, and the pager's messages."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.resources import files
from typing import Any

import requests
from flask import Flask, jsonify, render_template, send_file

from preview.panels import drawn
from preview.queries import View
from preview.timeline import Event, timeline
from tools.http import PrometheusApi

GONE = 6
"""Seconds without a question after which all pages are closed, or were given the end."""

POLICY = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:"
"""The browser loads nothing from other hosts."""


@dataclass
class Source:
    """The source of a page: a dashboard's JSON, its Prometheus, and the events around it.

    There may be no Prometheus yet. The status may have `doing`, the time `elapsed`, `links` by
    their names, and whether all has `ended`: then the page stays as it is. Messages are notices of
    the pager, as dataclasses, oldest first.
    """

    title: str
    dashboard: Mapping[str, Any]
    api: PrometheusApi | None
    alerts: Sequence[str]
    view: Callable[[], View]
    status: Callable[[], Mapping[str, Any]]
    events: Callable[[], Sequence[Event]] = tuple
    messages: Callable[[], Sequence[Any]] | None = None
    _asked: float = float("-inf")

    def watched(self) -> bool:
        """Whether a page is open that was not given the end: with that it asks no more."""
        return time.monotonic() - self._asked < GONE

    def shown(self) -> dict[str, Any]:
        """The current content of the page, as JSON."""
        self._asked = time.monotonic()
        return {
            **self.status(),
            "messages": [_timed(one) for one in self.messages()] if self.messages else None,
            "done": [_timed(one) for one in self.events() if one.kind == "done"],
            **self._figures(),
        }

    def _figures(self) -> dict[str, Any]:
        api = self.api  # another thread may set it meanwhile
        view, events = self.view(), self.events()
        if api is None:
            return {"away": "Its history is not made"}
        try:
            return {
                "timeline": timeline(api, self.alerts, events, view),
                "panels": drawn(api, self.dashboard, view, events),
            }
        except requests.RequestException:
            return {"away": f"Prometheus at {api.base} does not answer"}


def _timed(one: Any) -> dict[str, Any]:
    """A notice or an event, with its clock time: this machine's, as on the graphs' time axes."""
    return {**asdict(one), "when": time.strftime("%H:%M:%S", time.localtime(one.when))}


def application(source: Source) -> Flask:
    """The web application of the page of `source`."""
    app = Flask(__name__)
    script = files("plotly") / "package_data" / "plotly.min.js"

    @app.get("/")
    def page() -> str:
        return render_template("page.html", source=source, dashboard=source.dashboard)

    @app.get("/plotly.min.js")
    def plotly() -> Any:
        return send_file(str(script), max_age=3600)

    @app.get("/shown")
    def shown() -> Any:
        return jsonify(source.shown())

    @app.after_request
    def only_from_here(answer: Any) -> Any:
        answer.headers["Content-Security-Policy"] = POLICY
        return answer

    return app
