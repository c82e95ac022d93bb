"""Requests against the types of the official SDKs, with nothing in them that those do not know."""

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import Any

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError


class Typed:
    """A TypedDict of an SDK as a strict check."""

    def __init__(self, typed_dict: Callable[[], Any]) -> None:
        self._typed_dict = typed_dict

    @cached_property
    def _adapter(self) -> TypeAdapter[dict[str, Any]]:
        # As a member, because a TypedDict's own configuration, or the lack of it, would rule out ours.
        typed_dict: Any = self._typed_dict()
        return TypeAdapter(dict[str, typed_dict], config=ConfigDict(extra="forbid", strict=True))

    def prepare(self) -> None:
        """Import the SDK and build the check."""
        assert self._adapter

    def fault(self, value: Any) -> str | None:
        """Where and why the value is not of the type; None where it is."""
        try:
            _read(self._adapter.validate_python({"request": value}))
        except ValidationError as error:
            first = error.errors(include_url=False, include_context=False)[0]
            return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
        except _Unknown as unknown:
            return str(unknown)
        return None


class _Unknown(Exception):
    """Fields that no type has."""


def _read(value: Any) -> None:
    """Pydantic looks into an `Iterable` only when it is read."""
    if isinstance(value, BaseModel):  # an answer's type, which a request may hold too, and which lets anything through
        raise _Unknown(f"{sorted(value.model_extra or ())} are unknown to {type(value).__name__}")
    if isinstance(value, Mapping):
        for one in value.values():
            _read(one)
    elif isinstance(value, list | tuple | Iterator):
        for one in value:
            _read(one)
