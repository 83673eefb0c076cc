"""A day of raw series in OpenMetrics text, for any number of replicas."""

from itertools import product
from typing import TextIO

from contract.metrics import (
    COMPLETION_TOKENS,
    PROMPT_TOKENS,
    USAGE_EVENTS,
    USAGE_FAILURES,
    Component,
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
    seconds = range(end - HOURS * 3600, end + 1, SCRAPE)
    instances = [f'job="compozy",instance="{replica}"' for replica in range(replicas)]
    for family in (PROMPT_TOKENS, COMPLETION_TOKENS, USAGE_EVENTS, USAGE_FAILURES):
        file.write(f"# TYPE {family.name.removesuffix('_total')} counter\n")
        outcomes = [f',outcome="{each}"' for each in Outcome] if family is USAGE_EVENTS else [""]
        for component, (provider, model), instance, outcome in product(
            Component, MODELS, instances, outcomes
        ):
            labels = f'component="{component}",provider="{provider}",model="{model}"{outcome}'
            series = f"{family.name}{{{instance},{labels}}}"
            file.writelines(f"{series} {n} {second}\n" for n, second in enumerate(seconds, 1))
    file.write("# TYPE up gauge\n")
    for instance in instances:
        file.writelines(f"up{{{instance}}} 1 {second}\n" for second in seconds)
    file.write("# EOF\n")
