"""Chat requests as Hypothesis makes them: a client's own history, with ids, names and blanks of any make."""

from typing import Any

from hypothesis import strategies as st

from tests.conversations.crossed import strategies as crossed
from tests.conversations.crossed.conversation import MODELS, SIMULATED
from tests.conversations.crossed.door import Request
from tests.conversations.crossed.strategies import IDS, NAMES, TEXTS
from tests.conversations.crossed.world import OUTAGES

Body = dict[str, Any]

FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "temperature": crossed.PARAMETERS["temperature"],
    "top_p": crossed.PARAMETERS["topP"],
    "max_tokens": crossed.PARAMETERS["maxTokens"],
    "max_completion_tokens": crossed.PARAMETERS["maxTokens"],
    "stop": crossed.PARAMETERS["stop"],
    "response_format": crossed.forms(),
    "n": st.just(1),
    "seed": crossed.PARAMETERS["seed"],
    "presence_penalty": crossed.PARAMETERS["presencePenalty"],
    "frequency_penalty": crossed.PARAMETERS["frequencyPenalty"],
    "logit_bias": crossed.PARAMETERS["logitBias"],
    "logprobs": st.booleans(),
    "reasoning_effort": crossed.PARAMETERS["reasoningEffort"],
    "verbosity": crossed.PARAMETERS["verbosity"],
    "service_tier": crossed.PARAMETERS["serviceTier"],
    "user": crossed.PARAMETERS["user"],
    "safety_identifier": st.just("ann"),
    "store": st.booleans(),
    "metadata": st.just({"team": "a"}),
    "parallel_tool_calls": st.booleans(),
    "prompt_cache_key": st.just("key"),
    "stream": st.booleans(),
}
"""What a chat request may say besides its messages and tools."""

EMPTY = st.sampled_from([None, "", [], [crossed.text("")]])


@st.composite
def _called(draw: st.DrawFn, names: list[str]) -> Body:
    name, arguments = (
        draw(st.sampled_from(names)),
        draw(st.sampled_from(['{"city": "Paris"}', "{}", "", "{broken", "[1]"])),
    )
    return {"id": draw(st.sampled_from(IDS)), "type": "function", "function": {"name": name, "arguments": arguments}}


@st.composite
def _answer(draw: st.DrawFn, names: list[str]) -> list[Body]:
    """An assistant's message, and the results of its calls."""
    kind = draw(st.sampled_from(["text", "text", "parts", "empty", "refusal", "refusal part", "calls", "calls"]))
    message: Body = {"role": "assistant"}
    match kind:
        case "text":
            message["content"] = draw(TEXTS)
        case "parts":
            message["content"] = [crossed.text(one) for one in draw(st.lists(TEXTS, min_size=1, max_size=2))]
        case "empty":
            message["content"] = draw(EMPTY)
        case "refusal":
            message |= {"content": None, "refusal": "I cannot do that."}
        case "refusal part":
            message["content"] = [{"type": "refusal", "refusal": "I cannot do that."}]
    if kind != "calls":
        return [message]
    calls = draw(st.lists(_called(names), min_size=1, max_size=2, unique_by=lambda call: call["id"]))
    message |= {"content": draw(st.one_of(EMPTY, TEXTS)), "tool_calls": calls}
    results = [{"role": "tool", "tool_call_id": call["id"], "content": draw(crossed.RESULTS)} for call in calls]
    return [message, *draw(st.permutations(results))]


@st.composite
def _question(draw: st.DrawFn) -> list[Body]:
    role = draw(st.sampled_from(["user", "user", "user", "system", "developer"]))
    content = draw(crossed.CONTENTS) if role == "user" else draw(TEXTS)
    message: Body = {"role": role, "content": content}
    if draw(st.integers(0, 5)) == 0:
        message["name"] = draw(st.sampled_from(["ann", "Ann Smith", "ann|<x>"]))
    return [message]


@st.composite
def requests(draw: st.DrawFn) -> Request:
    """Any order of roles; every call has its result."""
    offered = [
        *draw(crossed.tools()),
        *draw(st.lists(st.sampled_from(ODD_TOOLS), max_size=1)),
    ]
    names = [tool["function"]["name"] for tool in offered] or NAMES[:2]
    turns = draw(st.lists(st.one_of(_question(), _question(), _answer(names)), min_size=1, max_size=6))
    messages = [message for turn in turns for message in turn]
    if all(message["role"] in ("assistant", "tool") for message in messages):
        messages.append({"role": "user", "content": "And now?"})
    chosen = draw(st.lists(st.sampled_from(sorted(FIELDS)), max_size=4, unique=True))
    fields = {name: draw(FIELDS[name]) for name in chosen}
    if offered:
        fields["tools"] = offered
        choice = draw(st.sampled_from(["auto", "auto", "none", "required", "named", None, None]))
        if choice == "named":
            fields["tool_choice"] = {"type": "function", "function": {"name": offered[0]["function"]["name"]}}
        elif choice:
            fields["tool_choice"] = choice
    return Request(
        messages=tuple(messages),
        fields=fields,
        answer=draw(crossed.answers()),
        models={provider: draw(st.sampled_from(known)) for provider, known in MODELS.items()},
        outage=draw(st.sampled_from([SIMULATED, SIMULATED, *OUTAGES])),
    )


ODD_TOOLS: list[Body] = [
    {"type": "function", "function": {"name": "functions.get weather", "parameters": {"type": "object"}}},
    {"type": "function", "function": {"name": "名前", "description": "Long. " * 1500}},
    {"type": "function", "function": {"name": "b" * 100}, "cache_control": {"type": "ephemeral"}},
]
"""Tools as other vendors' clients offer them."""
