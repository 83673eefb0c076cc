"""The catalogue of providers and models in the traffic, read from a YAML file."""

import random
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from contract.file import parsed
from contract.validation import validated

DEFAULT = Path(__file__).with_name("catalogue.yaml")

LogNormal = tuple[Annotated[float, Field(ge=0, le=20)], Annotated[float, Field(ge=0, le=5)]]
"""Mean and deviation of the natural logarithm of a token count."""

Limit = Annotated[int, Field(gt=0, le=100_000_000)]


class Model(BaseModel):
    """A provider's model, its share of the executions, and the tokens of one execution."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    provider: str
    model: str
    share: float = Field(gt=0, le=1_000_000)
    prompt: LogNormal
    completion: LogNormal | None = None  # None: no completion tokens
    context: Limit = 128_000  # tokens of prompt and completion together, at most
    output: Limit = 16_384  # tokens of the completion, at most

    def tokens(self, rng: random.Random) -> tuple[int, int]:
        """Prompt and completion tokens of one execution."""
        done = round(rng.lognormvariate(*self.completion)) if self.completion else 0
        done = min(done, self.output, self.context)
        return min(round(rng.lognormvariate(*self.prompt)), self.context - done), done


class Catalogue(BaseModel):
    """All models; shares are relative to one another."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    models: tuple[Model, ...] = Field(min_length=1)


def load_catalogue(file: Path = DEFAULT) -> Catalogue:
    """The catalogue of `file`.

    Raises ConfigError with file, key and reason where it cannot be read or is invalid.
    """
    return validated(Catalogue.model_validate, parsed(file), file)
