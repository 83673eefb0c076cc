"""What docs/rulers.md says about two clusters in one tenant with the same target addresses.

Each case runs on the built rules, and on those of a `monitoring.yaml` with `labels: [cluster]`.
"""

import pytest

from config import Config, IngestionFailures, ZeroTraffic
from delivery.targets import rule_file
from rules_tests.case import HOUR, MINUTE, Case, Scrape, Series, Value, up
from rules_tests.promtool_files import run
from tools.promtool import Promtool

LABEL_SET = {"component": "workflow", "provider": "openai", "model": "gpt-4o-mini"}
EVENTS, FAILURES = "compozy_llm_usage_events_total", "compozy_llm_usage_failures_total"
TOKENS = "compozy_llm_prompt_tokens_total"
JOINS = 100 * MINUTE

BY_CLUSTER = Config(labels=("cluster",))
APART = pytest.mark.parametrize("config", [Config(), BY_CLUSTER], ids=["summed", "by cluster"])


def _cluster(
    name: str, counters: dict[str, Value], since: int = 0, address: str = "compozy-0:5001"
) -> list[Series]:
    """The target of a cluster, which is scraped from second `since` on, and its counters."""
    target = {"job": "compozy", "instance": address, "cluster": name}
    found = [up(target, since)]
    for counter, value in counters.items():
        outcome = {"outcome": "success"} if counter == EVENTS else {}
        found.append(Series(counter, {**target, **LABEL_SET, **outcome}, value))
    return found


def _growing(a_minute: int, since: int = 0, lifetime: int = 0) -> Value:
    """A counter that appears at second `since` and has counted `lifetime` before second 0."""
    return lambda at: lifetime + a_minute * (1 + at // MINUTE) if at >= since else None


def _joining(address: str = "compozy-0:5001") -> Case:
    """A cluster joins another, with lifetimes of all that it has counted before."""
    new: dict[str, Value] = {
        EVENTS: _growing(10, JOINS, lifetime=50_000),
        FAILURES: _growing(0, JOINS, lifetime=5_000),
        TOKENS: _growing(10_000, JOINS, lifetime=50_000_000),
    }
    old: dict[str, Value] = {EVENTS: _growing(10), TOKENS: _growing(10_000)}
    return _case(_cluster("east", old), _cluster("west", new, JOINS, address))


def _case(one: list[Series], other: list[Series]) -> Case:
    return Case("two clusters", Scrape(MINUTE), [*one, *other])


def _check(case: Case, config: Config) -> None:
    run(case.test(__file__, rule_file(config)), Promtool.found())


@APART
def test_a_cluster_that_loses_usage_is_hidden_by_one_that_does_not(config: Config) -> None:
    """If 16 in 1000 fail in one of two clusters of equal traffic, 8 in 1000 fail over both."""
    losing = {EVENTS: _growing(1000), FAILURES: _growing(16)}
    case = _case(_cluster("east", losing), _cluster("west", {EVENTS: _growing(1000)}))
    found = [{"cluster": "east", **LABEL_SET}] if config.labels else []
    case.firing(40 * MINUTE, IngestionFailures.name, *found)
    _check(case, config)


@APART
def test_a_silent_cluster_is_hidden_by_one_with_traffic(config: Config) -> None:
    ends, traffic = 30 * MINUTE, _growing(10)
    silent = _cluster("east", {EVENTS: lambda at: traffic(min(at, ends))})
    case = _case(silent, _cluster("west", {EVENTS: traffic}))
    found = [{"cluster": "east", "component": "workflow"}] if config.labels else []
    case.firing(ends + 34 * MINUTE, ZeroTraffic.name, *found)
    _check(case, config)


@APART
def test_a_cluster_that_joins_with_addresses_of_another_brings_its_lifetimes_as_growth(
    config: Config,
) -> None:
    """A false alert, unless clusters are told apart; then the targets are as new as the series."""
    case = _joining()
    case.quiet(0, JOINS - MINUTE)
    if config.labels:
        case.quiet(0, JOINS + HOUR)
    else:
        case.firing(JOINS + 3 * MINUTE, IngestionFailures.name, LABEL_SET)
    _check(case, config)


def test_clusters_whose_addresses_differ_may_join_at_any_time() -> None:
    """Without `labels` the sums are over both clusters, but no lifetime counts as growth."""
    case = _joining("west-0:5001")
    case.quiet(0, JOINS + HOUR)
    _check(case, Config())
