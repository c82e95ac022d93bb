"""The reasoning effort: the nearest that the model takes beside the rest of the request."""

from agentos.domain import ModelFacts, Parameters, Prompt, RequestLimits
from agentos.domain.parameters import Effort
from agentos.domain.reasoning import LEAST_BUDGET, PLAIN, Reasoning, nearest
from agentos.providers.fitting.parameters import FIELDS


def fit_reasoning(prompt: Prompt, facts: ModelFacts, limits: RequestLimits) -> tuple[Prompt, tuple[str, ...]]:
    """The prompt with an effort that the model takes, without the parameters that it does not take at that effort."""
    given = prompt.parameters
    wanted = given.reasoning_effort
    if wanted is None:
        return prompt, ()
    known = facts.reasoning or Reasoning(levels=dict.fromkeys(limits.efforts, PLAIN))
    possible = {effort for effort in known.levels if _possible(effort, known, prompt)}
    chosen = nearest(wanted, possible)
    given, notes = given.model_copy(update={"reasoning_effort": chosen}), []
    if chosen is None:
        notes.append(f"reasoningEffort left out: {_why(known, facts)}")
    elif chosen != wanted:
        what = "of the model" if len(possible) == len(known.levels) else "that the model takes beside the rest"
        notes.append(f"reasoningEffort {wanted} replaced by {chosen}, the nearest {what}")
    if chosen is not None:
        for name in sorted(known.excluded_at(chosen)):
            field = FIELDS.get(name)
            if field and getattr(given, field) not in (None, ()):
                given = given.model_copy(update={field: Parameters.model_fields[field].default})
                notes.append(f"{name} left out: the model does not take it while it reasons")
    return prompt.model_copy(update={"parameters": given}), tuple(notes)


def _why(known: Reasoning, facts: ModelFacts) -> str:
    if known.levels:
        return "the model cannot reason beside the rest of the request"
    return "the model does not reason" if facts.reasoning else "it is not known which efforts the model takes"


def _possible(effort: Effort, known: Reasoning, prompt: Prompt) -> bool:
    """Whether the effort goes with what counts more: a bound on what the answer costs, a tool that must be called."""
    given, excluded = prompt.parameters, known.excluded_at(effort)
    if ("maxTokens" in excluded and given.max_tokens) or ("toolChoice" in excluded and given.tool_choice):
        return False
    if known.levels[effort].budget is None:
        return True
    # "a final assistant message must start with a thinking block": the call may be another model's
    answers_a_tool = bool(prompt.messages) and prompt.messages[-1].role == "tool"
    return not answers_a_tool and (given.max_tokens is None or given.max_tokens > LEAST_BUDGET)
