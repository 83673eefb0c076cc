"""What the records are called under a configuration: a name tells labels and windows truly.

Builders write the names of `contract.names`, which are those of the contract's values.
"""

import re
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import timedelta
from typing import Any

from config import Config
from contract.durations import promql_duration
from contract.names import PanelRecord, Record


def named(value: Any, config: Config) -> Any:
    """`value` with the records' names under `config` in all texts of which it is made.

    It may be a text, a list, tuple or mapping, or a dataclass.
    """
    names = _names(config)
    if all(old == new for old, new in names.items()):
        return value
    # The longest first: one name is the beginning of another.
    found = re.compile("|".join(map(re.escape, sorted(names, key=len, reverse=True))))
    return _replaced(value, found, names)


def _replaced(value: Any, found: re.Pattern[str], names: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return found.sub(lambda match: names[match[0]], value)
    if isinstance(value, dict):
        return {key: _replaced(item, found, names) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_replaced(item, found, names) for item in value)
    if is_dataclass(value) and not isinstance(value, type):
        parts = {part.name: getattr(value, part.name) for part in fields(value)}
        return replace(value, **_replaced(parts, found, names))
    return value


def _names(config: Config) -> dict[str, str]:
    """The name of each record, by its name under the contract's values."""
    spike, dashboard = config.token_spike, config.dashboard
    step = config.evaluation_interval
    tokens, day, coverage = spike.window, spike.baseline, dashboard.coverage_window
    spans: dict[Record | PanelRecord, tuple[timedelta, ...]] = {
        **dict.fromkeys(_OF_A_STEP, (step,)),
        Record.TOKENS_15M: (tokens,),
        Record.TOKENS_BASELINE: (tokens, day),
        PanelRecord.FAILURES_15M: (coverage,),
        PanelRecord.EVENTS_15M: (coverage,),
        PanelRecord.PROMPT_TOKENS_15M: (tokens,),
        PanelRecord.COMPLETION_TOKENS_15M: (tokens,),
        PanelRecord.LATENCY_5M: (dashboard.rate_window,),
    }
    system = "".join(f"{label}_" for label in config.labels)
    return {str(record): system + _spanned(record, *spans[record]) for record in spans}


_OF_A_STEP = (
    Record.FAILURES_1M,
    Record.EVENTS_1M,
    Record.PROMPT_TOKENS_1M,
    Record.COMPLETION_TOKENS_1M,
    Record.TOKENS_1M,
    Record.ACTIVITY_1M,
    PanelRecord.LATENCY_1M,
)
_SPAN = re.compile(r"(?<=[a-z])\d+[mh]")


def _spanned(record: str, *spans: timedelta) -> str:
    """`record` with other spans in its operation, the last part of its name."""
    level, metric, operation = record.split(":")
    following = iter(spans)
    operation = _SPAN.sub(lambda _: promql_duration(next(following)), operation)
    return f"{level}:{metric}:{operation}"
