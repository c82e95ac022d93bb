"""How many tokens the input of a response has, in OpenAI's form.

https://platform.openai.com/docs/api-reference/responses/input-tokens
"""

from collections.abc import Callable
from typing import Any

from agentos.api.openai_responses_request import ResponseForm, ResponsesRequest
from agentos.api.openai_responses_stored import going_on
from agentos.domain.requests import CompletionRequest
from agentos.kernel.values import Value
from agentos.services.response_histories import ResponseHistories
from agentos.services.token_counting import CountedTokens


class ResponseTokens(Value):
    """`input_tokens`, with what OpenAI's form has no place for beside it."""

    counted: CountedTokens
    notes: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        extra = {"model": self.counted.model, "estimated": self.counted.estimated, "notes": list(self.notes)}
        return {"object": "response.input_tokens", "input_tokens": self.counted.tokens, "agentos": extra}


def whole_prompt(
    body: ResponsesRequest, tenant: str, histories: Callable[[], ResponseHistories]
) -> tuple[CompletionRequest, ResponseForm]:
    """The request with everything that it goes on from. Raises what `neutral` and `going_on` raise."""
    asked, form = body.neutral()
    if body.conversation is None and body.previous_response_id is None:
        return asked, form
    return going_on(body, tenant, histories(), asked, form)
