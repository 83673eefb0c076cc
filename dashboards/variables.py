"""The dashboard's variables, and what queries have in common: selectors that use them, and labels.

Queries read records where these exist: the growth per minute by component, provider and model. A
window of whole minutes has one record of each minute, whenever it ends.
"""

from config import Config
from contract.document import Json
from contract.metrics import USAGE_EVENTS, USAGE_LABELS, TargetLabel
from dashboards.grafana import DATASOURCE

CLUSTER = "cluster"
"""A label that many users add to all series of a Prometheus, so it is always a variable."""

BY_GRAFANA = {"evaluated_by": "grafana"}
"""The label that Grafana-managed rules add to one record. By it a panel knows that Prometheus does
not evaluate the alerts; the missing series ALERTS could also mean that no alert is active."""

_PRESENT = ".+"
_COMMON = {"hide": 0, "options": [], "regex": "", "skipUrlSync": False, "sort": 1}  # by name


def flushes_record(config: Config) -> str:
    """Name of the record of the flushes in the coverage's window."""
    return config.increased(USAGE_EVENTS.name, config.dashboard.coverage_window)


def series_legend(config: Config) -> str:
    """The name of a line, such as `workflow openai/gpt-4o`, after the system's labels if any."""
    systems = "".join(f"{{{{{label}}}}} " for label in config.labels)
    return systems + "{{component}} {{provider}}/{{model}}"


def selector(config: Config, series: str) -> str:
    """Recorded series, for the chosen systems, components, providers and models."""
    return _selector(series, (*_systems(config), *USAGE_LABELS))


def scraped(config: Config, family: str, *matchers: str) -> str:
    """Scraped series, also for the chosen replicas, over which records are summed."""
    return _selector(family, (*_systems(config), *TargetLabel, *USAGE_LABELS), matchers)


def of_systems(config: Config, series: str, *matchers: str) -> str:
    """Series for the chosen systems, of every component, provider and model."""
    return _selector(series, _systems(config), matchers)


def _selector(series: str, variables: tuple[str, ...], matchers: tuple[str, ...] = ()) -> str:
    chosen = (f'{name}=~"${name}"' for name in variables)
    return f"{series}{{{', '.join((*matchers, *chosen))}}}"


def _systems(config: Config) -> tuple[str, ...]:
    """The labels that tell systems apart."""
    return tuple(dict.fromkeys((CLUSTER, *config.labels)))


def variables(config: Config) -> list[Json]:
    """All variables; each offers values that match the ones before it."""
    systems, attempts = _systems(config), config.increased(USAGE_EVENTS.name)
    targets = (*systems, *TargetLabel)
    usage = (*systems, *USAGE_LABELS)
    here = "Where series have such a label."
    replica = "Filters the panels that read scraped series: events by outcome."
    jobs = config.jobs_pattern or _PRESENT
    source = {
        **_COMMON,
        "name": "datasource",
        "label": "Data source",
        "type": "datasource",
        "query": "prometheus",
        "current": {},
        "includeAll": False,
        "multi": False,
        "refresh": 1,
    }
    return [
        source,
        *(_variable(name, attempts, systems, here) for name in systems),
        _variable(TargetLabel.JOB, USAGE_EVENTS.name, targets, replica, jobs),
        _variable(TargetLabel.INSTANCE, USAGE_EVENTS.name, targets, replica, _PRESENT),
        *(
            _variable(
                name, USAGE_EVENTS.name, usage, f"Filters all panels but the first three by {name}."
            )
            for name in USAGE_LABELS
        ),
    ]


def _variable(
    name: str, series: str, chain: tuple[str, ...], description: str, every: str = ".*"
) -> Json:
    """The variable `name` of a `chain` of them, filtered by those before it.

    `every` is the pattern that All stands for.
    """
    found = _selector(series, chain[: chain.index(name)])
    query = f"label_values({found}, {name})"
    return {
        **_COMMON,
        "name": name,
        "label": name.capitalize(),
        "type": "query",
        "description": description,
        "datasource": DATASOURCE,
        "query": {"query": query, "refId": "StandardVariableQuery"},
        "definition": query,
        "allValue": every,
        "current": {"selected": True, "text": ["All"], "value": ["$__all"]},
        "includeAll": True,
        "multi": True,
        "refresh": 2,  # when the time range changes
    }
