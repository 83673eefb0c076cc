"""The dashboard's variables, and the selectors that use them."""

from config import Config
from contract.metrics import USAGE_EVENTS, USAGE_LABELS, TargetLabel
from dashboards.model import Variable

CLUSTER = "cluster"
"""A label that many users add to all series of a Prometheus, so it is always a variable."""

_ANY = ".*"
_PRESENT = ".+"


def selector(config: Config, series: str, *matchers: str) -> str:
    """Recorded series, for the chosen systems, components, providers and models."""
    return _selector(series, (*_systems(config), *USAGE_LABELS), matchers)


def scraped(config: Config, family: str, *matchers: str) -> str:
    """Scraped series, also for the chosen replicas, over which records are summed."""
    return _selector(family, (*_systems(config), *TargetLabel, *USAGE_LABELS), matchers)


def of_systems(config: Config, series: str, *matchers: str) -> str:
    """Series for the chosen systems, of every component, provider and model."""
    return _selector(series, _systems(config), matchers)


def _selector(series: str, variables: tuple[str, ...], matchers: tuple[str, ...]) -> str:
    chosen = (f'{name}=~"${name}"' for name in variables)
    return f"{series}{{{', '.join((*matchers, *chosen))}}}"


def _systems(config: Config) -> tuple[str, ...]:
    """The labels that tell systems apart."""
    return tuple(dict.fromkeys((CLUSTER, *config.labels)))


def variables(config: Config) -> tuple[Variable, ...]:
    """All variables except the data source; each offers values that match the ones before it."""
    systems, attempts = _systems(config), config.increased(USAGE_EVENTS.name)
    found: list[Variable] = []
    for index, name in enumerate(systems):
        text = "Where series have such a label."
        found.append(_variable(name, attempts, text, _ANY, systems[:index]))
    replica = "Filters the panels that read scraped series: events by outcome."
    every = {TargetLabel.JOB: config.jobs_pattern or _PRESENT}
    for label in TargetLabel:
        before: tuple[str, ...] = tuple(variable.name for variable in found)
        found.append(
            _variable(label, USAGE_EVENTS.name, replica, every.get(label, _PRESENT), before)
        )
    for index, name in enumerate(USAGE_LABELS):
        text = f"Filters all panels but the first three by {name}."
        before = (*systems, *USAGE_LABELS[:index])
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
