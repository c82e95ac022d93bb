"""moto's DynamoDB and SQS in this process, which starts quickly. `make run` uses another one: local/ministack.py."""

import copy
import logging
import threading
from decimal import Context, Decimal
from functools import cache
from typing import Any

from moto.dynamodb import models
from moto.dynamodb.models.dynamo_type import DynamoType
from moto.dynamodb.models.table import StreamShard, Table
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server

BACKLOG = 1024
"""Connections that may wait to be accepted. Werkzeug has 128. A client beyond them tries again a second later."""


def start() -> str:
    """Serve both on a free port of the loopback interface until this process ends, empty. Returns the URL."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # otherwise it logs every request
    StreamShard.__deepcopy__ = _copy_shard  # type: ignore[attr-defined]
    DynamoType.__add__ = _added  # type: ignore[method-assign]
    _copy_tables_once()
    # One request at a time: moto checks a condition and writes without a lock in between.
    application = DomainDispatcherApplication(create_backend_app)
    server = make_server("127.0.0.1", 0, application, threaded=False)
    server.socket.listen(BACKLOG)
    threading.Thread(target=server.serve_forever, name="moto", daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}"


def _added(number: DynamoType, other: DynamoType) -> DynamoType:
    """DynamoDB adds decimal numbers of 38 digits exactly. moto has 28, and cannot add to its own 1E-7."""
    return DynamoType({"N": f"{Context(prec=38).add(Decimal(number.value), Decimal(other.value)):f}"})


@cache
def _copy_tables_once() -> None:
    """moto copies the table once for each action of a transaction, all before it does the first. One copy is enough."""
    copies: dict[int, Table] = {}
    transact = models.DynamoDBBackend.transact_write_items

    class Copying:
        @staticmethod
        def deepcopy(value: Any) -> Any:
            if not isinstance(value, Table):
                return copy.deepcopy(value)
            if id(value) not in copies:
                copies[id(value)] = copy.deepcopy(value)
            return copies[id(value)]

    def transact_write_items(backend: Any, actions: Any) -> None:
        try:
            transact(backend, actions)
        finally:
            copies.clear()

    models.copy = Copying  # type: ignore[attr-defined]
    models.DynamoDBBackend.transact_write_items = transact_write_items  # type: ignore[method-assign]


def _copy_shard(shard: Any, memo: dict[int, Any]) -> Any:
    """moto copies the table for a transaction. The records of its stream never change, so the copies share them: with
    300 turns, a transaction took five times as long as without a stream."""
    twin = copy.copy(shard)
    twin.items = list(shard.items)
    twin.table = copy.deepcopy(shard.table, memo)
    return twin
