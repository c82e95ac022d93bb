"""What a model thought before it called tools: its reasoning items, which go back to it encrypted, where they stood.

A reasoning item is taken back only with its id, and only before the item that followed it, which then needs its id as
well. So the first call of an answer is signed with the answer's items, each without what the message holds itself.

https://developers.openai.com/api/docs/guides/reasoning#encrypted-reasoning-items
"""

from collections.abc import Iterable, Sequence
from typing import Any

from agentos.domain import Completion, Message, Target
from agentos.providers import bound_thoughts
from agentos.providers.answers import as_object
from agentos.providers.tool_calls import signed_json
from agentos.settings.provider import Provider

PARAGRAPH = "\n\n"
"""Between two parts of the thoughts."""

KIND = "responses"
"""The kind of signature that holds an answer's items, as JSON: `{items}`."""

FIELDS = {
    "reasoning": ("type", "id", "content", "encrypted_content"),
    "message": ("type", "id", "phase"),
    "function_call": ("type", "id"),
}
"""The fields that are kept of an item, by its type. `status`, which answers have, is refused in requests."""


def sign(output: Sequence[dict[str, Any]]) -> str | None:
    """The signature of an answer's first call; None where there are no thoughts that the provider would take back."""
    thoughts = [item for item in output if item.get("type") == "reasoning"]
    if not thoughts or not all(item.get("encrypted_content") or item.get("content") for item in thoughts):
        return None
    return signed_json(KIND, {"items": [_kept(item) for item in output if item.get("type") in FIELDS]})


def text_of(output: Iterable[dict[str, Any]]) -> str:
    """The readable thoughts of an answer, each part a paragraph."""
    thoughts = (item for item in output if item.get("type") == "reasoning")
    return PARAGRAPH.join(text for item in thoughts for text in parts_of(item) if text)


def parts_of(item: dict[str, Any]) -> list[str]:
    """The texts in a reasoning item: its summary, or else its content."""
    parts = [as_object(part).get("text") for part in item.get("summary") or item.get("content") or []]
    return [part if isinstance(part, str) else "" for part in parts]


def bind(completion: Completion, provider: Provider, target: Target) -> Completion:
    """The completion with its signature bound to the provider, its key and the model."""
    return bound_thoughts.bind(completion, KIND, provider, _owner(provider, target))


def items_of(message: Message, provider: Provider, target: Target) -> list[dict[str, Any]]:
    """The kept items of an answer in a history, in their order; none where another made them."""
    if not (message.tool_calls and provider.settings.thoughts.returned):
        return []
    items: list[dict[str, Any]] = bound_thoughts.own(
        message.tool_calls[0], KIND, provider, _owner(provider, target)
    ).get("items", [])
    return items


def _owner(provider: Provider, target: Target) -> str:
    """Thoughts are encrypted for an organization: sent with another's key they are a 400, invalid_encrypted_content."""
    return f"{bound_thoughts.model_of(target)}#{provider.fingerprint}"


def _kept(item: dict[str, Any]) -> dict[str, Any]:
    kept = {name: item[name] for name in FIELDS[item["type"]] if item.get(name) is not None}
    summary = {"summary": item.get("summary") or []} if item["type"] == "reasoning" else {}  # which a request needs
    return {**kept, **summary}
