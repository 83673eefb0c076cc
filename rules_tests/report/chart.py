"""An example as a chart that GitHub draws: Mermaid, in a fenced block of Markdown."""

from rules_tests.case import MINUTE
from rules_tests.report.examples import Example

_COLORS = '%%{init: {"themeVariables": {"xyChart": {"plotColorPalette": "#1c64a5, #d6336c"}}}}%%'
"""Colours of the value and of the threshold, for light and dark pages."""


def chart(example: Example) -> str:
    """The value by minutes since the incident began, its threshold, and the alert's states.

    Raises ValueError where the value is missing at a minute: a chart has no gaps.
    """
    drawn = example.curves["drawn"]
    first, last = min(drawn), max(drawn)
    if len(drawn) != (last - first) // MINUTE + 1:
        raise ValueError(f"{example.name}: the value is missing at some minutes")
    begin, end = _minute(example, first), _minute(example, last)
    limit = example.threshold
    lines = [list(drawn.values()), *([] if limit is None else [[limit] * len(drawn)])]
    highest = max(max(line) for line in lines)
    return "\n".join(
        [
            "```mermaid",
            _COLORS,
            "xychart-beta",
            f'  title "{example.name}"',
            f'  x-axis "minutes since it began" {begin} --> {end}',
            f'  y-axis "{example.unit}" 0 --> {highest:.3g}',
            *(f"  line [{', '.join(f'{value:.3g}' for value in line)}]" for line in lines),
            "```",
            f"{_states(example)}\n",
        ]
    )


def _states(example: Example) -> str:
    spans = [
        f"{state} {_span(_minute(example, min(seconds)), _minute(example, max(seconds)))}"
        for state in ("pending", "firing")
        if (seconds := example.curves[state])
    ]
    flat = "" if example.threshold is None else " The red line is the threshold."
    return f"The alert was {' and '.join(spans)}.{flat}"


def _span(first: int, last: int) -> str:
    return f"at minute {first}" if first == last else f"from minute {first} to {last}"


def _minute(example: Example, at: int) -> int:
    return (at - example.begin) // MINUTE
