"""The live page: the dashboard's row, what was done when, and the pager's messages."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any

import requests
from flask import Flask, render_template, send_file

from preview.figure import clock
from preview.panels import drawn
from preview.resolve import View
from preview.results import Prometheus
from preview.timeline import Event, timeline

REFRESH = 2
"""Seconds for which what was drawn is shown: several browsers cost Prometheus no more than one."""

POLICY = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:"
"""The page takes nothing from elsewhere, and the browser sees to it."""


@dataclass(frozen=True)
class Status:
    """Where things stand, in words: what goes on, what is waited for next, and since when."""

    doing: str
    awaited: str = ""
    elapsed: str = ""
    links: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Source:
    """What a page shows: a dashboard's JSON on a Prometheus, and what happens around it."""

    title: str
    dashboard: Mapping[str, Any]
    api: Prometheus
    alerts: Sequence[str]
    view: Callable[[], View]
    status: Callable[[], Status]
    events: Callable[[], Sequence[Event]] = tuple
    messages: Callable[[], Sequence[Mapping[str, Any]]] | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _drawn: tuple[float, dict[str, Any]] = (float("-inf"), {})

    def shown(self) -> dict[str, Any]:
        """What the page shows now, as JSON."""
        return {
            **vars(self.status()),
            "messages": list(self.messages()) if self.messages else None,
            "done": [
                {"when": clock(one.when).partition(" ")[2], "text": one.text}
                for one in self.events()
                if one.kind == "done"
            ],
            **self._figures(),
        }

    def _figures(self) -> dict[str, Any]:
        with self._lock:
            if time.monotonic() - self._drawn[0] > REFRESH:
                self._drawn = (time.monotonic(), self._draw())
            return self._drawn[1]

    def _draw(self) -> dict[str, Any]:
        view, events = self.view(), self.events()
        try:
            return {
                "timeline": timeline(self.api, self.alerts, events, view),
                "panels": drawn(self.api, self.dashboard, view, events),
            }
        except requests.RequestException:
            return {"away": f"{self.api} does not answer"}


def application(source: Source) -> Flask:
    """The page of `source`, for a server."""
    app = Flask(__name__)
    script = files("plotly") / "package_data" / "plotly.min.js"

    @app.get("/")
    def page() -> str:
        return render_template("page.html", source=source, dashboard=source.dashboard)

    @app.get("/plotly.min.js")
    def plotly() -> Any:
        return send_file(str(script), max_age=3600)

    @app.get("/shown")
    def shown() -> dict[str, Any]:
        return source.shown()

    @app.after_request
    def only_from_here(answer: Any) -> Any:
        answer.headers["Content-Security-Policy"] = POLICY
        return answer

    return app
