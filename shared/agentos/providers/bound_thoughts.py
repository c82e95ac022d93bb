"""Signatures of tool calls that one model at one provider gets back, and nobody else."""

from typing import Any
from urllib.parse import quote

from agentos.domain import Completion, Target, ToolCall
from agentos.kernel import json_text
from agentos.providers.answers import as_object
from agentos.providers.tool_calls import signature, signed
from agentos.settings.provider import Provider


def bind(completion: Completion, kind: str, provider: Provider, owner: str) -> Completion:
    """The completion with the signatures of its calls bound to the provider and to `owner`, a text without spaces."""
    calls = tuple(
        call.model_copy(update={"signature": signed(_kind(kind, provider), f"{owner} {value}")}) if value else call
        for call in completion.tool_calls
        for value in [signature(call, kind)]
    )
    return completion.model_copy(update={"tool_calls": calls})


def own(call: ToolCall, kind: str, provider: Provider, owner: str | None) -> dict[str, Any]:
    """The JSON object that `owner` signed the call with at the provider, or anybody there, if `owner` is None.

    An empty one where the signature is another's.
    """
    signed_by, _, value = (signature(call, _kind(kind, provider)) or "").partition(" ")
    if not value or owner not in (None, signed_by):
        return {}
    return as_object(json_text.parse_lenient(value.encode()))


def model_of(target: Target) -> str:
    """What the provider calls the model, without a space."""
    return quote(target.upstream_model, safe="/")


def _kind(kind: str, provider: Provider) -> str:
    return f"{kind}@{provider.name}"
