"""What evaluating the rules and viewing the dashboard costs, in samples that Prometheus reads."""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import promql_parser

from config import Config
from dashboards import compozy_monitoring
from delivery.targets import groups, rule_file
from preview.queries import View, resolve
from rules_tests.bench.history import lines
from rules_tests.rule_files import Rule, parsed, rule_name, rules_of
from stack.history import END, ending, recorded
from tools import ROOT
from tools.http import PrometheusApi

DAY = range(END - 25 * 3600, END + 1, 15)
"""When raw counters are scraped: for a day's average, and an hour more."""

STEADY = {"replicas": 5, "every": 15}
"""The replicas of a history with a few failures, and the seconds between their scrapes."""

PLAIN = ROOT / "rules_tests/fleets/plain.yaml"
"""Alerts of the same names on raw counters, without recording rules."""

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

EVALUATION = timedelta(minutes=1)
"""The step of a subquery without one: Prometheus takes its evaluation interval."""

Cost = Mapping[str, int]
"""By the name of a rule, panel or query, the samples that it reads."""


def ratio(costs: Mapping[str, Cost]) -> float:
    """How many times as much as the first of `costs` the second reads."""
    first, second, *_ = (sum(cost.values()) for cost in costs.values())
    return second / first


def rules(replicas: int) -> dict[str, Cost]:
    """The cost of one evaluation, of our rules and of PLAIN, on a day of counters that all grow."""
    texts = {"ours": rule_file(Config()), "plain": PLAIN.read_text(encoding="utf-8")}
    with tempfile.TemporaryDirectory(prefix="compozy-bench-") as name:
        raw = Path(name, "raw.txt")
        with raw.open("w", encoding="utf-8") as file:
            file.writelines(lines(replicas, DAY))
        with recorded(Path(name), [raw], DAY, groups(Config())) as api:
            return {kind: _evaluation(api, rules_of(parsed(text))) for kind, text in texts.items()}


def _evaluation(api: PrometheusApi, rules: Sequence[Rule]) -> Cost:
    return {rule_name(rule): samples_read(api, rule["expr"], END) for rule in rules}


@contextmanager
def steady(hours: int) -> Iterator[PrometheusApi]:
    """A Prometheus with STEADY histories of that many hours until END, and with our records."""
    replay = ending("steady", hours, rate=2, **STEADY)
    with tempfile.TemporaryDirectory(prefix="compozy-bench-") as name:
        scrapes = replay.write(Path(name, "scrapes"))
        with recorded(Path(name), scrapes, replay.stamps, groups(Config())) as api:
            yield api


def view(api: PrometheusApi, hours: int) -> dict[str, Cost]:
    """The cost of a view of the last `hours`, and of one evaluation of what only panels read."""
    shown = View(END - hours * 3600, END, scrape=STEADY["every"])
    dashboard = compozy_monitoring.dashboard(Config())
    panels = {
        panel["title"]: sum(
            _samples(api, resolve(target["expr"], dashboard, shown), shown, once=target["instant"])
            for target in panel["targets"]
        )
        for panel in dashboard["panels"]
        if panel["type"] != "row"
    }
    known = {name: _samples(api, expr, shown, once=False) for name, expr in KNOWN.items()}
    recorded_for_panels = groups(Config())[-1].to_dict()["rules"]
    return {
        "the dashboard's row": panels,
        "known queries": known,
        "recording for the row, every minute": _evaluation(api, recorded_for_panels),
    }


def _samples(api: PrometheusApi, expr: str, shown: View, *, once: bool) -> int:
    """Samples of an instant query (including its subqueries) or of a range query."""
    if once:
        return samples_read(api, expr, shown.end)
    return api.samples_read(expr, shown.begin, shown.end, shown.step)


def samples_read(api: PrometheusApi, expr: str, at: int) -> int:
    """Samples that evaluating `expr` at `at` (Unix seconds) reads.

    Prometheus counts the results of a subquery, and not the samples that its expression reads.
    Those are added here: the expression's samples, times the number of steps.
    """
    total = api.samples_read(expr, at, at)
    times = [1]

    def enter(node: promql_parser.Expr) -> None:
        nonlocal total
        if isinstance(node, promql_parser.SubqueryExpr):
            assert node.range  # PromQL has no subquery without one
            times.append(times[-1] * (node.range // (node.step or EVALUATION)))
            total += times[-1] * api.samples_read(node.expr.prettify(), at, at)

    def leave(node: promql_parser.Expr) -> None:
        if isinstance(node, promql_parser.SubqueryExpr):
            times.pop()

    promql_parser.walk(promql_parser.parse(expr), enter, leave)
    return total
