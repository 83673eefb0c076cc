"""The command `python -m rules_tests.report`: it writes the page docs/alerts.md."""

import sys
from datetime import timedelta
from pathlib import PurePosixPath
from typing import Any

from config import ALERT_NAMES
from contract.command import Parser, done
from contract.durations import promql_duration
from delivery.render import generated_by
from delivery.writer import write
from rules_tests.case import MINUTE
from rules_tests.fleets.limits import UNSEEN
from rules_tests.report.examples import CHARTS, CONFIG, EXAMPLES, RULES, Example
from tools import ROOT

PAGE = PurePosixPath("docs/alerts.md")

_COLORS = '%%{init: {"themeVariables": {"xyChart": {"plotColorPalette": "#1c64a5, #d6336c"}}}}%%'
"""Of the charts, which GitHub draws: the value and its threshold, for light and dark pages."""

_INTRODUCTION = """\
# Alerts

What each alert means, its expression and values, how long it takes, and how it looks on a time
axis. Times and curves are what promtool's rule engine computes for series scraped every 15 s, with
the rules evaluated every minute; a slower scrape, and an evaluation just before it, add up to two
minutes. The expressions read the recording rules in
[llm-usage-alerts.yaml](../cluster/grafana/alerts/llm-usage-alerts.yaml);
[alerts/increase.py](../alerts/increase.py) tells why they count growth minute by minute.
"""

_LIMITS = """\
## What the rules cannot see

Prometheus sees a process by its scrapes, and the rules see no more than Prometheus. Each of these
is a fleet in [limits.py](../rules_tests/fleets/limits.py), run on the rules as they are; the last
limit is the rules' own. `make fleets` judges them by random fleets whose events are known.
"""


def main() -> int:
    """Write the page."""
    Parser(
        prog="python -m rules_tests.report",
        description="Write docs/alerts.md from what the rules do.",
    ).parse_args()
    return done("docs", _write)


def _write() -> None:
    changed = write(ROOT, {PAGE: text()}, "docs")
    print(f"docs: {PAGE} {'written' if changed else 'is what the rules do'}")


def text() -> str:
    """The page."""
    sections = []
    for alert in ALERT_NAMES:
        charts = [_chart(example) for example in EXAMPLES.get(alert, ()) if example.charted]
        sections += [*_head(alert), *_times(alert), *charts]
    limits = [f"- **{limit.name}.** {limit.words}" for limit in UNSEEN]
    head = f"<!-- {generated_by('docs')} -->\n{_INTRODUCTION}"
    return "\n".join([head, *sections, _LIMITS, *limits, ""])


def _head(alert: str) -> list[str]:
    rule, chosen = RULES[alert], CONFIG.alert(alert)
    by_grafana = {"no data in Grafana": chosen.no_data, "error in Grafana": chosen.error}
    values = {**vars(chosen), **by_grafana}
    rows = [f"| {name.rstrip('_')} | {_value(value)} |" for name, value in values.items()]
    return [
        f"## {alert}\n",
        _meaning(alert),
        f"[Runbook](runbooks/{alert}.md)\n",
        f"```promql\n{rule.expr}\n```\n",
        "| value | |\n| --- | --- |",
        *rows,
        "",
    ]


def _meaning(alert: str) -> str:
    """The section Meaning, from the alert's runbook."""
    page = (ROOT / "docs/runbooks" / f"{alert}.md").read_text(encoding="utf-8")
    return page.partition("## Meaning\n\n")[2].partition("## ")[0]


def _value(value: Any) -> str:
    return promql_duration(value) if isinstance(value, timedelta) else str(value)


def _times(alert: str) -> list[str]:
    """When the alert fires and clears in each example."""
    rows = []
    for example in EXAMPLES.get(alert, ()):
        firing = [minute for minute in example.curves["firing"] if minute > 0]
        end = (example.end - example.begin) // MINUTE
        # With another threshold an example may not fire.
        times = f"{min(firing)} min | {max(firing) + 1 - end} min" if firing else "never | never"
        rows.append(f"| {example.name} | {times} |")
    head = "| when | fires after | clears after its end |\n| --- | --- | --- |"
    return [head, *rows, ""] if rows else []


def _chart(example: Example) -> str:
    """The value by minutes since the incident began, its threshold, and the alert's states.

    Raises ValueError where the value is missing at a minute: a chart has no gaps.
    """
    drawn = example.curves["drawn"]
    first, last = min(drawn), max(drawn)
    if len(drawn) != last - first + 1:
        raise ValueError(f"{example.name}: the value is missing at some minutes")
    _, unit, limit = CHARTS[example.alert]
    lines = [list(drawn.values()), *([] if limit is None else [[limit] * len(drawn)])]
    highest = max(max(line) for line in lines)
    return "\n".join(
        [
            "```mermaid",
            _COLORS,
            "xychart-beta",
            f'  title "{example.name}"',
            f'  x-axis "minutes since it began" {first} --> {last}',
            f'  y-axis "{unit}" 0 --> {highest:.3g}',
            *(f"  line [{', '.join(f'{value:.3g}' for value in line)}]" for line in lines),
            "```",
            f"{_states(example)}\n",
        ]
    )


def _states(example: Example) -> str:
    spans = [
        f"{state} {_span(min(minutes), max(minutes))}"
        for state in ("pending", "firing")
        if (minutes := example.curves[state])
    ]
    flat = "" if CHARTS[example.alert].threshold is None else " The red line is the threshold."
    return f"The alert was {' and '.join(spans) or 'inactive'}.{flat}"


def _span(first: int, last: int) -> str:
    return f"at minute {first}" if first == last else f"from minute {first} to {last}"


if __name__ == "__main__":
    sys.exit(main())
