"""The dashboard's variables, and the selectors that they fill."""

from enum import StrEnum

from contract.metrics import PAIR_LABELS, USAGE_EVENTS, TargetLabel
from contract.names import Record
from dashboards.model import Variable

CLUSTER = "cluster"
"""A label that many add to all series of one Prometheus."""

_ANY = ".*"
_PRESENT = ".+"


def selector(series: StrEnum | str, *matchers: str) -> str:
    """Series of what is recorded, for the chosen cluster, component, provider and model."""
    return _selector(series, (CLUSTER, *PAIR_LABELS), matchers)


def scraped(family: str, *matchers: str) -> str:
    """Scraped series, for the chosen replicas as well: records are sums over replicas."""
    return _selector(family, (CLUSTER, *TargetLabel, *PAIR_LABELS), matchers)


def whole(series: StrEnum | str, *matchers: str) -> str:
    """Series for the chosen cluster alone: what has no provider, such as the zero-traffic alert."""
    return _selector(series, (CLUSTER,), matchers)


def _selector(series: StrEnum | str, variables: tuple[str, ...], matchers: tuple[str, ...]) -> str:
    chosen = (f'{name}=~"${name}"' for name in variables)
    return f"{series}{{{', '.join((*matchers, *chosen))}}}"


def variables() -> tuple[Variable, ...]:
    """All variables but the data source, each with values that fit the ones before it."""
    replica = "Filters the panels that read scraped series: events by outcome."
    found: list[Variable] = [
        _variable(CLUSTER, Record.EVENTS_1M, "Where series have such a label.", _ANY, ()),
    ]
    for label in TargetLabel:
        before: tuple[str, ...] = tuple(variable.name for variable in found)
        found.append(_variable(label, USAGE_EVENTS.name, replica, _PRESENT, before))
    for index, name in enumerate(PAIR_LABELS):
        text = f"Filters all panels but the alerts and the silence by {name}."
        before = (CLUSTER, *PAIR_LABELS[:index])
        found.append(_variable(name, USAGE_EVENTS.name, text, _ANY, before))
    return tuple(found)


def _variable(
    name: str, series: str, description: str, all_value: str, filters: tuple[str, ...]
) -> Variable:
    return Variable(
        name=name,
        label=name.capitalize(),
        description=description,
        query=f"label_values({_selector(series, filters, ())}, {name})",
        all_value=all_value,
    )
