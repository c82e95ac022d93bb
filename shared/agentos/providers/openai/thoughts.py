"""What a model thought before it called tools, in the fields that Chat Completions servers have for it.

A provider gets it back as it came, in the same field, and no other provider gets it: some answer 400 to each other's
fields (Groq and Cerebras to `reasoning_content`), others to a call without them (DeepSeek; Gemini behind OpenRouter).

https://openrouter.ai/docs/use-cases/reasoning-tokens#preserving-reasoning-blocks,
https://api-docs.deepseek.com/guides/thinking_mode, https://ai.google.dev/gemini-api/docs/thought-signatures
"""

from collections.abc import Iterable
from typing import Any

from agentos.domain import Completion, Message, Target, ToolCall
from agentos.providers import bound_thoughts
from agentos.providers.answers import as_object
from agentos.providers.tool_calls import signed_json
from agentos.settings.provider import Provider

KIND = "chat"
"""The kind of signature that holds thoughts, as JSON: `{message, call}`, fields of the message and of the call."""

MESSAGE_FIELDS = ("reasoning_details", "reasoning_content", "reasoning")
"""The fields of a message that hold thoughts. Of several that came, the first holds what the others hold."""

CALL_FIELD = "extra_content"
"""The field of a call that holds Google's `thought_signature` at its OpenAI-compatible endpoint."""


def sign(message: dict[str, Any], call: dict[str, Any], *, first: bool) -> str | None:
    """The signature of a call in an answer. Its first call carries the thoughts of the whole message."""
    fields = {name: message[name] for name in MESSAGE_FIELDS if message.get(name)} if first else {}
    name = next(iter(fields), None)
    value = {
        **({"message": {name: fields[name]}} if name else {}),
        **({"call": extra} if (extra := as_object(call.get(CALL_FIELD))) else {}),
    }
    return signed_json(KIND, value) if value else None


def texts_by_field(message: dict[str, Any]) -> dict[str, str]:
    """The readable thoughts in an answer, or in a piece of one, by the field that they stand in.

    Mistral's are parts of `content`: https://docs.mistral.ai/capabilities/reasoning
    """
    found = {name: message.get(name) for name in ("reasoning_content", "reasoning")}
    if details := _objects(message.get("reasoning_details")):
        found["reasoning_details"] = _joined(detail.get("text") or detail.get("summary") for detail in details)
    if content := _objects(message.get("content")):
        parts = [part for one in content if one.get("type") == "thinking" for part in _objects(one.get("thinking"))]
        found["content"] = _joined(part.get("text") for part in parts)
    return {name: text for name, text in found.items() if isinstance(text, str) and text}


def _objects(value: Any) -> list[dict[str, Any]]:
    return [as_object(one) for one in value] if isinstance(value, list) else []


def _joined(pieces: Iterable[Any]) -> str:
    return "".join(piece for piece in pieces if isinstance(piece, str))


def bind(completion: Completion, provider: Provider, target: Target) -> Completion:
    """The completion with the signatures of its calls bound to the provider and the model that made them."""
    return bound_thoughts.bind(completion, KIND, provider, bound_thoughts.model_of(target))


def of_message(message: Message, provider: Provider, target: Target) -> dict[str, Any]:
    """The fields of an answer in a history that hold its thoughts, where tools are in play."""
    settings = provider.settings.thoughts
    signed_with = (_own(call, provider, target).get("message") for call in message.tool_calls)
    fields: dict[str, Any] = next(filter(None, signed_with), {})
    given = fields if settings.returned else {}
    # Where a field is demanded, it is demanded of every answer, if need be empty.
    return {settings.required: "", **given} if settings.required else given


def of_call(call: ToolCall, provider: Provider, target: Target) -> dict[str, Any]:
    """The fields of a call in a history that hold its signature."""
    extra = _own(call, provider, target).get("call") if provider.settings.thoughts.returned else None
    return {CALL_FIELD: extra} if extra else {}


def _own(call: ToolCall, provider: Provider, target: Target) -> dict[str, Any]:
    """What the call was signed with by this model at this provider, or by any of its models if it demands thoughts."""
    by_any = provider.settings.thoughts.required
    return bound_thoughts.own(call, KIND, provider, None if by_any else bound_thoughts.model_of(target))
