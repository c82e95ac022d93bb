"""The answer of Anthropic's count of tokens.

https://platform.claude.com/docs/en/api/messages-count-tokens
"""

from typing import Any

from agentos.api.anthropic_request import MessagesForm
from agentos.kernel.values import Value
from agentos.services.token_counting import CountedTokens


class MessageTokens(Value):
    """`input_tokens`, with what Anthropic's form has no place for beside it."""

    counted: CountedTokens
    form: MessagesForm

    def to_json(self) -> dict[str, Any]:
        extra = {"model": self.counted.model, "estimated": self.counted.estimated, "notes": list(self.form.notes)}
        return {"input_tokens": self.counted.tokens, "agentos": extra}
