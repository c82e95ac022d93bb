"""Runs the turns that were accepted for later; fed by their queue."""

from agentos.deliveries import Delivery, receiver
from agentos.wiring import worker


@receiver
def handler(delivery: Delivery) -> bool:
    return worker().run(delivery)
