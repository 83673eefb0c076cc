"""What promtool's rule engine computes.

promtool has no command that evaluates rules on given series and prints the results. But a test that
expects no samples fails and prints those it got, which are read here.
"""

import json
import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from contract.durations import parsed_duration, seconds
from tools.promtool import Promtool, PromtoolError

WHAT = "what"
"""The label of a sample that names its expression."""

_HISTORY = "history"
_TIME = re.compile(r"time: (\S+),$")
_GOT = "        got: "
_ERROR = ", err: "
"""In promtool's output: a rule or the expression asked for could not be evaluated."""
_SERIES = re.compile(r"\{([^}]*)\} ([^\s,\]]+)")
"""A sample with its labels; vmalert-tool puts a bracket after the last one."""
_LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


@dataclass(frozen=True)
class History:
    """Series in promtool's notation, and the seconds at which expressions are asked."""

    series: Sequence[Mapping[str, str]]
    interval: int
    """Seconds between the values of the series."""
    times: Sequence[int]


class Sample(NamedTuple):
    """A value of an expression at a second."""

    at: int
    labels: Mapping[str, str]
    value: float


def results(
    promtool: Promtool, rules: str, histories: Sequence[History], expressions: Mapping[str, str]
) -> list[list[Sample]]:
    """The samples of all `expressions`, by name, for each of `histories`.

    One promtool process evaluates the rule file `rules` (its text) every minute, on each of them
    by itself. Raises PromtoolError where it refuses a rule or an expression.
    """
    either = " or ".join(_labelled(expr, WHAT, what) for what, expr in expressions.items())
    tests = [
        _test(history, _labelled(either, _HISTORY, str(number)))
        for number, history in enumerate(histories)
    ]
    document = {"rule_files": ["rules.yaml"], "evaluation_interval": "1m", "tests": tests}
    found: list[list[Sample]] = [[] for _ in histories]
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "rules.yaml").write_text(rules, encoding="utf-8")
        file = Path(folder, "asked.yaml")
        file.write_text(json.dumps(document), encoding="utf-8")  # JSON is valid YAML, and faster
        try:
            promtool.test_rules(file)
        except PromtoolError as error:
            if _GOT not in error.output or _ERROR in error.output:
                raise
            _read(error.output, found)
    return found


def _labelled(expr: str, label: str, value: str) -> str:
    return f'label_replace({expr}, "{label}", "{value}", "", "")'


def _test(history: History, expr: str) -> dict[str, Any]:
    return {
        "interval": f"{history.interval}s",
        "input_series": history.series,
        "promql_expr_test": [
            {"expr": expr, "eval_time": f"{at}s", "exp_samples": []} for at in history.times
        ],
    }


def _read(output: str, into: Sequence[list[Sample]]) -> None:
    at = 0
    for line in output.splitlines():
        time = _TIME.search(line)
        if time:
            at = seconds(parsed_duration(time[1]))
        for text, value in _SERIES.findall(line) if line.startswith(_GOT) else ():
            labels = dict(_LABEL.findall(text))
            into[int(labels[_HISTORY])].append(Sample(at, labels, float(value)))
