"""Which Grafana each output needs at least."""

import re

DASHBOARD, MARKS, RULES = "dashboard", "marks of fired alerts", "Grafana-managed alert rules"

MINIMUM = {
    # The oldest version that it was tried with.
    DASHBOARD: ("9.4.0",),
    # An annotation's `target.expr` (grafana/grafana pull requests 105187 and 105188).
    MARKS: ("11.6.2", "12.0.1"),
    # `missing_series_evals_to_resolve` in provisioning files.
    RULES: ("12.2.0",),
}
"""The first version that reads an output correctly, for each release line that has one."""

OLD_SCHEMA = 41
"""The schemaVersion that Grafana 12.0 writes; lower ones are from older versions."""


def needed(output: str) -> str:
    """The versions that `output` needs, as a sentence."""
    return f"{output}: Grafana {' or '.join(MINIMUM[output])} or later is needed to show all of it"


def lacking(version: str, *outputs: str) -> list[str]:
    """A sentence for each of `outputs` that Grafana `version` is too old for.

    The list is empty if `version` is unknown, since a Grafana may be configured to hide it.
    """
    found = _numbers(version)
    old = [each for each in outputs if len(found) == 3 and found < _least(each, found[0])]
    return [f"{needed(each)}, and this is {version}" for each in old]


def _least(output: str, line: int) -> list[int]:
    least = [_numbers(each) for each in MINIMUM[output]]
    return next((each for each in least if each[0] == line), least[-1])


def _numbers(version: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", version)[:3]]
