"""Runs the turns that were accepted for later; fed by their queue."""

from agentos.api.queue_events import queue_handler
from agentos.domain.requests import QueueMessage
from agentos.wiring import background_worker


@queue_handler
def handler(message: QueueMessage) -> bool:
    return background_worker().run(message)
