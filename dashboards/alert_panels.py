"""The panels that show which alerts fire, since when, and for which labels."""

import re

from config import ALERT_NAMES, Config
from contract.document import Json
from contract.durations import promql_duration
from dashboards import links, queries
from dashboards import panel_styles as style
from dashboards.grafana import data_links, query
from dashboards.queries import FIRING, INACTIVE, PENDING

_SHORTER = "LLMUsage(.*?)(Critical|Warning)?"
"""A pattern whose first group is the short form of an alert's name."""


def states(config: Config) -> Json:
    """State of the alerts over time."""
    names = {alert: _short(alert) for alert in ALERT_NAMES}
    return style.state_timeline(
        id=5,
        title="Alerts",
        description="State of each alert over time, the worst of its label sets. Good is normal in "
        "all of them. No data is not normal: no ruler like Prometheus evaluates the rules (for "
        "Grafana-managed ones see Grafana's alert list). Click a bar for the alert and "
        "its runbook.",
        queries=tuple(
            query(queries.alert_state(config, alert), name) for alert, name in names.items()
        ),
        states=_texts("normal"),
        overrides={
            name: data_links(links.rule(alert), links.runbook(config, alert))
            for alert, name in names.items()
        },
    )


def _short(alert: str) -> str:
    return re.sub(f"^{_SHORTER}$", r"\1", alert)


def _texts(inactive: str) -> Json:
    active = {PENDING: ("pending", style.WARNING), FIRING: ("firing", style.BAD)}
    return style.texts({INACTIVE: (inactive, style.GOOD), **active})


def recent(config: Config) -> Json:
    """The label sets for which an alert fires or has fired."""
    regex = {"pattern": _SHORTER, "result": {"index": 0, "text": "$1"}}
    shorter = {"custom.width": 130, "mappings": [{"type": "regex", "options": regex}]}
    colored = {**style.cells("color-text"), "mappings": [_texts("resolved")]}
    return style.table(
        id=100,
        title="Firing and recent alerts",
        description="Each label set for which an alert fired in the chosen time, with its state at "
        "the end of it and when it began. Good is an empty table below normal alerts. One "
        "model points to its provider or to its data, all at once to the database.",
        labels={"alertname": "Alert", queries.WHERE: "Where"},
        columns={"State": queries.recent_states(config), "Since": queries.recent_starts(config)},
        sort={"displayName": "State", "desc": True},
        unit=style.NUMBER,
        overrides={
            "Alert": shorter,
            "State": {"custom.width": 70, **colored},
            "Since": {"custom.width": 110, "unit": style.TIME},
        },
        empty="none in this time, or no data",
    )


def last_event(config: Config) -> Json:
    """Minutes since the last workflow event."""
    alert = config.zero_traffic
    window = alert.window.total_seconds() / 60
    lookback = alert.lookback.total_seconds() / 60
    return style.stat(
        id=6,
        title="Last workflow event",
        description="Minutes since the last usage event of a workflow. Good is below "
        f"{window:g} minutes, where {alert.name} fires. Above it, see whether "
        "workflows run at all, then whether their usage is recorded and scraped. Grey is "
        "no data: the rules are not evaluated, or nothing was ever recorded.",
        unit=style.MINUTES,
        query=query(queries.silence_minutes(config), "minutes", instant=True),
        thresholds={None: style.GOOD, window: style.BAD},
        mappings=(
            style.at_least(lookback, f"none in {promql_duration(alert.lookback)}", style.BAD),
        ),
        links=(links.runbook(config, alert.name),),
    )
