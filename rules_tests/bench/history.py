"""A day of raw series in OpenMetrics text, for any number of replicas."""

from collections.abc import Iterator
from itertools import product

from contract.metrics import (
    COMPLETION_TOKENS,
    PROMPT_TOKENS,
    USAGE_EVENTS,
    USAGE_FAILURES,
    Component,
    Outcome,
)


def lines(replicas: int, seconds: range) -> Iterator[str]:
    """The history with samples at `seconds` (Unix): per component, of six models and replica.

    Every counter grows with every scrape, so that no sample can be saved by being constant.
    """
    instances = [f'job="compozy",instance="{replica}"' for replica in range(replicas)]
    for family in (PROMPT_TOKENS, COMPLETION_TOKENS, USAGE_EVENTS, USAGE_FAILURES):
        yield f"# TYPE {family.name.removesuffix('_total')} counter\n"
        outcomes = [f',outcome="{each}"' for each in Outcome] if family is USAGE_EVENTS else [""]
        for component, provider, model, instance, outcome in product(
            Component, ("openai", "azure"), (1, 2, 3), instances, outcomes
        ):
            labels = f'component="{component}",provider="{provider}",model="model-{model}"{outcome}'
            series = f"{family.name}{{{instance},{labels}}}"
            yield from (f"{series} {n} {second}\n" for n, second in enumerate(seconds, 1))
    yield "# TYPE up gauge\n"
    for instance in instances:
        yield from (f"up{{{instance}}} 1 {second}\n" for second in seconds)
    yield "# EOF\n"
