"""JSON of any shape (`json_object`): asked for in words where the parameter alone is not enough, or not taken."""

from agentos.domain import Prompt, RequestLimits
from agentos.providers.fitting.texts import text_of

JSON_ALONE = "Answer with one JSON object and nothing else."


def fit_json_mode(prompt: Prompt, limits: RequestLimits) -> tuple[Prompt, tuple[str, ...]]:
    """The prompt with the wish for JSON in a form that is taken."""
    if (prompt.parameters.response_format or {}).get("type") != "json_object":
        return prompt, ()
    if limits.json_mode == "instructed" or (prompt.tools and not limits.json_with_tools):
        without = prompt.parameters.model_copy(update={"response_format": None})
        asked = _instructed(prompt).model_copy(update={"parameters": without})
        return asked, ("responseFormat json_object asked for in the instructions instead",)
    if limits.json_mode == "worded" and "json" not in _said(prompt).lower():
        return _instructed(prompt), ("instructions that name JSON added, as responseFormat json_object needs them",)
    return prompt, ()


def _instructed(prompt: Prompt) -> Prompt:
    given = prompt.instructions or ""
    return prompt.model_copy(update={"instructions": f"{given}\n\n{JSON_ALONE}" if given.strip() else JSON_ALONE})


def _said(prompt: Prompt) -> str:
    """What instructions and messages say. The results of tools do not count at OpenAI's /responses."""
    return " ".join([prompt.instructions or "", *(text_of(one) for one in prompt.messages if one.role != "tool")])
