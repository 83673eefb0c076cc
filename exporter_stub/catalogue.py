"""The catalogue of providers and models: what traffic consists of, read from a YAML file."""

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from contract.file import ConfigError, explained, read_yaml

DEFAULT = Path(__file__).with_name("catalogue.yaml")

LogNormal = Annotated[
    tuple[Annotated[float, Field(ge=0, le=20)], Annotated[float, Field(ge=0, le=5)]], Field()
]
"""Mean and deviation of the natural logarithm of a token count."""


class Model(BaseModel):
    """A provider's model, its share of the executions, and how many tokens one takes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    provider: str
    model: str
    share: float = Field(gt=0)
    prompt: LogNormal
    completion: LogNormal | None = None  # none: it answers without tokens


class Catalogue(BaseModel):
    """All models; shares are relative to one another."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    models: tuple[Model, ...] = Field(min_length=1)


def load_catalogue(file: Path = DEFAULT) -> Catalogue:
    """The catalogue of `file`.

    Raises ConfigError with file, key and reason where it cannot be read, or says what cannot be.
    """
    try:
        return Catalogue.model_validate(read_yaml(file))
    except ValidationError as error:
        raise ConfigError("\n".join(explained(file, error))) from None
