"""What is recorded of every turn, however it ends: its metrics, its span, and its content where that is asked for."""

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from agentos.domain import Agent, Reply
from agentos.domain.genai import reply_attributes, turn_attributes, turn_name
from agentos.domain.measures import measure
from agentos.domain.usage import add_costs
from agentos.kernel import tracing
from agentos.kernel.errors import ApiError, Internal
from agentos.kernel.logs import logger, logs_content
from agentos.routing.call import OK
from agentos.settings.loading import Settings

NO_ERROR = "none"
"""The `errorClass` of a call that gave the answer."""

MAX_EXPERIMENTS = 20
"""How many experiments a process tells apart. Agents' owners name them, and CloudWatch bills every name."""

OTHER = "other"

MAX_CONTENT = 10_000
"""Characters of each text in a log line. A line of CloudWatch Logs has at most 1 MB."""


class TurnRecord:
    """One turn under way. `reply` is set as soon as there is one, before it is committed."""

    def __init__(self, agent: Agent, session_id: str, queue_age_ms: int | None) -> None:
        self.agent = agent
        self.session_id = session_id
        self.queue_age_ms = queue_age_ms
        self.reply: Reply | None = None


class TurnRecorder:
    """Records turns. It raises nothing of its own. Metrics and alarms know nothing of simulated failures."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._experiments: set[str] = set()
        self._lock = threading.Lock()

    @contextmanager
    def turn(
        self, agent: Agent, messages: Sequence[Any], session_id: str = "", queue_age_ms: int | None = None
    ) -> Iterator[TurnRecord]:
        """Records the turn that the block runs, as it ends: with the block's end or with an error.

        `messages`: those of this turn. `queue_age_ms`: of a background turn, the time from its acceptance to its start.
        """
        record = TurnRecord(agent, session_id, queue_age_ms)
        with tracing.span(turn_name(agent), attributes=turn_attributes(agent, session_id)) as span:
            try:
                yield record
            except Exception as error:
                failure = error if isinstance(error, ApiError) else Internal("")
                self._failed(record, failure)
                raise
            finally:
                if record.reply:
                    span.set(reply_attributes(record.reply))
            if record.reply:
                if record.reply.state == "incomplete":
                    span.fail(record.reply.route.attempts[-1].outcome)
                self._answered(record, record.reply)
        if record.reply and logs_content():
            _log_content(messages, record.reply)

    def _answered(self, record: TurnRecord, reply: Reply) -> None:
        """Emit the turn's line. What is unknown is left out."""
        usage, calls = reply.usage, [call for call in reply.route.attempts if not call.simulated]
        answering = calls[-1]
        failed = int(reply.state == "incomplete")
        values = {
            "Turns": 1,
            "FailedTurns": failed,
            "TurnOutcomes": 1,
            "Attempts": len(calls),
            "Fallbacks": int(reply.route.fallback_used and len(calls) == len(reply.route.attempts)),
            "Latency": usage.latency_ms,
            "FirstTokenLatency": usage.first_token_ms,
            "PromptTokens": usage.prompt_tokens,
            "CompletionTokens": usage.completion_tokens,
            "CachedTokens": usage.cached_tokens,
            "CacheWriteTokens": usage.cache_write_tokens,
            "ReasoningTokens": usage.reasoning_tokens,
            "CostUsd": usage.cost_usd,
            "QueueAge": record.queue_age_ms,
            "Calls": 1,
            "CallLatency": answering.latency_ms,
        }
        dimensions = {"outcome": reply.state, **self._call_labels(answering.model, answering.outcome)}
        if experiment := reply.route.experiment:
            dimensions["experiment"] = self._experiment_label(experiment.name)
            dimensions["variant"] = self._settings.model_label(experiment.variant)
        measure(values, dimensions, _properties(record))
        for call in calls[:-1]:
            self._call(call.model, call.outcome, call.latency_ms)

    def _failed(self, record: TurnRecord, error: ApiError) -> None:
        """Emit the line of a turn without a stored answer. One that the client's mistake ended early has none."""
        attempts: Sequence[Mapping[str, Any]] = error.details.get("attempts", ())
        if record.reply:
            attempts = [attempt.to_json() for attempt in record.reply.route.attempts]
        if not attempts and error.status < 500:
            return
        calls = [attempt for attempt in attempts if not attempt.get("simulated")]
        usages = [attempt["usage"] for attempt in attempts if attempt["usage"]]
        values = {
            "FailedTurns": int(error.status >= 500 and (not attempts or bool(calls))),
            "TurnOutcomes": 1,
            "Attempts": len(calls),
            "CostUsd": add_costs(usage["costUsd"] for usage in usages) if usages else None,
            "QueueAge": record.queue_age_ms,
        }
        measure(values, {"outcome": error.code}, _properties(record))
        for attempt in calls:
            self._call(attempt["model"], attempt["outcome"], attempt["latencyMs"])

    def _call(self, model: str, outcome: str, latency_ms: int) -> None:
        measure({"Calls": 1, "CallLatency": latency_ms}, self._call_labels(model, outcome))

    def _experiment_label(self, name: str) -> str:
        """The experiment's name, or OTHER beyond MAX_EXPERIMENTS."""
        with self._lock:
            if name not in self._experiments and len(self._experiments) >= MAX_EXPERIMENTS:
                return OTHER
            self._experiments.add(name)
        return name

    def _call_labels(self, model: str, outcome: str) -> dict[str, str]:
        label = self._settings.model_label(model)
        error_class = NO_ERROR if outcome == OK else outcome
        return {"provider": label.partition(":")[0], "model": label, "errorClass": error_class}


def _properties(record: TurnRecord) -> dict[str, str]:
    """What a turn's line can be found by besides its metrics: ids, never a text."""
    ids = {"agent_id": record.agent.agent_id, "session_id": record.session_id}
    if record.reply:
        ids |= {"message_id": record.reply.message_id, "finish_reason": record.reply.finish_reason}
    return {name: value for name, value in ids.items() if value}


def _log_content(messages: Sequence[Any], reply: Reply) -> None:
    """One more line, with what was said and answered."""
    said = [{"role": message.role, "content": _shown(message.content)} for message in messages]
    answered = {"content": reply.content[:MAX_CONTENT], "tool_calls": [call.to_json() for call in reply.tool_calls]}
    logger.info("turn content", extra={"message_id": reply.message_id, "said": said, "answered": answered})


_NAMED = {"image_url": "[image]", "file": "[file]", "input_audio": "[audio]"}


def _shown(content: Any) -> str:
    """The words of a message; an image, a file or audio is named, not shown."""
    if isinstance(content, str):
        return content[:MAX_CONTENT]
    return "\n".join(part.text if part.type == "text" else _NAMED[part.type] for part in content)[:MAX_CONTENT]
