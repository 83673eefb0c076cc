"""The `monitoring` section of `compozy.yaml`, and the environment that overrides it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict

from contract.fields import like
from contract.file import parsed
from contract.validation import validated
from exporter_stub.web import HEALTH, READINESS

# The variable that overrides each key of the section.
ENVIRONMENT = {"enabled": "MONITORING_ENABLED", "path": "MONITORING_PATH"}


# Compozy's own rules, and our own paths.
_PATH = like(
    rf"(?!/api(/|$)|({HEALTH}|{READINESS})$)(/|(/(?!\.{{1,2}}(/|$))[\w.~-]+)+/?)",
    "a path such as /metrics of letters, digits and ._~-, and none of Compozy's API below /api/, "
    f"{HEALTH} and {READINESS}",
)


class Monitoring(BaseModel):
    """Whether metrics are served, and under which path."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    # A YAML boolean or one of the words that pydantic takes for one: true, on, yes, 1 and so on.
    enabled: bool = False
    path: Annotated[str, _PATH] = "/metrics"


class _File(BaseModel):
    """The part of a compozy.yaml that the exporter reads."""

    monitoring: Monitoring | None = None  # an empty section is none


def load(file: Path | None, environment: Mapping[str, str]) -> Monitoring:
    """The configuration of `file` (none: defaults) under `environment`.

    Raises ConfigError for a file that cannot be read or is no YAML, an unknown key, a bad value.
    """
    content = parsed(file) if file else {}
    monitoring = validated(_File.model_validate, content, str(file)).monitoring or Monitoring()
    for key, variable in ENVIRONMENT.items():
        if text := environment.get(variable, "").strip():
            changed = {**monitoring.model_dump(), key: text}
            monitoring = validated(Monitoring.model_validate, changed, variable)
    return monitoring
