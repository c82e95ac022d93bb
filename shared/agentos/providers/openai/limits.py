"""What Chat Completions takes: OpenAI's rules, and those of most providers that adopted the format.

https://platform.openai.com/docs/api-reference/chat/create, checked 2026-11. `config/default.yaml` has what differs at a
single provider.
"""

from agentos.domain import RequestLimits

LIMITS = RequestLimits(
    stops=4,
    text_parts=False,  # a string is taken everywhere, a list of texts is not (DeepSeek, GLM)
    images=frozenset({"image/png", "image/jpeg", "image/webp", "image/gif", "https", "http"}),
    # Most servers take neither; https://developers.openai.com/api/docs/guides/file-inputs says what OpenAI takes
    files=frozenset(),
    audio=frozenset(),
    tool_call_ids=r"(?s).{1,40}",  # https://github.com/vercel/ai/issues/5171
    untyped_arrays=False,
    strict_subset=True,  # https://platform.openai.com/docs/guides/structured-outputs#supported-schemas
    json_mode="worded",  # https://platform.openai.com/docs/guides/structured-outputs#json-mode
)
