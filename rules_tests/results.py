"""What promtool's rule engine computes.

promtool has no command that evaluates rules on given series and prints the results. But a test that
expects no samples fails and prints those it got, which are read here.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from contract.durations import parsed_duration, seconds
from rules_tests.promtool_files import RULES, judged
from rules_tests.rule_files import needed
from tools.promtool import Promtool, PromtoolError

WHAT = "what"
"""The label of a sample that names its expression."""

_TIME = re.compile(r"time: (\S+),$")
_GOT = "        got: "
_ERROR = ", err: "
"""In promtool's output: a rule or the expression asked for could not be evaluated."""
_SERIES = re.compile(r"\{([^}]*)\} ([^\s,\]]+)")
"""A sample with its labels; vmalert-tool puts a bracket after the last one."""
_LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


class Sample(NamedTuple):
    """A value of an expression at a second."""

    at: int
    labels: Mapping[str, str]
    value: float


def results(
    promtool: Promtool,
    rules: str,
    expressions: Mapping[str, str],
    *,
    series: Sequence[Mapping[str, str]],
    interval: int,
    times: Sequence[int],
) -> list[Sample]:
    """The samples of all `expressions`, by name, at the seconds `times`.

    `series` are in promtool's notation, with `interval` seconds between their values. Those rules
    of the file `rules` (its text) that the expressions read are evaluated every minute. Raises
    PromtoolError where promtool refuses one of them or an expression.
    """
    either = " or ".join(
        f'label_replace({expr}, "{WHAT}", "{what}", "", "")' for what, expr in expressions.items()
    )
    test = {
        "interval": f"{interval}s",
        "input_series": series,
        "promql_expr_test": [
            {"expr": either, "eval_time": f"{at}s", "exp_samples": []} for at in times
        ],
    }
    document = {"rule_files": [RULES.format(0)], "evaluation_interval": "1m", "tests": [test]}
    try:
        # JSON is valid YAML, and faster.
        judged(promtool, json.dumps(document), needed(rules, expressions))
    except PromtoolError as error:
        if _GOT not in error.output or _ERROR in error.output:
            raise
        return list(_read(error.output))
    return []


def _read(output: str) -> Iterator[Sample]:
    at = 0
    for line in output.splitlines():
        time = _TIME.search(line)
        if time:
            at = seconds(parsed_duration(time[1]))
        for text, value in _SERIES.findall(line) if line.startswith(_GOT) else ():
            yield Sample(at, dict(_LABEL.findall(text)), float(value))
