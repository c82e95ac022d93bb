"""What a turn costs in DynamoDB's units, as DynamoDB Local counts them: `make turn-cost`.

A turn is a real one, through the handlers, with a question of 1 KB and an answer of 2 KB. What is read about the
health of providers is left out: a read or two per environment and few seconds, however many turns there are.

A transaction is counted by DynamoDB's rule, two units for each item and begun KB, over the sizes of the items that it
wrote. DynamoDB Local's own figure is wrong: four units for each, and items of equal cost once for all of them
(three items of 100 bytes: 4, where DynamoDB takes 6; one of 2,100 bytes: 12, where it takes 6).
"""

import math
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from agentos import wiring
from agentos.domain.history import trimmed
from agentos.store import keys
from agentos.store.dynamodb import BATCH_WRITE_MAX
from agentos.store.items import Item, number, size, text
from agentos.store.messages import to_stored
from agentos.store.pages import chunks
from agentos.store.transport.messages import Answer, Request, decode
from bench.prose import prose
from local import dynamodb_local
from tests.support.builders import a_message, a_reply
from tests.support.dynamodb import new_table, table_client
from tests.support.gateway import Client
from tests.support.upstream import Upstream, answer
from tests.support.wiring import rewire

QUESTION_BYTES, ANSWER_BYTES = 1024, 2048
LENGTHS = (0, 50, 1_000, 10_000)
TURNS = 5

READS = {"GetItem", "BatchGetItem", "Query"}
READ_USD, WRITE_USD = 0.125, 0.625
"""Per million request units: on demand, us-east-1, November 2026 (https://aws.amazon.com/dynamodb/pricing/on-demand/)."""


@dataclass
class Cost:
    """Units and requests of one turn."""

    read: float = 0
    write: float = 0
    requests: list[str] = field(default_factory=list)

    @property
    def usd_per_million(self) -> float:
        return self.read * READ_USD + self.write * WRITE_USD


class Meter:
    """A transport around the client's own that reads the units off its answers."""

    def __init__(self, client: Any, reader: Any) -> None:
        self.cost = Cost()
        self._reader = reader
        self._leased: Item = {}
        self._client, self._inner = client, client.transport
        client.transport = self

    def stop(self) -> None:
        """Count no more."""
        self._client.transport = self._inner

    def send(self, request: Request) -> Answer:
        """The answer, after it was counted. Requests about health are not."""
        if b'"HEALTH"' in request.body:
            return self._inner.send(request)
        answer = self._inner.send(Request(request.operation, {**request.parameters, "ReturnConsumedCapacity": "TOTAL"}))
        self._count(request, decode(answer.body))
        return answer

    def _count(self, request: Request, answered: Mapping[str, Any]) -> None:
        consumed = answered.get("ConsumedCapacity")
        if consumed is None:
            return
        self.cost.requests.append(request.operation)
        self._leased = answered.get("Attributes", self._leased)
        if request.operation in READS:
            self.cost.read += consumed["CapacityUnits"]
        elif request.operation == "TransactWriteItems":
            self.cost.write += sum(map(self._units, request.parameters["TransactItems"]))
        else:
            self.cost.write += consumed["CapacityUnits"]

    def _units(self, action: dict[str, Any]) -> int:
        """Of one item in a transaction; of an update the larger of the item before and after counts."""
        if "Put" in action:
            largest = size(action["Put"]["Item"])
        else:
            update = action["Update"]
            after = self._reader.get_item(TableName=update["TableName"], Key=update["Key"], ConsistentRead=True)["Item"]
            largest = max(size(self._leased), size(after))
        return 2 * math.ceil(largest / 1024)


def measure(upstream: Upstream, messages: int, *, keyed: bool, turns: int = TURNS) -> Cost:
    """The dearest of some turns in a session that holds so many messages; the functions are wired to a table."""
    api = Client()
    agent_id = api.agent()
    assert api.say(agent_id, api.session(agent_id)).status == 200  # health is known from here on
    path = {"agentId": agent_id, "sessionId": api.session(agent_id)}
    fill(agent_id, path["sessionId"], messages)
    meter = Meter(wiring.dynamodb(), table_client(os.environ["AWS_ENDPOINT_URL_DYNAMODB"], "eu-west-1"))
    costs = []
    for turn in range(turns if messages else 1):
        meter.cost = Cost()
        upstream.script.append(answer(prose(ANSWER_BYTES, 2 * turn)))
        headers = {"Idempotency-Key": f"turn {turn}"} if keyed else {}
        said = api("send_message", {"content": prose(QUESTION_BYTES, 2 * turn + 1)}, headers=headers, **path)
        assert said.status == 200, said.text
        costs.append(meter.cost)
    meter.stop()
    return max(costs, key=lambda cost: cost.usd_per_million)


def fill(agent_id: str, session_id: str, messages: int) -> None:
    """Put a conversation into a session, as if it had been held."""
    partition = keys.session_partition("default", agent_id, session_id)
    lengths: list[int] = []

    def items() -> Iterator[dict[str, Any]]:
        for sequence in range(1, messages + 1):
            said = prose(QUESTION_BYTES if sequence % 2 else ANSWER_BYTES, sequence)
            lengths.append(len(said) // 4 + 4)
            message = a_message(said) if sequence % 2 else a_reply(said)
            yield from to_stored(partition, sequence, message, lengths[-1]).items

    for chunk in chunks(items(), BATCH_WRITE_MAX):
        wiring.table().put_many(chunk)
    pairs = list(zip(lengths[::2], lengths[1::2], strict=True))
    used = {"promptTokens": 900 * messages, "completionTokens": 90 * messages, "totalTokens": 990 * messages}
    wiring.table().update(
        keys.session("default", agent_id, session_id),
        "SET messageCount = :count, turns = :turns, totals = :totals",
        "attribute_exists(pk)",
        {
            ":count": number(messages),
            ":turns": text(trimmed(pairs, wiring.settings().limits.history_messages)),
            ":totals": text({**used, "costUsd": 0.0012345 * messages}),
        },
    )


def table_of(upstream: Upstream) -> Iterator[str]:
    """The lines of docs/turn-cost.md."""
    yield "| messages before | Idempotency-Key | requests | write units | read units | USD per million turns |"
    yield "|---:|---|---:|---:|---:|---:|"
    for keyed in (False, True):
        for length in LENGTHS:
            cost = measure(upstream, length, keyed=keyed)
            yield (
                f"| {length:,} | {'yes' if keyed else 'no'} | {len(cost.requests)} | {cost.write:g} | {cost.read:g}"
                f" | {cost.usd_per_million:.2f} |"
            )


def main() -> None:
    with dynamodb_local.serving() as url, Upstream() as upstream:
        credentials = dict.fromkeys(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), "test")
        os.environ |= {**credentials, "AWS_DEFAULT_REGION": "us-east-1", "AWS_ENDPOINT_URL_DYNAMODB": url}
        os.environ |= {"LOCAL_ENDPOINT": upstream.url, "TABLE_NAME": new_table(table_client(url, "us-east-1"))}
        rewire()
        for line in table_of(upstream):
            print(line, flush=True)
        rewire()


if __name__ == "__main__":
    main()
