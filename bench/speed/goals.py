"""What the measurements are to reach, as ratios to a floor of the same run."""

from typing import NamedTuple


class Goal(NamedTuple):
    """A measurement by its name, the most that it may be, and what that is compared with."""

    name: str
    most: float
    of: str


HTTPX = "httpx's loop"
BOTO3 = "boto3.client('dynamodb')"

GOALS = (
    Goal("routed call", 1.5, HTTPX),
    Goal("stored message", 5, HTTPX),
    Goal("1,000 deltas, streamed", 10, "httpx's loop over them"),
    Goal("init to the first answer, send_message", 1.0, BOTO3),
    Goal("init to the first answer, functions that call no provider", 0.8, BOTO3),
    Goal("fallback's request after a 404", 5, "ms"),
    Goal("fallback's request after a 503, with its retry", 300, "ms"),
    Goal("memory after 1,000 messages", 80, "MB"),
    Goal("memory that 19,000 more messages add", 2, "MB"),
    Goal("layer with bytecode", 30, "MB"),
)
