"""Histories: a real Prometheus on replayed scrapes, with what its rules would have written."""

import os
import socket
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from alerts.model import AlertingRule, RecordingRule, RuleGroup
from exporter_stub.replay import Replay, labels_text
from exporter_stub.scenarios import SCENARIOS
from stack.servers import started
from stack.supervisor import Supervisor
from tools.http import PrometheusApi
from tools.promtool import Promtool

END = 1_775_001_600
"""Histories to look at end on 1 April 2026, 00:00 UTC, so that they are always the same."""

QUERY_TIMEOUT = 300
"""Seconds for one query."""

PHASES = (7, 22, 37, 52)
"""Seconds of the minute at which the rule groups are evaluated, one for each group in turn.
Prometheus also evaluates each group at a second of its own. So neither panels, whose points are on
full minutes, nor other groups read records of the very same moment."""

LOOKBACK = "90s"
"""How old a sample may be that a panel still shows. A live Prometheus writes a stale marker where
an alert ends. A generated history cannot have one, so an alert ends about a minute after its last
sample."""

_OPTIONS = (
    "--query.max-samples=500000000",
    f"--query.timeout={QUERY_TIMEOUT}s",
    "--storage.tsdb.retention.time=50y",  # a history may be of any date
)
Rule = RecordingRule | AlertingRule


def ending(name: str, hours: int, rate: float, *, replicas: int = 2, every: int = 60) -> Replay:
    """The `hours` before END of the scenario `name`, with `rate` runs a second.

    A scrape `every` 60 s is the rarest that the rules support, and the fastest to generate.
    """
    instances = tuple(f"replica-{number + 1}:5001" for number in range(replicas))
    return Replay(SCENARIOS[name], END - hours * 3600, END, instances, every, rate, seed=1)


@contextmanager
def recorded(
    folder: Path, scrapes: Sequence[Path], moments: range, groups: Sequence[RuleGroup]
) -> Iterator[PrometheusApi]:
    """A Prometheus that has `scrapes` (OpenMetrics files) and the history of every rule.

    They are of `moments` (Unix seconds). All files are written below `folder`.
    """
    record(folder, scrapes, moments, groups)
    with _prometheus(folder, f"--query.lookback-delta={LOOKBACK}") as api:
        yield api


def record(
    folder: Path, scrapes: Sequence[Path], moments: range, groups: Sequence[RuleGroup]
) -> None:
    """Make `folder`/prometheus, a TSDB of `scrapes` of `moments` and of every rule's history.

    Prometheus itself evaluates each rule over the whole time, and its results are stored, so that
    later rules can read them.
    """
    store = partial(Promtool.found().create_blocks_from_openmetrics, into=folder / "prometheus")
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(store, scrapes))
    for level in in_levels(groups):
        made = folder / "recorded.txt"
        with _prometheus(folder) as api, made.open("w", encoding="utf-8") as lines:
            for number, group in enumerate(groups):
                step = int(group.interval.total_seconds())
                begin = moments[0] - moments[0] % step + PHASES[number % len(PHASES)]
                for rule in level:
                    if rule in group.rules:
                        span = range(begin, moments[-1] + 1, step)
                        lines.writelines(rule_lines(api, rule, span))
            any_line = lines.tell() > 0
            lines.write("# EOF\n")
        if any_line:  # promtool refuses a file without samples, and no alert may have fired
            store(made)
        made.unlink()


def in_levels(groups: Sequence[RuleGroup]) -> list[list[Rule]]:
    """All rules of `groups` in levels, alerts last: each reads only records of earlier levels."""
    rules = [rule for group in groups for rule in group.rules]
    levels: list[list[Rule]] = []
    depths: dict[str, int] = {}
    for rule in rules:
        if isinstance(rule, RecordingRule):
            reads = (depth + 1 for name, depth in depths.items() if name in rule.expr)
            depths[rule.record] = depth = max(reads, default=0)
            if depth == len(levels):
                levels.append([])
            levels[depth].append(rule)
    return [*levels, [rule for rule in rules if isinstance(rule, AlertingRule)]]


def rule_lines(api: PrometheusApi, rule: Rule, span: range) -> Iterator[str]:
    """What `rule` would have written in the seconds of `span`, as lines in OpenMetrics format.

    An alert is pending until it has been active for its `for_`, then firing. As in Prometheus,
    ALERTS has its state, and ALERTS_FOR_STATE the second at which it began.
    """
    for series in api.query_range(rule.expr, span[0], span[-1], span.step):
        labels = {key: text for key, text in series["metric"].items() if key != "__name__"}
        if isinstance(rule, RecordingRule):
            name = f"{rule.record}{{{labels_text(labels)}}}"
            yield from (f"{name} {value} {second}\n" for second, value in series["values"])
            continue
        labels |= {**rule.labels, "alertname": rule.alert}
        text = labels_text(labels)
        last = start = float("-inf")
        for second in (round(float(second)) for second, _ in series["values"]):
            if second - last > span.step:  # the alert ended meanwhile, and begins again
                start = second
            last = second
            state = "firing" if second - start >= rule.for_.total_seconds() else "pending"
            yield f'ALERTS{{{text},alertstate="{state}"}} 1 {second}\n'
            yield f"ALERTS_FOR_STATE{{{text}}} {start} {second}\n"


@contextmanager
def _prometheus(folder: Path, *more: str) -> Iterator[PrometheusApi]:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        place = f"127.0.0.1:{probe.getsockname()[1]}"
    config = folder / "prometheus.yml"
    config.write_text("global: {}\n")
    with Supervisor(folder) as supervisor:
        url = started(supervisor, "prometheus", config, place, *_OPTIONS, *more)
        yield PrometheusApi(url, QUERY_TIMEOUT)
