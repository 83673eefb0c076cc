"""The `monitoring` section of `compozy.yaml`, and the environment that wins over it."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from contract.file import ConfigError, read_yaml

SECTION = "monitoring"
ENVIRONMENT = {"enabled": "MONITORING_ENABLED", "path": "MONITORING_PATH"}
"""The variable that overrides each key of the section."""


def _checked_path(path: str) -> str:
    """Compozy's own rules for the address of its metrics."""
    if not path.startswith("/"):
        raise ValueError(f"must start with '/', not {path!r}")
    if path == "/api" or path.startswith("/api/"):
        raise ValueError("must not be under /api/, where Compozy's API is")
    if not re.fullmatch(r"[\w./~-]+", path, re.ASCII):
        raise ValueError(
            f"must be a path of letters, digits and ._~-/ without a query, not {path!r}"
        )
    return path


class Monitoring(BaseModel):
    """Whether metrics are served, and under which path."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    # A YAML boolean or one of the words that pydantic takes for one: true, on, yes, 1 and so on.
    enabled: bool = False
    path: Annotated[str, Field(strict=True), AfterValidator(_checked_path)] = "/metrics"


def load(file: Path | None, environment: Mapping[str, str]) -> Monitoring:
    """The configuration of `file` (none: defaults) under `environment`.

    Raises ConfigError for a file that cannot be read or is no YAML, an unknown key, a bad value.
    """
    values = {} if file is None else _section(file)
    sources = dict.fromkeys(values, f"{file}: {SECTION}.")
    for key, variable in ENVIRONMENT.items():
        if text := environment.get(variable, "").strip():
            values[key] = text
            sources[key] = f"{variable}, for {SECTION}."
    try:
        return Monitoring.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        key = str(first["loc"][0])
        raise ConfigError(f"{sources[key]}{key}: {_explained(first)}") from None


def _section(file: Path) -> dict[str, Any]:
    document = read_yaml(file)
    if document is None:
        return {}
    if not isinstance(document, dict):
        raise ConfigError(f"{file}: must be a mapping with a section {SECTION!r}")
    section = document.get(SECTION)
    if section is None:
        return {}
    if not isinstance(section, dict):
        raise ConfigError(f"{file}: {SECTION}: must be a mapping with {_known()}")
    return {str(key): value for key, value in section.items()}


def _explained(error: Any) -> str:
    match error["type"]:
        case "extra_forbidden":
            return f"unknown key; known are {_known()}"
        case "value_error":
            return str(error["ctx"]["error"])
        case kind if kind.startswith("bool"):
            return f"must be true or false, not {error['input']!r}"
        case _:
            return f"must be a text such as /metrics, not {error['input']!r}"


def _known() -> str:
    return " and ".join(ENVIRONMENT)
