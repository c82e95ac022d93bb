"""What the Messages API takes.

https://platform.claude.com/docs/en/api/messages, checked 2026-11
"""

from agentos.domain import RequestLimits
from agentos.domain.content import PDF
from agentos.providers.schemas import CLAUDE_REFUSES

LIMITS = RequestLimits(
    ranges={"temperature": (0, 1)},
    # A 400 from Claude 4.1 to 4.6; later models take neither: https://github.com/BerriAI/litellm/issues/15097
    exclusive=(("temperature", "topP"),),
    efforts=(),  # models differ in how they are asked to think
    cache_marks=4,  # https://platform.claude.com/docs/en/build-with-claude/prompt-caching
    blank_stops=False,  # https://github.com/BerriAI/litellm/issues/3286
    blank_texts=False,  # https://github.com/anthropics/claude-code/issues/23440
    # https://platform.claude.com/docs/en/build-with-claude/vision
    images=frozenset({"image/png", "image/jpeg", "image/webp", "image/gif", "https"}),
    files=frozenset({PDF, "https"}),  # https://platform.claude.com/docs/en/build-with-claude/pdf-support
    audio=frozenset(),
    tool_call_ids=r"[a-zA-Z0-9_-]{1,64}",  # https://github.com/screenpipe/screenpipe/issues/3252
    argument_names=r"[a-zA-Z0-9_.-]{1,64}",  # "Property keys should match pattern"
    unique_call_ids=True,
    schema_choices=False,
    refused_keywords=CLAUDE_REFUSES,
    recursive_schemas=False,
    json_mode="instructed",
    user_first=True,
    user_last=True,  # a 400 from Claude 4.6 on: "This model does not support assistant message prefill"
)
