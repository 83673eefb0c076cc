"""The cost of viewing the dashboard, in samples read, compared with the queries that users know."""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from config import Config
from dashboards import compozy_monitoring
from delivery.targets import groups
from preview.queries import View, resolve
from rules_tests.bench.count import samples_read
from stack.history import recorded
from stack.replay import END, ending
from tools.http import PrometheusApi

STEADY = {"replicas": 5, "every": 15}
"""Of a history with a few failures, scraped every 15 s; graphs have a point a minute."""

KNOWN = {
    "coverage, 15 minutes": (
        "100 * (1 - (sum by (component, provider, model) "
        "(increase(compozy_llm_usage_failures_total[15m])) / clamp_min(sum by (component, "
        "provider, model) (increase(compozy_llm_usage_events_total[15m])), 1)))"
    ),
    "latency, p95": (
        "histogram_quantile(0.95, sum by (le) "
        "(rate(compozy_llm_usage_latency_seconds_bucket[5m]))) * 1000"
    ),
}
"""The two queries on raw counters that users know, as in the contract."""


@dataclass(frozen=True)
class Cost:
    """Samples read over one time range by each panel of the row, and by each known query.

    `recording` is the cost, once a minute, of the records that only panels read.
    """

    panels: Mapping[str, int]
    known: Mapping[str, int]
    recording: int

    @property
    def ratio(self) -> float:
        """How many times as much as the row the known queries read."""
        return sum(self.known.values()) / sum(self.panels.values())


def cost(hours: int, of: int) -> Cost:
    """The cost of a view of the last `hours` of a history that has `of` hours."""
    replay = ending("steady", of, rate=2, **STEADY)
    with tempfile.TemporaryDirectory(prefix="compozy-row-") as name:
        folder = Path(name)
        with recorded(folder, replay.write(folder / "scrapes"), groups(Config())) as history:
            return counted(history, View(END - hours * 3600, END, scrape=STEADY["every"]))


def counted(api: PrometheusApi, view: View) -> Cost:
    """The cost of `view` on the Prometheus behind `api`."""
    dashboard = compozy_monitoring.dashboard(Config())
    panels = {
        panel["title"]: sum(
            _samples(api, resolve(target["expr"], dashboard, view), view, once=target["instant"])
            for target in panel["targets"]
        )
        for panel in dashboard["panels"]
        if panel["type"] != "row"
    }
    known = {name: _samples(api, expr, view, once=False) for name, expr in KNOWN.items()}
    _, of_panels = groups(Config())
    recording = sum(samples_read(api, rule.expr, view.end) for rule in of_panels.rules)
    return Cost(panels, known, recording)


def _samples(api: PrometheusApi, expr: str, view: View, *, once: bool) -> int:
    """Samples of an instant query (including its subqueries) or of a range query."""
    if once:
        return samples_read(api, expr, view.end)
    return api.samples_read(expr, view.begin, view.end, view.step)
