"""The base class of values, and the scalar types that they share."""

import threading
from typing import Annotated, Any, Self, TypeVar

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    SerializerFunctionWrapHandler,
    model_serializer,
)
from pydantic.alias_generators import to_camel
from pydantic_core import CoreSchema

T = TypeVar("T")


def not_empty(value: T) -> T:
    """A validator that runs after those of the elements, so that their errors come first."""
    if not value:
        raise ValueError("must not be empty")
    return value


def not_blank(text: str) -> str:
    """A validator of text that says something: more than white space."""
    if not text.strip():
        raise ValueError("must not be empty")
    return text


def text_or_list(value: Any) -> str | None:
    """The tag for a union of a text and a list. Tags are in angle brackets, so that error paths can leave them out."""
    return "<text>" if isinstance(value, str) else "<list>" if isinstance(value, list | tuple) else None


Whole = Annotated[int, Field(strict=True)]
Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]


_BUILD = threading.RLock()
_building: list[type[BaseModel]] = []


class LazyModel(BaseModel):
    """A model whose schema is built when it is first used, so that a function builds only what it uses.

    A field's default that is such a model itself should have a factory, because to make it is its first use.

    pydantic's `model_rebuild` is not thread-safe: while two threads use a new model for the first time, one of them may
    validate against the parent's fields. https://github.com/pydantic/pydantic/blob/main/pydantic/main.py
    """

    model_config = ConfigDict(defer_build=True)

    @classmethod
    def model_rebuild(cls, *, _parent_namespace_depth: int = 2, **options: Any) -> bool | None:
        """As pydantic's, by one thread at a time."""
        with _BUILD:
            _building.append(cls)
            try:
                return super().model_rebuild(_parent_namespace_depth=_parent_namespace_depth + 1, **options)
            finally:
                _building.pop()

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """The schema of this model as a part of another's. It is built once and kept, where pydantic would make it anew
        for each model that has a field of it."""
        if not cls.__pydantic_complete__ and cls not in _building:
            cls.model_rebuild()
        return handler(source)


class Value(LazyModel):
    """A frozen value with camelCase JSON. An unknown field is an error."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        alias_generator=to_camel,
        populate_by_name=True,
    )

    def __deepcopy__(self, memo: dict[int, Any] | None = None) -> Self:
        """The value itself, which never changes. pydantic copies each default that a field gets."""
        return self

    def to_json(self) -> dict[str, Any]:
        """The value as JSON with the API's field names."""
        return self.model_dump(mode="json", by_alias=True)


class AsGiven(Value):
    """A value whose JSON holds only the fields that were set."""

    @model_serializer(mode="wrap")
    def _as_given(self, serialize: SerializerFunctionWrapHandler) -> dict[str, Any]:
        given = {name for field in self.model_fields_set for name in (field, to_camel(field))}
        return {name: value for name, value in serialize(self).items() if name in given}
