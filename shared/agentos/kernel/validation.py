"""JSON to a pydantic model, with errors that name the field."""

from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from agentos.kernel.errors import MAX_FIELD, InvalidRequest

B = TypeVar("B", bound=BaseModel)

MAX_FINDINGS = 20
"""The most errors in one response. A body may have hundreds of thousands."""


def validated(model: type[B], value: Any) -> B:
    """`value` as `model`. Fields are known by the API's names only.

    Raises InvalidRequest, whose details list up to MAX_FINDINGS errors as `{field, message}`.
    """
    try:
        return model.model_validate(value, by_alias=True, by_name=False)
    except ValidationError as error:
        findings = [
            {"field": _field(finding["loc"]), "message": _message(finding["type"], finding["msg"])}
            for finding in error.errors(include_url=False, include_context=False, include_input=False)[:MAX_FINDINGS]
        ]
    first = findings[0]
    raise InvalidRequest(f"{first['field']}: {first['message']}", {"errors": findings})


def _field(path: tuple[int | str, ...]) -> str:
    """`('content', '<list>', 0, '<text>', 'text')` as `content[0].text`. Tags of unions are left out."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        elif not part.startswith("<"):
            text += f".{part}" if text else part
    return text[:MAX_FIELD] or "body"


def _message(kind: str, message: str) -> str:
    if kind == "extra_forbidden":
        return "is not a known field"
    if kind == "missing":
        return "is required"
    if kind in ("model_type", "model_attributes_type", "dict_type"):
        return "must be a JSON object"
    if kind == "tuple_type":
        return "must be a list"
    return message.removeprefix("Value error, ")
