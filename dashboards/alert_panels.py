"""The panels that show which alerts fire, since when, and for which labels."""

import re
from datetime import timedelta

from config import ALERT_NAMES, Config
from contract.document import Json
from contract.durations import promql_duration
from contract.metrics import USAGE_EVENTS
from contract.names import SERVICE
from dashboards import links
from dashboards import panel_styles as style
from dashboards.grafana import DATASOURCE, panel, query
from dashboards.variables import BY_GRAFANA, flushes_record, of_systems

INACTIVE, PENDING, FIRING = range(3)
"""Values of the panels' states, named as in Prometheus."""
_FIRES, _WAITS = (f'alertstate="{state}"' for state in ("firing", "pending"))
_WHERE = "where"
"""The label of `recent` whose value joins the labels of an alert's series."""
_SHORTER = "LLMUsage(.*?)(Critical|Warning)?"
"""A pattern whose first group is the short form of an alert's name."""


def states(config: Config) -> Json:
    """State of the alerts over time."""
    names = {alert: re.sub(f"^{_SHORTER}$", r"\1", alert) for alert in ALERT_NAMES}
    return panel(
        "state-timeline",
        id=5,
        title="Alerts",
        description="State of each alert over time, the worst of its label sets. Good is normal in "
        "all of them. No data is not normal: no ruler like Prometheus evaluates the rules (for "
        "Grafana-managed ones see Grafana's alert list). Click a bar for the alert and "
        "its runbook.",
        queries=tuple(query(_state(config, alert), name) for alert, name in names.items()),
        unit=style.NUMBER,
        thresholds={None: style.UNKNOWN},
        options={
            "alignValue": "left",
            "legend": {
                "displayMode": "list",
                "placement": "bottom",
                "showLegend": False,
                "calcs": [],
            },
            "mergeValues": True,
            "rowHeight": 0.8,
            "showValue": "auto",
        },
        defaults={
            "custom": {"fillOpacity": 80, "lineWidth": 0},
            "mappings": [_texts("normal")],
            "noValue": style.NO_DATA,
        },
        overrides={
            name: {"links": [links.rule(alert), links.runbook(config, alert)]}
            for alert, name in names.items()
        },
    )


def _state(config: Config, alert: str) -> str:
    """The worst state of the alert's label sets.

    No value if no ruler such as Prometheus evaluates the rules: the alert is then not known to be
    inactive.
    """
    others = (f'{label}!="{value}"' for label, value in BY_GRAFANA.items())
    evaluated = of_systems(config, flushes_record(config), *others)
    return _by_state(config, "max", evaluated, f'alertname="{alert}"')


def _by_state(config: Config, worst: str, inactive: str, *matchers: str) -> str:
    """The `worst` (an aggregation) state of the alerts; `inactive` where they have no series."""
    states = {
        FIRING: _alerts(config, *matchers, _FIRES),
        PENDING: _alerts(config, *matchers, _WAITS),
        INACTIVE: inactive,
    }
    return "\nor ".join(f"{state} * {worst}({series})" for state, series in states.items())


def _texts(inactive: str) -> Json:
    """A mapping from the states to text and colour."""
    states = {
        INACTIVE: (inactive, style.GOOD),
        PENDING: ("pending", style.WARNING),
        FIRING: ("firing", style.BAD),
    }
    options = {
        str(state): {"color": color, "index": state, "text": text}
        for state, (text, color) in states.items()
    }
    return {"type": "value", "options": options}


def recent(config: Config) -> Json:
    """The label sets for which an alert is active, or fired in the time range."""
    by = f"max by ({', '.join(('alertname', *config.usage_labels))}) "
    states = _by_state(config, by, f"max_over_time({_alerts(config, _FIRES)}[$__range])")
    began = f"last_over_time({_alerts(config, series='ALERTS_FOR_STATE')}[$__range])"
    starts = f"1000 * {by}({began})\nand (\n{states}\n)"  # Grafana's milliseconds
    regex = {"pattern": _SHORTER, "result": {"index": 0, "text": "$1"}}
    shorter = {"custom.width": 130, "mappings": [{"type": "regex", "options": regex}]}
    colored = {**style.cells("color-text"), "mappings": [_texts("resolved")]}
    return style.table(
        id=100,
        title="Firing and recent alerts",
        description="Each label set for which an alert fired in the chosen time, with its state at "
        "the end of it and when it began. Good is an empty table below normal alerts. One "
        "model points to its provider or to its data, all at once to the database.",
        labels={"alertname": "Alert", _WHERE: "Where"},
        columns={"State": _located(config, states), "Since": _located(config, starts)},
        sort={"displayName": "State", "desc": True},
        unit=style.NUMBER,
        overrides={
            "Alert": shorter,
            "State": {"custom.width": 70, **colored},
            "Since": {"custom.width": 110, "unit": style.TIME},
        },
        empty="none in this time, or no data",
    )


def _located(config: Config, expr: str) -> str:
    """`expr` with its usage labels joined in the label `_WHERE`."""
    labels = ", ".join(f'"{label}"' for label in config.usage_labels)
    return f'max by (alertname, {_WHERE}) (label_join(\n{expr},\n"{_WHERE}", " ", {labels}))'


def _alerts(config: Config, *matchers: str, series: str = "ALERTS") -> str:
    return of_systems(config, series, f'service="{SERVICE}"', *matchers)


def last_event(config: Config) -> Json:
    """Minutes since the last workflow event."""
    alert = config.zero_traffic
    window = alert.window.total_seconds() / 60
    lookback = alert.lookback.total_seconds() / 60
    long = {"color": style.BAD, "text": f"none in {promql_duration(alert.lookback)}"}
    unknown = {"color": style.UNKNOWN, "text": style.NO_DATA}  # else it has the lowest step's
    return panel(
        "stat",
        id=6,
        title="Last workflow event",
        description="Minutes since the last usage event of a workflow. Good is below "
        f"{window:g} minutes, where {alert.name} fires. Above it, see whether "
        "workflows run at all, then whether their usage is recorded and scraped. Grey is "
        "no data: the rules are not evaluated, or nothing was ever recorded.",
        unit=style.MINUTES,
        queries=(query(_silence_minutes(config), "minutes", instant=True),),
        thresholds={None: style.GOOD, window: style.BAD},
        options={
            "colorMode": "background",
            "graphMode": "none",
            "reduceOptions": style.LAST,
            "textMode": "value",
        },
        defaults={
            "color": {"mode": "thresholds"},
            "decimals": 0,
            "mappings": [
                {"type": "range", "options": {"from": lookback, "to": None, "result": long}},
                {"type": "special", "options": {"match": "null+nan", "result": unknown}},
            ],
            "noValue": style.NO_DATA,
        },
        links=(links.runbook(config, alert.name),),
    )


def _silence_minutes(config: Config) -> str:
    """Minutes since the last workflow event, or the alert's whole lookback if there was none in it.

    No value if nothing was recorded a step ago, because the time is then unknown.
    """
    step = promql_duration(config.evaluation_interval)
    alert = config.zero_traffic
    seen = of_systems(config, alert.activity_record(config))  # of workflows alone
    attempts = of_systems(config, config.increased(USAGE_EVENTS.name))
    times, lookback = f"timestamp({seen}) and {seen} > 0", promql_duration(alert.lookback)
    last = f"max_over_time(({times})[{lookback}:{step}])"
    # Its last step has none of the records that are newer than it: so as of then.
    none = f"{alert.lookback // timedelta(minutes=1)} + 0 * max({attempts} offset {step})"
    return f"(time() - max({last})) / 60\nor {none}"


def mark(config: Config, severity: str, color: str) -> Json:
    """The annotation that marks in all graphs when alerts of `severity` fire, one mark an alert."""
    firing = _alerts(config, _FIRES, f'severity="{severity}"')
    expr = f"max by (alertname) ({firing})"
    return {
        "datasource": DATASOURCE,
        "enable": True,
        "hide": False,
        "iconColor": color,
        "name": f"LLM usage alerts ({severity})",
        "target": {"expr": expr, "interval": "1m", "refId": "Anno"},
        "titleFormat": "{{alertname}}",
    }
