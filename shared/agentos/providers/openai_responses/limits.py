"""What Responses takes: OpenAI's rules. `config/default.yaml` has what differs at a single provider.

https://developers.openai.com/api/reference/resources/responses/methods/create, checked 2026-11
"""

from agentos.domain import RequestLimits
from agentos.domain.content import DOCUMENTS

LIMITS = RequestLimits(
    # "integer below minimum value. Expected a value >= 16" (QuantumNous/new-api #2438)
    least_max_tokens=16,
    images=frozenset({"image/png", "image/jpeg", "image/webp", "image/gif", "https", "http"}),
    files=frozenset({*DOCUMENTS, "https", "http"}),  # https://developers.openai.com/api/docs/guides/file-inputs
    audio=frozenset(),  # https://developers.openai.com/api/docs/guides/audio-chat-completions
    tool_call_ids=r"(?s).{1,64}",  # "Expected a string with maximum length 64" (AnswerDotAI/fastllm #45)
    unique_call_ids=True,  # an output names its call by the id alone
    untyped_arrays=False,
    strict_subset=True,  # https://developers.openai.com/api/docs/guides/structured-outputs#supported-schemas
    json_mode="worded",  # https://developers.openai.com/api/docs/guides/structured-outputs#json-mode
)
