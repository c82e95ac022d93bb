"""Feeds functions from the table's stream, as Lambda's event source mappings do.

Not imitated: the batching window (a batch goes as soon as it is found), bisecting, and several batches at once. Nor is
a place in the stream kept beyond a restart: reading begins at the oldest record, which then comes a second time.
"""

import base64
import sys
import threading
import traceback
from collections import Counter
from datetime import datetime
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from local.filters import filter_of
from local.functions import Functions
from local.template import Stream, Template

SHORTEST_PAUSE_SECONDS = 0.2
LONGEST_PAUSE_SECONDS = 10.0
"""Between looks at a stream where nothing happens; every look leaves a little behind in moto's memory."""
RECORDS_AT_ONCE = 1000
"""The most that GetRecords returns."""
END_SECONDS = 5

Record = dict[str, Any]


class Feeds:
    """All mappings of a template, read in a thread of their own from `start` to `stop`."""

    def __init__(self, template: Template, functions: Functions, endpoint_url: str) -> None:
        """Raises UnknownRule."""
        name = template.table["TableName"]
        self._mappings = [Mapping(stream, functions, endpoint_url, name) for stream in template.streams]
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="streams", daemon=True)

    def start(self) -> None:
        if self._mappings:
            self._thread.start()

    def stop(self) -> None:
        """A batch that is being worked on may end, as long as that takes no more than `END_SECONDS`."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join(END_SECONDS)

    def _run(self) -> None:
        pause = SHORTEST_PAUSE_SECONDS
        while not self._stopped.wait(pause):
            moved = [mapping.poll() for mapping in self._mappings]
            pause = SHORTEST_PAUSE_SECONDS if any(moved) else min(2 * pause, LONGEST_PAUSE_SECONDS)


class Mapping:
    """One function's place in a table's stream."""

    def __init__(self, source: Stream, functions: Functions, endpoint_url: str, table_name: str) -> None:
        self._source = source
        self._functions = functions
        self._table_name = table_name
        self._tables: Any = boto3.client("dynamodb", endpoint_url=endpoint_url)
        self._streams: Any = boto3.client("dynamodbstreams", endpoint_url=endpoint_url)
        self._filters = [filter_of(pattern) for pattern in source.filters]
        self._places: dict[str, str] = {}
        """The sequence number of the last record that is done with, by shard."""
        self._closed: set[str] = set()
        self._failures: Counter[str] = Counter()
        """Of the record that is next, by shard."""

    def poll(self) -> bool:
        """Hand over what is new; whether any of it is done with."""
        try:
            stream = self._tables.describe_table(TableName=self._table_name)["Table"]["LatestStreamArn"]
            moved = [self._read(stream, shard) for shard in self._open_shards(stream)]
            return any(moved)
        except (BotoCoreError, ClientError) as error:
            print(f"the stream of {self._table_name} cannot be read: {error}", file=sys.stderr)
            if "TrimmedDataAccess" in str(error):  # a place that is more than a day old is no place any more
                self._places.clear()
            return False

    def _open_shards(self, stream: str) -> list[str]:
        """Those that may have new records; a child only when its parent has none left."""
        shards: dict[str, str | None] = {}
        request = {"StreamArn": stream}
        while True:
            description = self._streams.describe_stream(**request)["StreamDescription"]
            shards |= {shard["ShardId"]: shard.get("ParentShardId") for shard in description["Shards"]}
            last = description.get("LastEvaluatedShardId")
            if not last:
                break
            request["ExclusiveStartShardId"] = last
        waiting = shards.keys() - self._closed
        return [shard for shard in shards if shard in waiting and shards[shard] not in waiting]

    def _read(self, stream: str, shard: str) -> bool:
        """Whether the place in that shard has moved on."""
        place = self._places.get(shard)
        start = {"ShardIteratorType": "TRIM_HORIZON"}
        if place:
            start = {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "SequenceNumber": place}
        # A fresh iterator every time: moto's own next one goes blind when a transaction is cancelled.
        iterator = self._streams.get_shard_iterator(StreamArn=stream, ShardId=shard, **start)["ShardIterator"]
        answer = self._streams.get_records(ShardIterator=iterator, Limit=RECORDS_AT_ONCE)
        records = [as_lambda_has_it(record, stream) for record in answer["Records"]]
        if records:
            self._hand_over(shard, records)
        elif not answer.get("NextShardIterator"):
            self._closed.add(shard)
        return self._places.get(shard) != place

    def _hand_over(self, shard: str, records: list[Record]) -> None:
        """Batch by batch, until all are done with or one has to be tried again."""
        wanted = [record for record in records if not self._filters or any(match(record) for match in self._filters)]
        while wanted:
            batch = wanted[: self._source.batch_size]
            done = self._invoke(batch) or self._give_up(shard, batch[0])
            if not done:
                return
            self._places[shard] = _number(batch[done - 1])
            self._failures[shard] = 0
            wanted = wanted[done:]
        self._places[shard] = _number(records[-1])

    def _invoke(self, batch: list[Record]) -> int:
        """How many records were done before one failed."""
        function = self._source.function
        try:
            answer = self._functions.invoke(function, {"Records": batch}, lambda: False) or {}
            failed = {failure["itemIdentifier"] for failure in answer.get("batchItemFailures", [])}
        except (Exception, SystemExit):  # nothing that a handler does may end the host
            traceback.print_exc()
            return 0
        return next((index for index, record in enumerate(batch) if _number(record) in failed), len(batch))

    def _give_up(self, shard: str, record: Record) -> int:
        """1, as if it were done, where that record has failed for the last time; 0 where it is to be tried again."""
        self._failures[shard] += 1
        if not 0 <= self._source.retries < self._failures[shard]:
            return 0
        print(f"{self._source.function.name} has failed for good: {record['dynamodb']['Keys']}", file=sys.stderr)
        return 1


def as_lambda_has_it(record: Record, stream: str) -> Record:
    """The record as a function gets it, in JSON, made of what boto3 makes of GetRecords' answer."""
    event: Record = _json({**record, "eventSourceARN": stream})
    if "userIdentity" in event:
        identity = event["userIdentity"]
        event["userIdentity"] = {"principalId": identity["PrincipalId"], "type": identity["Type"]}
    return event


def _json(value: Any) -> Any:
    match value:
        case dict():
            return {name: _json(inner) for name, inner in value.items()}
        case list():
            return [_json(inner) for inner in value]
        case bytes():
            return base64.b64encode(value).decode("ascii")
        case datetime():
            return value.timestamp()
        case _:
            return value


def _number(record: Record) -> str:
    return str(record["dynamodb"]["SequenceNumber"])
