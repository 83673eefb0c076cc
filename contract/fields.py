"""Types of values in configuration files, which pydantic validates."""

import re
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, Field

from contract.durations import Duration, hours, minutes


class Severity(StrEnum):
    """The contract's values of the alerts' label `severity`: a critical alert pages a person."""

    CRITICAL = "critical"
    WARNING = "warning"


def like(pattern: str, kind: str) -> AfterValidator:
    """A check that a text matches `pattern`; `kind` describes such texts in the error."""

    def check(text: str) -> str:
        if not re.fullmatch(pattern, text, re.ASCII):
            raise ValueError(f"must be {kind}, not {text!r}")
        return text

    return AfterValidator(check)


SeverityName = Annotated[
    str,
    like(r"[a-z][a-z0-9_-]*", "a word in small letters"),
    Field(description="of the alert's label"),
]
LabelName = Annotated[str, like(r"[a-zA-Z_][a-zA-Z0-9_]*", "the name of a label")]
JobName = Annotated[str, like(r"[a-zA-Z0-9_:./-]+", "the name of a job, not a pattern")]
Address = Annotated[
    # Braces, $ and ? would be read as templates, Grafana variables or a query string.
    str,
    like(r"https?://[^\s/{}$?#]+(/[^\s{}$?#]*)?", "an address with http(s)://, without ?, # or $"),
]
Uid = Annotated[str, like(r"[a-zA-Z0-9_-]{1,40}", "letters, digits, - and _, 40 at most")]
For = Annotated[Duration, Field(ge=minutes(0), validation_alias="for", serialization_alias="for")]
Window = Annotated[Duration, Field(gt=minutes(0), le=hours(24 * 31))]
"""A month at most: a Prometheus keeps no more, and a panel shows no more."""
