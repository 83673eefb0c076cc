"""A day of raw series in OpenMetrics text, for any number of replicas."""

from collections.abc import Iterator
from itertools import product
from typing import TextIO

from contract.metrics import (
    COMPLETION_TOKENS,
    PROMPT_TOKENS,
    USAGE_EVENTS,
    USAGE_FAILURES,
    Component,
    Family,
    Outcome,
)

HOURS = 25
SCRAPE = 15
"""Hours of history, and seconds between its samples."""

MODELS = tuple(
    (provider, f"model-{number}") for provider in ("openai", "azure") for number in "123"
)
"""Six provider and model label sets."""


def write(file: TextIO, replicas: int, end: int) -> None:
    """Write the history that ends at `end` (Unix seconds): per component, label set and replica.

    Every counter grows with every scrape, so that no sample can be saved by being constant.
    """
    for family in (PROMPT_TOKENS, COMPLETION_TOKENS, USAGE_EVENTS, USAGE_FAILURES):
        file.write(f"# TYPE {family.name.removesuffix('_total')} counter\n")
        for labels in _label_sets(family, replicas):
            _write_series(file, f"{family.name}{{{labels}}}", end)
    file.write("# TYPE up gauge\n")
    for replica in range(replicas):
        _write_series(file, f'up{{job="compozy",instance="{replica}"}}', end, slope=0)
    file.write("# EOF\n")


def _label_sets(family: Family, replicas: int) -> Iterator[str]:
    outcomes = [f',outcome="{outcome}"' for outcome in Outcome] if family is USAGE_EVENTS else [""]
    for component, (provider, model), replica, outcome in product(
        Component, MODELS, range(replicas), outcomes
    ):
        yield (
            f'job="compozy",instance="{replica}",component="{component}",'
            f'provider="{provider}",model="{model}"{outcome}'
        )


def _write_series(file: TextIO, series: str, end: int, slope: int = 1) -> None:
    seconds = range(end - HOURS * 3600, end + 1, SCRAPE)
    file.writelines(
        f"{series} {1 + slope * index} {second}\n" for index, second in enumerate(seconds)
    )
