"""JSON of Grafana's without what says nothing, so that what it fills in is no difference."""

from typing import Any

_ON = {"editable", "enable", "showLegend", "mergeValues", "showHeader"}
"""Keys that are true where they are missing: there false is a choice."""
_ZERO = {"fiscalYearStartMonth", "graphTooltip", "hide", "sort", "x", "y"}
"""Keys that are 0 where they are missing. Elsewhere 0 is a value: a minimum, say."""
_OWN = {"pluginVersion"}
"""Keys that Grafana sets by its own version."""


def bare(value: Any) -> Any:
    """`value` without its keys that hold what they hold where they are missing, at any depth.

    A list keeps its length: what stands where in it may matter.
    """
    if isinstance(value, dict):
        kept = {key: bare(each) for key, each in value.items() if key not in _OWN}
        return {key: each for key, each in kept.items() if not _is_default(key, each)}
    if isinstance(value, list):
        return [bare(each) for each in value]
    return value


def _is_default(key: str, value: Any) -> bool:
    if isinstance(value, bool):
        return value is (key in _ON)
    if key in _ZERO and value == 0:
        return True
    return value is None or value in ("", [], {})
