"""What rules would have written over a past time, as lines in OpenMetrics format."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from alerts.model import AlertingRule, RecordingRule, RuleGroup
from stack.prometheus import PrometheusApi

_PENDING, _FIRING = "pending", "firing"


def record_lines(api: PrometheusApi, rule: RecordingRule, span: range) -> Iterator[str]:
    """The history of one record over the seconds of `span`."""
    for series in api.query_range(rule.expr, span[0], span[-1], span.step):
        for second, value in series["values"]:
            yield f"{_series(rule.record, series['metric'])} {value} {second}\n"


def alert_lines(api: PrometheusApi, rule: AlertingRule, span: range) -> Iterator[str]:
    """The history of one alert: pending until it was there for all of its `hold`, then firing."""
    found = api.query_range(rule.expr, span[0], span[-1], span.step)
    for series in found:
        seconds = [round(float(second)) for second, _ in series["values"]]
        states = alert_states(seconds, span.step, int(rule.hold.total_seconds()))
        for state in (_PENDING, _FIRING):
            labels = {
                **{key: text for key, text in series["metric"].items() if key != "__name__"},
                **rule.labels,
                "alertname": rule.alert,
                "alertstate": state,
            }
            for second in (second for second, was in states.items() if was == state):
                yield f"{_series('ALERTS', labels)} 1 {second}\n"


def alert_states(seconds: Iterable[int], pace: int, hold: int) -> dict[int, str]:
    """The state at each of `seconds`, in which the expression was true, evaluated every `pace`."""
    states: dict[int, str] = {}
    since = last = None
    for second in seconds:
        if since is None or last is None or second - last > pace:
            since = second
        states[second] = _FIRING if second - since >= hold else _PENDING
        last = second
    return states


def in_levels(records: Iterable[RecordingRule]) -> list[list[RecordingRule]]:
    """`records` in levels: none reads a record of its own level or a later one."""
    levels: list[list[RecordingRule]] = []
    for rule in records:
        reads = (
            index + 1
            for index, level in enumerate(levels)
            for earlier in level
            if earlier.record in rule.expr
        )
        depth = max(reads, default=0)
        if depth == len(levels):
            levels.append([])
        levels[depth].append(rule)
    return levels


def chain(groups: Sequence[RuleGroup]) -> list[list[RecordingRule] | list[AlertingRule]]:
    """All rules of `groups` in levels, alerts last: each reads what the levels before record."""
    rules = [rule for group in groups for rule in group.rules]
    return [
        *in_levels([rule for rule in rules if isinstance(rule, RecordingRule)]),
        [rule for rule in rules if isinstance(rule, AlertingRule)],
    ]


def _series(name: str, labels: Mapping[str, str]) -> str:
    pairs = ",".join(
        f"{key}={_quoted(value)}" for key, value in labels.items() if key != "__name__"
    )
    return f"{name}{{{pairs}}}"


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
