"""Records the failure of background turns whose workers died; fed by the dead-letter queue of their queue."""

from agentos.api.queue_events import queue_handler
from agentos.domain.requests import QueueMessage
from agentos.wiring import dead_letters


@queue_handler
def handler(message: QueueMessage) -> bool:
    return dead_letters().fail(message)
