"""A proxy between the host and its table. It loses, refuses, delays and cuts answers, all equally often."""

import asyncio
import json
import random
from collections import Counter

from bench.chaos.wire import Closed, Connection, Message, Server, read_message

SLOW_SECONDS = 1.0
KINDS = ("lost", "refused", "slow", "cut")


class TableProxy:
    """Forwards each request to the table's port. `rate` is the probability of each kind of fault."""

    def __init__(self, table_port: int, rate: float, seed: int) -> None:
        self.faults: Counter[str] = Counter()
        self.requests = 0
        self.rate = rate
        self._table_port = table_port
        self._random = random.Random(seed)
        self.server = Server(self._handle)

    async def _handle(self, request: Message, client: Connection) -> None:
        self.requests += 1
        fault = self._fault()
        if fault:
            self.faults[fault] += 1
        if fault == "refused":
            await client.send(_refusal())
            return
        if fault == "slow":
            await asyncio.sleep(SLOW_SECONDS)
        response = await self._forward(request)
        if fault == "lost":
            raise Closed
        if fault == "cut":
            await client.send(response[: len(response) - max(1, len(response) // 3)])
            raise Closed
        await client.send(response)

    def _fault(self) -> str | None:
        draw = self._random.random()
        place = int(draw / self.rate) if self.rate else len(KINDS)
        return KINDS[place] if place < len(KINDS) else None

    async def _forward(self, request: Message) -> bytes:
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", self._table_port)
        except OSError as error:
            raise Closed from error
        try:
            writer.write(Message(request.first, {**request.headers, "connection": "close"}, request.body).encoded())
            await writer.drain()
            response = await read_message(reader)
            return Message(response.first, {**response.headers, "connection": "keep-alive"}, response.body).encoded()
        finally:
            writer.close()


def _refusal() -> bytes:
    body = json.dumps({"__type": "com.amazonaws.dynamodb.v20120810#InternalServerError", "message": "chaos"}).encode()
    headers = {"content-type": "application/x-amz-json-1.0"}
    return Message("HTTP/1.1 500 Internal Server Error", headers, body).encoded()
