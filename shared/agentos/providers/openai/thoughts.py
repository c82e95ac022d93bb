"""The kind of signature that chat completions have."""

REASONING = "reasoning"
"""The kind of signature that holds `reasoning_content`: what the model thought before it called."""
