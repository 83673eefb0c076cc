"""What scrapes of simulated exporters find, kept for two hours and written as OpenMetrics text."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from contract.metrics import LATENCY_BUCKETS, TargetLabel
from exporter_stub.exposition import Number, Table, head, label_pairs
from exporter_stub.metrics import UsageMetrics

_HISTOGRAM = len(LATENCY_BUCKETS) + 3
"""Series of a histogram: its buckets, +Inf, sum and count. They stand together."""

_UP = "up"


@dataclass
class Stretch:
    """Scrapes of one process: of each family a row of values a scrape."""

    first: int
    """Number of its first scrape, counted from the first that is kept."""
    tables: Sequence[Table]
    rows: list[list[list[Number]]]

    def text(self, family: int, line: str, stamps: Sequence[int], target: str) -> str:
        """The samples of the metric that begins with `line`, scrape by scrape."""
        table, rows = self.tables[family], self.rows[family]
        if line not in table.lines:
            return ""
        begin = table.lines.index(line)
        end = begin + _size(table)
        born = bisect_right(rows, begin, key=len)  # rows before have not that many values
        lines = [f"{one[:-2]},{target}}} " for one in table.lines[begin:end]]
        return "".join(
            [
                f"{one}{value} {stamp}\n"
                for stamp, row in zip(stamps[self.first + born :], rows[born:], strict=False)
                for one, value in zip(lines, row[begin:end], strict=True)
            ]
        )


@dataclass
class Target:
    """A simulated exporter as Prometheus knows it, and what its scrapes found."""

    job: str
    instance: str
    metrics: UsageMetrics
    stretches: list[Stretch] = field(default_factory=list)

    @property
    def labels(self) -> str:
        """What a scrape adds to each series."""
        return label_pairs({TargetLabel.JOB: self.job, TargetLabel.INSTANCE: self.instance})

    def scrape(self, number: int) -> None:
        """Keep the values of now, as scrape `number`."""
        tables = self.metrics.tables()
        if not self.stretches or self.stretches[-1].tables[0] is not tables[0]:  # restarted
            self.stretches.append(Stretch(number, tables, [[] for _ in tables]))
        for rows, table in zip(self.stretches[-1].rows, tables, strict=True):
            rows.append(table.values[:])


def openmetrics(targets: Sequence[Target], stamps: Sequence[int]) -> Iterator[str]:
    """The scrapes of `targets` at `stamps` (Unix seconds), family by family, in pieces."""
    for family, table in enumerate(targets[0].metrics.tables()):
        yield head(table, openmetrics=True)
        for target in targets:
            tables = [stretch.tables[family] for stretch in target.stretches]
            lines = dict.fromkeys(line for one in tables for line in one.lines[:: _size(one)])
            for line in lines:  # all of a metric together, whichever process it is of
                for stretch in target.stretches:
                    yield stretch.text(family, line, stamps, target.labels)
    yield f"# TYPE {_UP} gauge\n"
    for target in targets:
        yield "".join([f"{_UP}{{{target.labels}}} 1 {stamp}\n" for stamp in stamps])
    yield "# EOF\n"


def _size(table: Table) -> int:
    """How many series a metric of the family has."""
    return _HISTOGRAM if table.type == "histogram" else 1
