"""`POST /usage/what-if`: its body."""

from typing import Annotated

from pydantic import Field

from agentos.api.usage_report import time_asked
from agentos.domain.names import ModelName
from agentos.kernel.clock import Clock
from agentos.kernel.values import Value
from agentos.services.recosting import RecostQuery


class RecostBody(Value):
    """Body of `POST /usage/what-if`: at which model's prices, and which turns."""

    model: ModelName
    since: Annotated[str | None, Field(alias="from")] = None
    to: str | None = None
    agent_id: Annotated[str, Field(min_length=1, max_length=256)] | None = None
    after: str | None = None


def recost_query(body: RecostBody, clock: Clock) -> RecostQuery:
    """What is asked for, by default of the last 30 days. Raises InvalidRequest."""
    return RecostQuery(*time_asked(body.since, body.to, clock), body.model, body.agent_id, body.after)
