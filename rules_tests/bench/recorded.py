"""A Prometheus with raw history, and with the recording rules' history made from it."""

import socket
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from alerts.model import AlertingRule, RecordingRule
from rules_tests.bench.history import HOURS, write
from stack.prometheus import PrometheusApi, arguments
from stack.supervisor import StackError, Supervisor
from tools.locate import find
from tools.promtool import Promtool

START_TIMEOUT = 120
QUERY_TIMEOUT = 300
"""Seconds for Prometheus to open the blocks, and for one query over the whole day."""

STEP = 60
"""Seconds between evaluations, as in the rule group."""


class Recorded:
    """History of `replicas` replicas that ends at `end` (Unix seconds), kept in `folder`."""

    def __init__(self, folder: Path, replicas: int, end: int) -> None:
        """Remember what to make; nothing is written yet."""
        self._folder = folder
        self._replicas = replicas
        self._end = end

    @contextmanager
    def history(self, rules: Sequence[RecordingRule | AlertingRule]) -> Iterator[PrometheusApi]:
        """A Prometheus that has the raw series and every record of `rules`, one after another.

        Each record is evaluated over the day by Prometheus itself and stored, so that the next
        one can read it.
        """
        raw = self._folder / "raw.txt"
        with raw.open("w", encoding="utf-8") as file:
            write(file, self._replicas, self._end)
        self._store(raw)
        records = [rule for rule in rules if isinstance(rule, RecordingRule)]
        for level in in_levels(records):
            with self._prometheus() as api:
                recorded = self._folder / "recorded.txt"
                with recorded.open("w", encoding="utf-8") as file:
                    for rule in level:
                        file.writelines(self._evaluated(api, rule))
                    file.write("# EOF\n")
            self._store(recorded)
        with self._prometheus() as api:
            yield api

    def _store(self, openmetrics: Path) -> None:
        Promtool.found().create_blocks_from_openmetrics(openmetrics, self._folder / "tsdb")
        openmetrics.unlink()

    def _evaluated(self, api: PrometheusApi, rule: RecordingRule) -> Iterator[str]:
        """The history of one record, in OpenMetrics lines."""
        yield f"# TYPE {rule.record} gauge\n"
        begin = self._end - (HOURS - 1) * 3600
        for series in api.query_range(rule.expr, begin, self._end, STEP):
            pairs = ",".join(f'{key}="{value}"' for key, value in series["metric"].items())
            for second, value in series["values"]:
                yield f"{rule.record}{{{pairs}}} {value} {second}\n"

    @contextmanager
    def _prometheus(self) -> Iterator[PrometheusApi]:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            address = f"127.0.0.1:{probe.getsockname()[1]}"
        config = self._folder / "prometheus.yml"
        config.write_text("global: {}\n")
        limits = ["--query.max-samples=500000000", f"--query.timeout={QUERY_TIMEOUT}s"]
        with Supervisor(self._folder) as supervisor:
            command = find("prometheus").command
            options = arguments(config, self._folder / "tsdb", address)
            supervisor.start("prometheus", [*command, *options, *limits], {})
            api = PrometheusApi(f"http://{address}", QUERY_TIMEOUT)
            deadline = time.monotonic() + START_TIMEOUT
            while not api.ready():
                supervisor.check()
                if time.monotonic() > deadline:
                    raise StackError(f"Prometheus did not start within {START_TIMEOUT} s")
                time.sleep(0.1)
            yield api


def in_levels(records: Iterable[RecordingRule]) -> list[list[RecordingRule]]:
    """`records` in levels: none reads a record of its own level or a later one."""
    levels: list[list[RecordingRule]] = []
    for rule in records:
        depth = max(
            (
                index + 1
                for index, level in enumerate(levels)
                for earlier in level
                if earlier.record in rule.expr
            ),
            default=0,
        )
        if depth == len(levels):
            levels.append([])
        levels[depth].append(rule)
    return levels
