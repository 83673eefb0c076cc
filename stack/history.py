"""A real Prometheus on a history of scrapes, with the records that its rules would have written."""

import json
import os
import socket
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from alerts.model import AlertingRule, RecordingRule, RuleGroup
from stack.prometheus import PrometheusApi, arguments
from stack.recording import alert_lines, chain, record_lines
from stack.supervisor import StackError, Supervisor
from tools.locate import find
from tools.promtool import Promtool, PromtoolError

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


@dataclass(frozen=True)
class History:
    """A Prometheus, and the times of its first and last samples in Unix seconds."""

    api: PrometheusApi
    begin: int
    end: int


@contextmanager
def recorded(
    folder: Path, scrapes: Sequence[Path], groups: Sequence[RuleGroup]
) -> Iterator[History]:
    """A Prometheus that has `scrapes` (OpenMetrics files) and the history of every rule.

    All files are written below `folder`.
    """
    record(folder, scrapes, groups)
    with _prometheus(folder, f"--query.lookback-delta={LOOKBACK}") as history:
        yield history


def record(folder: Path, scrapes: Sequence[Path], groups: Sequence[RuleGroup]) -> None:
    """Make `folder`/tsdb of `scrapes` and the history of every rule.

    Prometheus itself evaluates each record over the whole time, and its results are stored, so that
    later records can read them.
    """
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(lambda file: _store(folder, file), scrapes))
    for level in chain(groups):
        made = folder / "recorded.txt"
        with _prometheus(folder) as history, made.open("w", encoding="utf-8") as lines:
            for rule in level:
                lines.writelines(_lines(history.api, rule, _evaluations(rule, groups, history)))
            any_line = lines.tell() > 0
            lines.write("# EOF\n")
        if any_line:  # promtool refuses a file without samples, and no alert may have fired
            _store(folder, made)
        made.unlink()


def _evaluations(
    rule: RecordingRule | AlertingRule, groups: Sequence[RuleGroup], history: History
) -> range:
    """The seconds at which `rule` is evaluated."""
    number = next(index for index, group in enumerate(groups) if rule in group.rules)
    pace = int(groups[number].interval.total_seconds())
    begin = history.begin - history.begin % pace + PHASES[number % len(PHASES)]
    return range(begin, history.end + 1, pace)


def _lines(api: PrometheusApi, rule: RecordingRule | AlertingRule, span: range) -> Iterator[str]:
    if isinstance(rule, RecordingRule):
        return record_lines(api, rule, span)
    return alert_lines(api, rule, span)


def _store(folder: Path, openmetrics: Path) -> None:
    try:
        Promtool.found().create_blocks_from_openmetrics(openmetrics, folder / "tsdb")
    except PromtoolError as error:
        raise StackError(f"the history cannot be made: {error}") from None


@contextmanager
def _prometheus(folder: Path, *more: str) -> Iterator[History]:
    begin, end = _span(folder / "tsdb")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    config = folder / "prometheus.yml"
    config.write_text("global: {}\n")
    with Supervisor(folder) as supervisor:
        options = (*arguments(config, folder / "tsdb", address), *_OPTIONS, *more)
        supervisor.start("prometheus", [*find("prometheus").command, *options], {})
        api = PrometheusApi(f"http://{address}", QUERY_TIMEOUT)
        supervisor.wait(api.ready, str(api))
        yield History(api, begin, end)


def _span(tsdb: Path) -> tuple[int, int]:
    """The first and last second of all blocks, from their meta.json."""
    blocks = [json.loads(file.read_text()) for file in tsdb.glob("*/meta.json")]
    if not blocks:
        raise StackError(f"{tsdb} has no samples: the replay wrote none")
    begin = min(block["minTime"] for block in blocks)
    end = max(block["maxTime"] for block in blocks)
    return begin // 1000, (end - 1) // 1000  # a block's end is a millisecond past its last sample
