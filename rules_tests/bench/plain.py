"""The same three alerts as people write them first: over raw counters, nothing recorded."""

from contract.metrics import (
    COMPLETION_TOKENS,
    PAIR_LABELS,
    PROMPT_TOKENS,
    USAGE_EVENTS,
    USAGE_FAILURES,
)
from contract.names import AlertName

_WORKFLOW = f'{USAGE_EVENTS.name}{{component="workflow"}}'


def _increase(family: str, window: str) -> str:
    return f"sum by ({', '.join(PAIR_LABELS)}) (increase({family}[{window}]))"


def _tokens(window: str) -> str:
    return " + ".join(
        _increase(family.name, window) for family in (PROMPT_TOKENS, COMPLETION_TOKENS)
    )


PLAIN = {
    AlertName.FAILURES: (
        f"{_increase(USAGE_FAILURES.name, '15m')} / {_increase(USAGE_EVENTS.name, '15m')} > 0.01"
    ),
    AlertName.TOKEN_SPIKE: f"({_tokens('15m')}) > 3 * ({_tokens('24h')}) / 96",
    AlertName.ZERO_TRAFFIC: (f"sum(increase({_WORKFLOW}[30m])) == 0 and sum({_WORKFLOW}) > 0"),
}
"""Expression of each alert."""
