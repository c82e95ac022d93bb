"""OpenAI's Responses, checked against the types of OpenAI's own SDK."""

import json
from collections.abc import Iterator
from typing import Any

from tests.support.gateway import Answer
from tests.support.sse import COMMENT


def checked(response: dict[str, Any]) -> dict[str, Any]:
    """The response, if it is strictly one of OpenAI's. Raises ValidationError."""
    from openai.types.responses import Response  # here, because it takes long to import and few processes need it

    Response.model_validate_json(json.dumps(response), strict=True)
    return response


def checked_events(answer: Answer) -> list[dict[str, Any]]:
    """The events of a streamed answer, each strictly one of OpenAI's and numbered in order."""
    from openai.types.responses import ResponseStreamEvent
    from pydantic import TypeAdapter

    adapter: TypeAdapter[Any] = TypeAdapter(ResponseStreamEvent)
    found = list(_events(answer.text))
    for event in found:
        assert adapter.validate_json(json.dumps(event), strict=True).type == event["type"]
    first = found[0]["sequence_number"]
    assert [event["sequence_number"] for event in found] == list(range(first, first + len(found)))
    return found


def _events(text: str) -> Iterator[dict[str, Any]]:
    *blocks, end = text.split("\n\n")
    assert end == ""
    for block in blocks:
        if block != COMMENT:
            named, data = block.split("\n")
            event = json.loads(data.removeprefix("data: "))
            assert named == f"event: {event['type']}"
            yield event
