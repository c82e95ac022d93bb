"""Feeds functions from the table's stream, as Lambda's event source mappings do.

Not imitated: the batching window (a batch is handled as soon as it is found), bisecting, and several batches at once.
Positions in the stream are not kept over a restart: reading begins at the oldest record that the store still has.
"""

import base64
import sys
import threading
import traceback
from collections import Counter
from datetime import datetime
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from local import aws
from local.filters import matcher
from local.functions import Functions
from local.template import StreamEventSource, Template

SHORTEST_PAUSE_SECONDS = 0.2
LONGEST_PAUSE_SECONDS = 1.0
"""Between two looks at a stream to which nothing is written."""
MAX_RECORDS = 1000
"""The most that GetRecords returns."""
END_SECONDS = 5

Record = dict[str, Any]


class StreamPollers:
    """One thread that polls for all functions that are fed from the table's stream, from `start` to `stop`."""

    def __init__(self, template: Template, functions: Functions, endpoint_url: str) -> None:
        """Raises UnknownRule."""
        name = template.table["TableName"]
        self._pollers = [StreamPoller(source, functions, endpoint_url, name) for source in template.stream_sources]
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="streams", daemon=True)

    def start(self) -> None:
        if self._pollers:
            self._thread.start()

    def stop(self) -> None:
        """What was written before is still handled, if that takes no more than `END_SECONDS`."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join(END_SECONDS)

    def _run(self) -> None:
        pause = SHORTEST_PAUSE_SECONDS
        while not self._stopped.wait(pause):
            pause = SHORTEST_PAUSE_SECONDS if self._poll() else min(2 * pause, LONGEST_PAUSE_SECONDS)
        self._poll()

    def _poll(self) -> bool:
        moved = [poller.poll() for poller in self._pollers]
        return any(moved)


class StreamPoller:
    """Invokes one function with the records of a table's stream."""

    def __init__(self, source: StreamEventSource, functions: Functions, endpoint_url: str, table_name: str) -> None:
        """Raises UnknownRule."""
        self._source = source
        self._functions = functions
        self._table_name = table_name
        config = Config(retries={"total_max_attempts": 2})  # the next poll tries again
        self._dynamodb: Any = aws.client("dynamodb", endpoint_url=endpoint_url, config=config)
        self._streams: Any = aws.client("dynamodbstreams", endpoint_url=endpoint_url, config=config)
        self._filters = [matcher(pattern) for pattern in source.filters]
        self._stream = ""
        self._forget_positions()

    def _forget_positions(self) -> None:
        self._positions: dict[str, str] = {}
        """The sequence number of the last record that was handled, by shard."""
        self._iterators: dict[str, str] = {}
        """Where to go on reading, by shard, as long as all that was read has been handled."""
        self._closed: set[str] = set()
        self._failures: Counter[str] = Counter()
        """Of the record that is next, by shard."""

    def poll(self) -> bool:
        """Handle what is new. Returns whether any of it is done."""
        try:
            stream = self._dynamodb.describe_table(TableName=self._table_name)["Table"]["LatestStreamArn"]
            if stream != self._stream:
                self._stream = stream
                self._forget_positions()
            moved = [self._read(shard) for shard in self._open_shards()]
            return any(moved)
        except (BotoCoreError, ClientError, LookupError) as error:  # the last: a response that lacks a field
            print(f"the stream of {self._table_name} cannot be read: {error!r}", file=sys.stderr)
            if "TrimmedDataAccess" in str(error):  # the position is older than what the store keeps
                self._forget_positions()
            return False

    def _open_shards(self) -> list[str]:
        """Those that may have new records. A child is read only after all of its parent."""
        parents: dict[str, str | None] = {}
        request = {"StreamArn": self._stream}
        while True:
            description = self._streams.describe_stream(**request)["StreamDescription"]
            parents |= {shard["ShardId"]: shard.get("ParentShardId") for shard in description["Shards"]}
            last = description.get("LastEvaluatedShardId")
            if not last:
                break
            request["ExclusiveStartShardId"] = last
        unfinished = parents.keys() - self._closed
        return [shard for shard in parents if shard in unfinished and parents[shard] not in unfinished]

    def _read(self, shard: str) -> bool:
        """Handle a shard's new records. Returns whether any of them is done."""
        before = self._positions.get(shard)
        iterator = self._iterators.pop(shard, None) or self._new_iterator(shard)
        response = self._streams.get_records(ShardIterator=iterator, Limit=MAX_RECORDS)
        records = [to_record(record, self._stream) for record in response["Records"]]
        following = response.get("NextShardIterator")
        if not records and not following:
            self._closed.add(shard)
        if self._handle(shard, records) and following:
            self._iterators[shard] = following
        return self._positions.get(shard) != before

    def _new_iterator(self, shard: str) -> str:
        position = self._positions.get(shard)
        start = {"ShardIteratorType": "TRIM_HORIZON"}
        if position:
            start = {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "SequenceNumber": position}
        response = self._streams.get_shard_iterator(StreamArn=self._stream, ShardId=shard, **start)
        return str(response["ShardIterator"])

    def _handle(self, shard: str, records: list[Record]) -> bool:
        """Invoke the function batch by batch. Returns whether all are done, and none has to be tried again."""
        wanted = [record for record in records if not self._filters or any(match(record) for match in self._filters)]
        while wanted:
            batch = wanted[: self._source.batch_size]
            done = self._invoke(batch) or self._give_up(shard, batch[0])
            if not done:
                return False
            self._positions[shard] = _sequence_number(batch[done - 1])
            self._failures[shard] = 0
            wanted = wanted[done:]
        if records:
            self._positions[shard] = _sequence_number(records[-1])
        return True

    def _invoke(self, batch: list[Record]) -> int:
        """How many records were handled before one failed."""
        function = self._source.function
        try:
            response = self._functions.invoke(function, {"Records": batch}, lambda: False) or {}
            failed = {failure["itemIdentifier"] for failure in response.get("batchItemFailures", [])}
        except (Exception, SystemExit):  # nothing that a handler does may end the host
            traceback.print_exc()
            return 0
        return next((index for index, record in enumerate(batch) if _sequence_number(record) in failed), len(batch))

    def _give_up(self, shard: str, record: Record) -> int:
        """1, as if it were handled, if that record has failed for the last time; 0 if it is to be tried again."""
        self._failures[shard] += 1
        if not 0 <= self._source.retries < self._failures[shard]:
            return 0
        print(f"{self._source.function.name} has failed for good: {record['dynamodb']['Keys']}", file=sys.stderr)
        return 1


def to_record(record: Record, stream: str) -> Record:
    """The record of a Lambda event, of one in botocore's response to GetRecords."""
    event: Record = _to_json({**record, "eventSourceARN": stream})
    if "userIdentity" in event:
        identity = event["userIdentity"]
        event["userIdentity"] = {"principalId": identity["PrincipalId"], "type": identity["Type"]}
    return event


def _to_json(value: Any) -> Any:
    match value:
        case dict():
            return {name: _to_json(inner) for name, inner in value.items()}
        case list():
            return [_to_json(inner) for inner in value]
        case bytes():
            return base64.b64encode(value).decode("ascii")
        case datetime():
            return value.timestamp()
        case _:
            return value


def _sequence_number(record: Record) -> str:
    return str(record["dynamodb"]["SequenceNumber"])
