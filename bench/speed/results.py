"""What one run has measured, and what that says of the goals."""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench.speed.goals import BOTO3
from bench.speed.init import FirstAnswer
from bench.speed.measuring import Measured, ratios

CALLS_PROVIDERS = {
    "anthropic_messages",
    "chat_completions",
    "count_message_tokens",
    "create_response",
    "embeddings",
    "run_turn",
    "send_message",
    "text_completions",
}


@dataclass(frozen=True)
class Results:
    """First answers by function; milliseconds by name, round by round; megabytes; instructions of a call by name."""

    inits: Mapping[str, Sequence[FirstAnswer]]
    without_bytecode: Mapping[str, Sequence[FirstAnswer]]
    deployed: Mapping[str, Sequence[FirstAnswer]]
    libraries: Mapping[str, Sequence[float]]
    warm: Mapping[str, Any]
    peers: Any
    servers: Any
    memory: Mapping[str, float]
    instructions: Mapping[str, int] | str
    """Or why they were not counted."""
    layer: Mapping[str, float] | None
    wheels: Mapping[str, float] | None
    load: float
    """The machine's load average of one minute before the run."""

    def ratio(self, name: str, behaviour: str = "ok", floor: str = "httpx") -> Measured:
        """A call's CPU as a ratio to the floor's of the same round."""
        return ratios({name: self.warm[behaviour]["cpu"][name], floor: self.warm[behaviour]["cpu"][floor]}, floor)[name]

    def init(self, folder: str) -> float:
        """Milliseconds of CPU until the first answer, init included: the median."""
        return both(self.inits[folder])

    def floor(self, name: str) -> float:
        return statistics.median(self.libraries[name])

    def gap(self, behaviour: str) -> Measured:
        """Milliseconds from a failure to the fallback's request."""
        return Measured.of(self.warm[behaviour]["gaps"])

    def reached(self) -> dict[str, float | None]:
        """What was measured for each goal. None where it could not be."""
        boto3 = self.floor(BOTO3)
        others = [self.init(folder) / boto3 for folder in self.inits if folder not in CALLS_PROVIDERS]
        first, *_, last = self.memory.values()
        return {
            "routed call": self.ratio("routed call").median,
            "stored message": self.ratio("stored message").median,
            "1,000 deltas, streamed": self.ratio("chat completion, streamed", floor="httpx, streamed").median,
            "init to the first answer, send_message": self.init("send_message") / boto3,
            "init to the first answer, functions that call no provider": statistics.median(others),
            "fallback's request after a 404": self.gap("404").median,
            "fallback's request after a 503, with its retry": self.gap("503").median,
            "memory after 1,000 messages": first,
            "memory that 19,000 more messages add": last - first,
            "layer with bytecode": self.layer["whole"] if self.layer else None,
        }


def both(answers: Sequence[FirstAnswer]) -> float:
    """Milliseconds of CPU of init and the first request together: the median."""
    return statistics.median(one.init + one.first for one in answers)
