"""The panels that show how many tokens are used, and whether that is unusually many."""

from config import Config
from contract.document import Json
from contract.durations import promql_duration
from contract.metrics import COMPLETION_TOKENS, PROMPT_TOKENS
from dashboards import links
from dashboards import panel_styles as style
from dashboards.grafana import panel, query
from dashboards.variables import selector, series_legend


def against_average(config: Config) -> Json:
    """Tokens as a multiple of the day's average, by component, provider and model."""
    alert = config.token_spike
    day = promql_duration(alert.baseline)
    average = selector(config, alert.baseline_record(config))
    # No value if the average is 0.
    factor = f"{selector(config, alert.volume_record(config))}\n/ ({average} > 0)"
    return style.ranking(
        id=10,
        title=f"Tokens against the {day} average",
        description=f"How many times its {day} average each component, provider and model uses, "
        f"highest on top. Good is around 1; above the line at {alert.factor:g} for "
        f"{promql_duration(alert.for_)} {alert.name} fires: look for a loop or "
        f"a batch job. There is a line once there is "
        f"{promql_duration(alert.min_history)} of history.",
        unit=style.NUMBER,
        query=query(factor, series_legend(config)),
        good=0,
        until=round(4 / 3 * alert.factor, 1),
        thresholds={None: style.GOOD, alert.factor: style.BAD},
        links=links.of_series(config, alert.name),
    )


def tokens(config: Config) -> Json:
    """Tokens, with the day's average and the alert's limit."""
    alert = config.token_spike
    window, day = promql_duration(alert.window), promql_duration(alert.baseline)
    average, limit = f"{day} average", f"limit ({alert.factor:g} x {day} average)"
    average_sum = f"sum({selector(config, alert.baseline_record(config))})"
    kinds = {"prompt": PROMPT_TOKENS, "completion": COMPLETION_TOKENS}
    apart = {"group": "A", "mode": "none"}  # over the areas, not on top of them
    line = {"custom.fillOpacity": 0, "custom.lineWidth": 2, "custom.stacking": apart}
    dashes = {"custom.lineStyle": {"dash": [10, 10], "fill": "dash"}}
    records = {kind: config.increased(it.name, alert.window) for kind, it in kinds.items()}
    return style.graph(
        id=9,
        title=f"Tokens ({window})",
        description=f"Tokens in the last {window}, of all that is chosen together, and the {day} "
        "average of the same. Good is near the average. The alert compares each component, "
        "provider and model by itself: Tokens against the average tells which one it is.",
        unit=style.ROUNDED,
        queries=(
            *(
                query(f"sum({selector(config, record)})\nor vector(0)", kind)
                for kind, record in records.items()
            ),
            query(average_sum, average),
            query(f"{alert.factor:.15g} * {average_sum}", limit),
        ),
        stacked=True,
        overrides={
            "prompt": style.colored(style.QUANTITIES[0]),
            "completion": style.colored(style.QUANTITIES[1]),
            average: {**line, **style.colored("text")},
            limit: {**line, **dashes, **style.colored(style.BAD)},
        },
        links=(links.runbook(config, alert.name),),
    )


def top_models(config: Config) -> Json:
    """Models by their tokens over the whole time range."""
    minutes = selector(config, config.token_spike.minute_record(config))
    total = f"sum by (provider, model) (sum_over_time({minutes}[$__range]))"
    count = config.dashboard.top_models
    return panel(
        "bargauge",
        id=12,
        title="Top models by tokens",
        description=f"The {count} models with the most tokens in the chosen "
        "time. Good is the order that you know. A model that is new here, or far ahead "
        "of its place, is where a token spike comes from.",
        unit=style.ROUNDED,
        queries=(query(f"topk({count}, {total})", "{{provider}}/{{model}}", instant=True),),
        thresholds={None: style.QUANTITIES[0]},
        options={
            "displayMode": "basic",
            "orientation": "horizontal",
            "reduceOptions": style.LAST,
            "showUnfilled": True,
            "valueMode": "text",
        },
        defaults={"min": 0, "noValue": style.NO_DATA},
    )
