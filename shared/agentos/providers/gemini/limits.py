"""What `generateContent` takes.

https://ai.google.dev/api/generate-content, https://ai.google.dev/api/caching, checked 2026-11
"""

from agentos.domain import RequestLimits

LIMITS = RequestLimits(
    stops=5,
    efforts=("minimal", "low", "medium", "high"),  # https://ai.google.dev/gemini-api/docs/thinking
    blank_texts=False,  # an empty one is a 400: https://github.com/langchain-ai/langchain-google/issues/1393
    # https://ai.google.dev/gemini-api/docs/image-understanding#supported-formats
    images=frozenset({"image/png", "image/jpeg", "image/webp", "image/heic", "image/heif", "https", "http"}),
    # The documentation has dots and colons and 128 characters too, live errors of 2026 do not: what both take
    tool_names=r"[a-zA-Z_][a-zA-Z0-9_-]{0,63}",
    user_first=True,  # before a call: https://github.com/google-gemini/gemini-cli/issues/11814
    user_last=True,
)
