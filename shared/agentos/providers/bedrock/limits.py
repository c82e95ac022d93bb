"""What Converse takes, with Anthropic's models behind it in mind.

https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html, checked 2026-11
"""

from agentos.domain import RequestLimits
from agentos.providers.bedrock.messages import FORMATS
from agentos.providers.schemas import CLAUDE_REFUSES

LIMITS = RequestLimits(
    ranges={"temperature": (0, 1)},
    efforts=(),  # models differ in how they are asked to think
    blank_stops=False,  # Claude's rule
    blank_texts=False,
    # API_runtime_ImageBlock.html: data alone
    images=frozenset({"image/png", "image/jpeg", "image/webp", "image/gif"}),
    files=frozenset(FORMATS),
    # API_runtime_AudioBlock.html
    audio=frozenset({"mp3", "opus", "wav", "aac", "flac", "ogg", "m4a", "webm"}),
    lone_files=False,  # API_runtime_ContentBlock.html (document): a text must stand beside it
    plain_file_names=True,  # API_runtime_DocumentBlock.html
    tool_call_ids=r"[a-zA-Z0-9_-]{1,64}",  # API_runtime_ToolUseBlock.html has dots and colons too, Claude has not
    argument_names=r"[a-zA-Z0-9_.-]{1,64}",  # "Property keys should match pattern"
    unique_call_ids=True,
    schema_choices=False,  # Claude's rule
    # https://docs.aws.amazon.com/bedrock/latest/userguide/structured-output.html
    refused_keywords=CLAUDE_REFUSES,
    recursive_schemas=False,
    json_mode="instructed",
    user_first=True,  # https://docs.aws.amazon.com/bedrock/latest/userguide/conversation-inference-call.html
    user_last=True,
)
