"""The base of every value, and the scalar types that several of them share."""

from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, SerializerFunctionWrapHandler, model_serializer
from pydantic.alias_generators import to_camel

T = TypeVar("T")


def not_empty(value: T) -> T:
    """A validator whose complaint comes only after those about what is inside."""
    if not value:
        raise ValueError("must not be empty")
    return value


def text_or_list(value: Any) -> str | None:
    """The tag of a union of a text and a list. Tags are in angle brackets, so that error paths leave them out."""
    return "<text>" if isinstance(value, str) else "<list>" if isinstance(value, list | tuple) else None


Whole = Annotated[int, Field(strict=True)]
Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
Amount = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class Value(BaseModel):
    """A frozen value with camelCase JSON; an unknown field is an error."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        alias_generator=to_camel,
        populate_by_name=True,
        defer_build=True,  # a function pays only for the schemas that it uses
    )

    def to_json(self) -> dict[str, Any]:
        """JSON-ready dict as the contract writes it."""
        return self.model_dump(mode="json", by_alias=True)


class AsGiven(Value):
    """A value that goes out as it was given: fields that were not set stay away."""

    @model_serializer(mode="wrap")
    def _as_given(self, serialize: SerializerFunctionWrapHandler) -> dict[str, Any]:
        given = {name for field in self.model_fields_set for name in (field, to_camel(field))}
        return {name: value for name, value in serialize(self).items() if name in given}
