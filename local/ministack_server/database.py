"""Keeps tables, queues and parameters in an SQLite file, for STORE=disk.

ministack's own persistence writes everything at a clean exit and nothing before, so that a crash loses all of it. Here
each request's changes are committed before it is answered. In SQLite's WAL mode a commit survives the end of the
process, however it ends; a power failure may lose the last commits, but never leaves a part of one
(https://www.sqlite.org/pragma.html#pragma_synchronous).

Records of streams are not kept: what changed before a restart and was not read by then is not read at all.
"""

import json
import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ministack.services import dynamodb, sqs, ssm

VERSION = 1
SCHEMA = """
CREATE TABLE IF NOT EXISTS tables (name TEXT PRIMARY KEY, definition TEXT NOT NULL, ttl TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS items (
    name TEXT NOT NULL, pk TEXT NOT NULL, sk TEXT NOT NULL, item TEXT NOT NULL, PRIMARY KEY (name, pk, sk)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS queues (url TEXT PRIMARY KEY, queue TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS parameters (name TEXT PRIMARY KEY, parameter TEXT NOT NULL) WITHOUT ROWID;
"""
PARAMETER_ACTIONS = {"PutParameter", "DeleteParameter", "DeleteParameters"}
DEFINITION_ACTIONS = {"CreateTable", "UpdateTable", "DeleteTable", "UpdateTimeToLive"}

NOT_DEFINITION = {"items", dynamodb._INDEX_MEMBERS}
NO_TABLE: dict[str, Any] = {"items": {}}

Key = tuple[str, str, str]
"""Name of the table, partition key, sort key."""


class Database:
    """The open file. Tables, queues and parameters in it are ministack's from the start."""

    def __init__(self, path: Path) -> None:
        """Raises sqlite3.Error if the file is locked or not a database, ValueError if its version is unknown."""
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._file = sqlite3.connect(path, timeout=0, isolation_level=None)
        self._file.execute("PRAGMA locking_mode = EXCLUSIVE")
        self._file.execute("PRAGMA journal_mode = WAL")
        self._file.execute("PRAGMA synchronous = NORMAL")
        version = self._file.execute("PRAGMA user_version").fetchone()[0]
        if version not in (0, VERSION):
            raise ValueError(f"it has version {version}, and version {VERSION} is expected")
        self._file.executescript(f"{SCHEMA} PRAGMA user_version = {VERSION};")
        self._queues: dict[str, str] = {}
        """The text of each queue as it was last saved, by URL."""
        self._changed: set[Key] = set()
        self._load_tables()
        self._load_queues()
        self._load_parameters()
        self._watch_items()

    def save(self, service: str, action: str) -> None:
        """Commit what the last request changed."""
        if service == "AmazonSQS":
            self._save_queues()
        elif service == "AmazonSSM":
            if action in PARAMETER_ACTIONS:
                self._save_parameters()
        elif action in DEFINITION_ACTIONS:
            self._save_definitions()
        elif self._changed:
            self._save_items()

    def close(self) -> None:
        """Close the file; SQLite then moves its log into it."""
        self._file.close()

    def _watch_items(self) -> None:
        """Note every item that is stored or removed: all of ministack's operations call these two functions."""

        def watched(write: Callable[..., Any]) -> Callable[..., Any]:
            def noting(table: dict[str, Any], pk: str, sk: str, *item: Any) -> Any:
                self._changed.add((table["TableName"], pk, sk))
                return write(table, pk, sk, *item)

            return noting

        dynamodb._set_item = watched(dynamodb._set_item)
        dynamodb._remove_item = watched(dynamodb._remove_item)

    def _save_items(self) -> None:
        changed = list(self._changed)
        stored, removed = [], []
        for key in changed:
            name, pk, sk = key
            item = dynamodb._tables.get(name, NO_TABLE)["items"].get(pk, {}).get(sk)
            if item is None:
                removed.append(key)
            else:
                stored.append((*key, json.dumps(item)))
        with self._transaction():
            self._file.executemany("INSERT OR REPLACE INTO items VALUES (?, ?, ?, ?)", stored)
            self._file.executemany("DELETE FROM items WHERE name = ? AND pk = ? AND sk = ?", removed)
        self._changed.difference_update(changed)  # only now, so that the next request saves what could not be saved

    def _save_definitions(self) -> None:
        """Those of all tables. Items of tables that are there no more go."""
        rows = []
        for name, table in dynamodb._tables.items():
            definition = {field: value for field, value in table.items() if field not in NOT_DEFINITION}
            rows.append((name, json.dumps(definition), json.dumps(dynamodb._ttl_settings.get(name))))
        with self._transaction():
            self._file.execute("DELETE FROM tables")
            self._file.executemany("INSERT INTO tables VALUES (?, ?, ?)", rows)
            self._file.execute("DELETE FROM items WHERE name NOT IN (SELECT name FROM tables)")

    def _save_queues(self) -> None:
        queues = {url: json.dumps(queue) for url, queue in sqs._queues.items()}
        if queues == self._queues:
            return
        changed = [(url, text) for url, text in queues.items() if text != self._queues.get(url)]
        with self._transaction():
            self._file.executemany("INSERT OR REPLACE INTO queues VALUES (?, ?)", changed)
            self._file.executemany("DELETE FROM queues WHERE url = ?", [(url,) for url in self._queues.keys() - queues])
        self._queues = queues

    def _save_parameters(self) -> None:
        rows = [(name, json.dumps(parameter)) for name, parameter in ssm._parameters.items()]
        with self._transaction():
            self._file.execute("DELETE FROM parameters")
            self._file.executemany("INSERT INTO parameters VALUES (?, ?)", rows)

    def _load_parameters(self) -> None:
        for name, text in self._file.execute("SELECT name, parameter FROM parameters"):
            ssm._parameters[name] = json.loads(text)

    def _load_tables(self) -> None:
        for name, definition, ttl in self._file.execute("SELECT name, definition, ttl FROM tables").fetchall():
            table = {**json.loads(definition), "items": defaultdict(dict)}
            for pk, sk, item in self._file.execute("SELECT pk, sk, item FROM items WHERE name = ?", (name,)):
                table["items"][pk][sk] = json.loads(item)
            dynamodb._items_replaced(table)
            dynamodb._tables[name] = table
            if settings := json.loads(ttl):
                dynamodb._ttl_settings[name] = settings

    def _load_queues(self) -> None:
        """Messages that were being worked on can be received at once: those who received them ended with the host."""
        for url, text in self._file.execute("SELECT url, queue FROM queues"):
            queue = json.loads(text)
            for message in queue["messages"]:
                message["visible_at"] = 0
            sqs._queues[url] = queue
            sqs._queue_name_to_url[queue["name"]] = url
            self._queues[url] = text

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """All or nothing of what is executed within."""
        self._file.execute("BEGIN")
        try:
            yield
            self._file.execute("COMMIT")
        except BaseException:
            self._file.execute("ROLLBACK")
            raise
