"""Types of values in configuration files, which pydantic validates."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, Field

from contract.durations import Duration, hours, minutes, promql_duration
from contract.metrics import BUCKET, Label, TargetLabel

_TAKEN = {
    *Label,
    *TargetLabel,
    BUCKET,
    *("alertname", "alertstate", "severity", "service"),  # of alerts
    *("alertgroup", "grafana_folder", "datasource"),  # set by vmalert, Grafana and the dashboard
    *("inf", "nan"),  # numbers in PromQL
}
LEAST_WINDOW = minutes(5)
"""A shorter window has too few scrapes at the slowest supported interval, a minute."""
_WHY = "the rules count minute by minute, and scrapes may be a minute apart"


def like(pattern: str, kind: str) -> AfterValidator:
    """A check that a text matches `pattern`; `kind` describes such texts in the error."""

    def check(text: str) -> str:
        if not re.fullmatch(pattern, text, re.ASCII):
            raise ValueError(f"must be {kind}, not {text!r}")
        return text

    return AfterValidator(check)


def at_least(limit: float, why: str) -> AfterValidator:
    """A check that a number is not below `limit`; `why` is the reason in the error."""

    def check(number: float) -> float:
        if number < limit:
            raise ValueError(f"must be {limit:g} or more, not {number:g}: {why}")
        return number

    return AfterValidator(check)


def _not_taken(label: str) -> str:
    if label.lower() in _TAKEN or label.startswith("__"):
        raise ValueError(f"{label!r} has a meaning of its own in the rules: name another label")
    return label


SeverityName = Annotated[
    str,
    like(r"[a-z][a-z0-9_-]*", "a word in small letters"),
    Field(description="of the alert's label"),
]
LabelName = Annotated[
    str,
    like(r"[a-zA-Z_][a-zA-Z0-9_]*", "the name of a label, in letters, digits and _"),
    AfterValidator(_not_taken),
]
JobName = Annotated[
    str, like(r"[a-zA-Z0-9_:./-]+", "the name of a job, in letters, digits and any of _:./-")
]
Address = Annotated[
    # Braces, $ and ? would be read as templates, Grafana variables or a query string.
    str,
    like(r"https?://[^\s/{}$?#]+(/[^\s{}$?#]*)?", "an address with http(s)://, without ?, # or $"),
]
Uid = Annotated[str, like(r"[a-zA-Z0-9_-]{1,40}", "at most 40 letters, digits, - and _")]
For = Annotated[Duration, Field(ge=minutes(0), validation_alias="for", serialization_alias="for")]
Window = Annotated[Duration, Field(gt=minutes(0), le=hours(24 * 31))]
"""A month at most: a Prometheus keeps no more, and a panel shows no more."""


def too_short(
    key: str, span: timedelta, least: timedelta = LEAST_WINDOW, why: str = _WHY
) -> Iterator[str]:
    """The problem of a span that is shorter than `least`, or no whole number of minutes."""
    if span < least or span % minutes(1):
        yield (
            f"{key}: must be whole minutes, {promql_duration(least)} or more, not "
            f"{promql_duration(span)}: {why}"
        )
