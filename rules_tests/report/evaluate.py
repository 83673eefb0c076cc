"""What promtool's rule engine computes, minute by minute.

promtool has no command that evaluates rules on given series and prints the results. But a test that
expects no samples fails and prints those it got, which are read here.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from contract.durations import parsed_duration, seconds
from rules_tests.case import MINUTE, Scrape, Series, named
from rules_tests.promtool_files import run
from tools.promtool import Promtool, PromtoolError

_GOT = re.compile(r'time: (\S+),\s+exp: nil\s+got: \{what="(\w+)"\} (\S+)\n')


@dataclass(frozen=True)
class Curves:
    """Values by name and second; seconds without a value are left out."""

    values: Mapping[str, Mapping[int, float]]

    def first(self, name: str, since: int) -> int | None:
        """The first second after `since` at which `name` has a value."""
        return min((second for second in self.values[name] if second > since), default=None)


def evaluate(
    series: Sequence[Series], expressions: Mapping[str, str], since: int, until: int
) -> Curves:
    """The highest value of each expression at every full minute from `since` to `until` (seconds).

    Series are scraped every 15 s and the built rules evaluated every minute from 0 on. Raises
    PromtoolError where promtool refuses them.
    """
    cases = [
        {
            "expr": f'label_replace(max({expr}), "what", "{name}", "", "")',
            "eval_time": f"{at}s",
            "exp_samples": [],
        }
        for name, expr in expressions.items()
        for at in range(since, until + 1, MINUTE)
    ]
    values: dict[str, dict[int, float]] = {name: {} for name in expressions}
    for time, name, value in _GOT.findall(f"{_printed(series, until, cases)}\n"):
        values[name][seconds(parsed_duration(time))] = float(value)
    return Curves(values)


def _printed(series: Sequence[Series], until: int, cases: Sequence[Mapping[str, Any]]) -> str:
    try:
        return run(named("curves", __file__, series, Scrape(15), until, cases), Promtool.found())
    except PromtoolError as error:
        if "got: {" not in error.output:
            raise
        return error.output
