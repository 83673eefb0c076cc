"""What docs/rulers.md says about two clusters in one tenant with the same target addresses.

Each case runs on the built rules, and on those of a `monitoring.yaml` with `labels: [cluster]`.
"""

import pytest

from config import Config, IngestionFailures, ZeroTraffic
from delivery.targets import rule_file
from rules_tests.case import HOUR, MINUTE, Case, Scrape, Series, Value
from rules_tests.promtool_files import run
from tools.promtool import Promtool

EAST, WEST = {"cluster": "east"}, {"cluster": "west"}
TASK = {"component": "task", "provider": "openai", "model": "gpt-4o-mini"}
WORKFLOW = {**TASK, "component": "workflow"}
TARGET = {"job": "compozy", "instance": "compozy-0:5001"}
EVENTS, FAILURES = "compozy_llm_usage_events_total", "compozy_llm_usage_failures_total"
TOKENS = "compozy_llm_prompt_tokens_total"

BY_CLUSTER = Config(labels=("cluster",))
APART = pytest.mark.parametrize("config", [Config(), BY_CLUSTER], ids=["summed", "by cluster"])


def _up(cluster: dict[str, str], since: int = 0) -> Series:
    return Series("up", {**TARGET, **cluster}, lambda at: 1 if at >= since else None)


def _counter(name: str, cluster: dict[str, str], label_set: dict[str, str], value: Value) -> Series:
    outcome = {"outcome": "success"} if name == EVENTS else {}
    return Series(name, {**TARGET, **cluster, **label_set, **outcome}, value)


def _growing(a_minute: int, since: int = 0, lifetime: int = 0) -> Value:
    """A counter that appears at second `since` and has counted `lifetime` before second 0."""
    return lambda at: lifetime + a_minute * (1 + at // MINUTE) if at >= since else None


def _case(*series: Series) -> Case:
    return Case("two clusters", Scrape(MINUTE), list(series))


def _joining(other: dict[str, str], joins: int) -> list[Series]:
    """A cluster that `other` joins, with lifetimes of events and failures."""
    return [
        _up(EAST),
        _counter(EVENTS, EAST, TASK, _growing(10)),
        _up(other, since=joins),
        _counter(EVENTS, other, TASK, _growing(10, joins, lifetime=50_000)),
        _counter(FAILURES, other, TASK, _growing(0, joins, lifetime=5_000)),
    ]


@APART
def test_a_cluster_that_loses_usage_is_hidden_by_one_that_does_not(config: Config) -> None:
    """If 16 in 1000 fail in one of two clusters of equal traffic, 8 in 1000 fail over both."""
    case = _case(
        _up(EAST),
        _up(WEST),
        _counter(EVENTS, EAST, TASK, _growing(1000)),
        _counter(EVENTS, WEST, TASK, _growing(1000)),
        _counter(FAILURES, EAST, TASK, _growing(16)),
    )
    found = [{**EAST, **TASK}] if config.labels else []
    case.firing(40 * MINUTE, IngestionFailures.name, *found)
    run(case.test(__file__, rule_file(config)), Promtool.found())


@APART
def test_a_silent_cluster_is_hidden_by_one_with_traffic(config: Config) -> None:
    ends = 30 * MINUTE

    def until_then(at: int) -> float:
        return 10 * (1 + min(at, ends) // MINUTE)

    case = _case(
        _up(EAST),
        _up(WEST),
        _counter(EVENTS, EAST, WORKFLOW, until_then),
        _counter(EVENTS, WEST, WORKFLOW, _growing(10)),
    )
    found = [{**EAST, "component": "workflow"}] if config.labels else []
    case.firing(ends + 34 * MINUTE, ZeroTraffic.name, *found)
    run(case.test(__file__, rule_file(config)), Promtool.found())


@APART
def test_a_cluster_that_joins_with_addresses_of_another_brings_its_lifetimes_as_growth(
    config: Config,
) -> None:
    """A false alert, unless clusters are told apart; then the targets are as new as the series."""
    joins = 100 * MINUTE
    case = _case(
        *_joining(WEST, joins),
        _counter(TOKENS, EAST, TASK, _growing(10_000)),
        _counter(TOKENS, WEST, TASK, _growing(10_000, joins, lifetime=50_000_000)),
    )
    case.quiet(0, joins - MINUTE)
    if config.labels:
        case.quiet(0, joins + HOUR)
    else:
        case.firing(joins + 3 * MINUTE, IngestionFailures.name, TASK)
    run(case.test(__file__, rule_file(config)), Promtool.found())


def test_clusters_whose_addresses_differ_may_join_at_any_time() -> None:
    """Without `labels` the sums are over both clusters, but no lifetime counts as growth."""
    joins = 100 * MINUTE
    case = _case(*_joining({**WEST, "instance": "west-0:5001"}, joins))
    case.quiet(0, joins + HOUR)
    run(case.test(__file__, rule_file(Config())), Promtool.found())
