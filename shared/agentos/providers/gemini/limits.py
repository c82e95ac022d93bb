"""What `generateContent` takes.

https://ai.google.dev/api/generate-content, https://ai.google.dev/api/caching, checked 2026-11
"""

from agentos.domain import RequestLimits
from agentos.domain.content import PDF
from agentos.providers.gemini.messages import MEDIA_TYPES

LIMITS = RequestLimits(
    stops=5,
    efforts=("minimal", "low", "medium", "high"),  # https://ai.google.dev/gemini-api/docs/thinking
    blank_texts=False,  # an empty one is a 400: https://github.com/langchain-ai/langchain-google/issues/1393
    # https://ai.google.dev/gemini-api/docs/image-understanding#supported-formats
    images=frozenset({"image/png", "image/jpeg", "image/webp", "image/heic", "image/heif", "https", "http"}),
    # https://ai.google.dev/gemini-api/docs/document-processing, and the files' other kinds are text
    files=frozenset({PDF, "https", "http"}),
    audio=frozenset(MEDIA_TYPES),
    # The documentation has dots and colons and 128 characters too, live errors of 2026 do not: what both take
    tool_names=r"[a-zA-Z_][a-zA-Z0-9_-]{0,63}",
    user_first=True,  # before a call: https://github.com/google-gemini/gemini-cli/issues/11814
    user_last=True,
)
