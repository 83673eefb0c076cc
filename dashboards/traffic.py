"""The panels of the row that tell what is used, and when something was wrong with it."""

from contract.config import Config
from contract.durations import promql_duration
from contract.metrics import Outcome
from contract.names import AlertName, PanelRecord
from dashboards import links, queries
from dashboards.model import Head, Override, Panel, Place, Query, Threshold
from dashboards.panels import (
    COUNT,
    MINUTES,
    NUMBER,
    PER_MINUTE,
    drawn_as,
    state_timeline,
    time_series,
)
from dashboards.values import at_least, bar_gauge, stat


def alerts(config: Config, place: Place) -> Panel:
    """State of the three alerts over time."""
    return state_timeline(
        Head(
            5,
            "Alerts",
            (
                "State of the three alerts over time, the worst of their pairs. Good is quiet in "
                "all three. Click a bar for the alert and its runbook; marks on the graphs below "
                "tell which pair it was."
            ),
            place,
        ),
        queries=tuple(Query(queries.alert_state(config, alert), str(alert)) for alert in AlertName),
        states=(("quiet", "green"), ("pending", "orange"), ("firing", "red")),
        overrides=tuple(
            Override(
                alert,
                {
                    "links": [
                        link.to_dict() for link in (links.rule(alert), links.runbook(config, alert))
                    ]
                },
            )
            for alert in AlertName
        ),
    )


def silence(config: Config, place: Place) -> Panel:
    """Minutes since the last workflow event."""
    alert = config.zero_traffic
    window = alert.window.total_seconds() / 60
    memory = alert.memory.total_seconds() / 60
    return stat(
        Head(
            6,
            "Since the last workflow event",
            (
                f"Time without any workflow event. Good is below {window:g} minutes, where "
                f"{AlertName.ZERO_TRAFFIC} fires. Above it, see whether workflows run at all, then "
                "whether their usage is recorded and scraped."
            ),
            place,
        ),
        unit=MINUTES,
        query=Query(queries.silence_minutes(config), "minutes", instant=True),
        thresholds=(Threshold(None, "green"), Threshold(window, "red")),
        mappings=(at_least(memory, f"none in {promql_duration(alert.memory)}", "red"),),
        links=(links.runbook(config, AlertName.ZERO_TRAFFIC),),
    )


def events(config: Config, place: Place) -> Panel:
    """Flushes a minute by outcome."""
    return time_series(
        Head(
            8,
            "Events by outcome",
            (
                "Flushes a minute of the chosen replicas. Good is a steady success and no "
                "failure. Both at 0 is a silence; choose an instance to see whether it is one "
                "replica's. The first failure of a replica shows in Failure Rate alone."
            ),
            place,
        ),
        unit=PER_MINUTE,
        queries=tuple(Query(queries.events(config, outcome), str(outcome)) for outcome in Outcome),
        thresholds=(Threshold(None, "green"),),
        stacked=True,
        overrides=(
            Override(Outcome.SUCCESS, {"color": {"fixedColor": "green", "mode": "fixed"}}),
            Override(Outcome.FAILURE, {"color": {"fixedColor": "red", "mode": "fixed"}}),
        ),
    )


def tokens(config: Config, place: Place) -> Panel:
    """Tokens against the day's average and the alert's limit."""
    alert = config.token_spike
    window, day = promql_duration(alert.window), promql_duration(alert.baseline)
    usual, limit = f"usual ({day} average)", f"{alert.factor:g} times the usual"
    return time_series(
        Head(
            9,
            f"Tokens ({window})",
            (
                f"Tokens in the last {window}, of the chosen pairs together, and what {window} "
                f"have on the average of {day}. Good is near the usual. The alert compares each "
                "pair by itself: above the dashed line, see beside it which one it is."
            ),
            place,
        ),
        unit=COUNT,
        queries=(
            Query(queries.tokens(config, PanelRecord.PROMPT_TOKENS_15M), "prompt"),
            Query(queries.tokens(config, PanelRecord.COMPLETION_TOKENS_15M), "completion"),
            Query(queries.usual_tokens(config), usual),
            Query(queries.usual_tokens(config, alert.factor), limit),
        ),
        thresholds=(Threshold(None, "green"),),
        stacked=True,
        overrides=(
            Override(usual, drawn_as("line", "green")),
            Override(limit, drawn_as("dashed", "red")),
        ),
        links=(links.runbook(config, AlertName.TOKEN_SPIKE),),
    )


def token_factor(config: Config, place: Place) -> Panel:
    """Tokens as a multiple of the day's average, a line a pair."""
    alert = config.token_spike
    return time_series(
        Head(
            10,
            "Tokens against the usual",
            (
                f"How many times its average of {promql_duration(alert.baseline)} each pair uses. "
                f"Good is around 1; above {alert.factor:g} for {promql_duration(alert.hold)} the "
                "alert fires: look for a loop or a batch job of that pair. A pair has a line "
                f"once there is {promql_duration(alert.least_history)} of history."
            ),
            place,
        ),
        unit=NUMBER,
        queries=(Query(queries.token_factor(config), queries.pair_legend(config)),),
        thresholds=(Threshold(None, "green"), Threshold(alert.factor, "red")),
        links=(
            links.of_pair(config, AlertName.TOKEN_SPIKE),
            links.runbook(config, AlertName.TOKEN_SPIKE),
        ),
    )


def top_models(config: Config, place: Place) -> Panel:
    """Models by their tokens."""
    return bar_gauge(
        Head(
            12,
            "Top models by tokens",
            (
                f"The {config.dashboard.top_models} models with the most tokens in the chosen "
                "time. Good is the order that you know. A model that is new here, or far ahead "
                "of its usual place, is where a token spike comes from."
            ),
            place,
        ),
        unit=COUNT,
        query=Query(queries.top_models(config), queries.MODEL_LEGEND, instant=True),
    )
