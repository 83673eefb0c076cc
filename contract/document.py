"""Models of documents that others wrote, of which we read some keys."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

Json = dict[str, Any]
Texts = Annotated[dict[str, str], Field(default_factory=dict)]
"""A field that is a mapping of texts; empty where the document has none."""


class Document(BaseModel):
    """A mapping of a document: the keys that are read. A key that is null counts as missing."""

    model_config = ConfigDict(extra="allow", frozen=True, coerce_numbers_to_str=True)

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        return {key: each for key, each in value.items() if each is not None}
