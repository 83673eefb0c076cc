"""The series that rules would have written over a past time, as lines in OpenMetrics format."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from alerts.model import AlertingRule, RecordingRule, RuleGroup
from stack.prometheus import PrometheusApi

_PENDING, _FIRING = "pending", "firing"


def record_lines(api: PrometheusApi, rule: RecordingRule, span: range) -> Iterator[str]:
    """The history of one record over the seconds of `span`."""
    for series in api.query_range(rule.expr, span[0], span[-1], span.step):
        name = _series(rule.record, series["metric"])
        yield from (f"{name} {value} {second}\n" for second, value in series["values"])


def alert_lines(api: PrometheusApi, rule: AlertingRule, span: range) -> Iterator[str]:
    """The history of one alert: pending until it has been active for its `for_`, then firing.

    As in Prometheus, ALERTS has its state, and ALERTS_FOR_STATE the second at which it began.
    """
    for_ = int(rule.for_.total_seconds())
    for series in api.query_range(rule.expr, span[0], span[-1], span.step):
        seconds = [round(float(second)) for second, _ in series["values"]]
        began = alert_starts(seconds, span.step)
        labels = {key: text for key, text in series["metric"].items() if key != "__name__"}
        labels |= {**rule.labels, "alertname": rule.alert}
        for state in (_PENDING, _FIRING):
            name = _series("ALERTS", {**labels, "alertstate": state})
            for second, start in began.items():
                if (state == _FIRING) is (second - start >= for_):
                    yield f"{name} 1 {second}\n"
        for second, start in began.items():
            yield f"{_series('ALERTS_FOR_STATE', labels)} {start} {second}\n"


def alert_starts(seconds: Iterable[int], pace: int) -> dict[int, int]:
    """Since when the expression has been true, for each of the `seconds` at which it was true.

    It is evaluated every `pace` seconds: a longer gap means that it ended and began again.
    """
    starts: dict[int, int] = {}
    last = start = None
    for second in seconds:
        if start is None or last is None or second - last > pace:
            start = second
        starts[second] = start
        last = second
    return starts


def in_levels(records: Iterable[RecordingRule]) -> list[list[RecordingRule]]:
    """`records` in levels, so that each reads only records of earlier levels."""
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
    """All rules of `groups` in levels, alerts last: each reads only records of earlier levels."""
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
