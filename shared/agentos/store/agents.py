"""Agents in the table."""

from agentos.domain import Agent, IdempotencyKey, Page
from agentos.kernel.clock import Clock, Deadline
from agentos.kernel.errors import NotFound
from agentos.kernel.ids import is_id
from agentos.store import keys
from agentos.store.deletion import Deletion
from agentos.store.dynamodb import Table
from agentos.store.faults import ConditionFailed
from agentos.store.idempotency import create_once
from agentos.store.items import agent_item, agent_of, gone, number
from agentos.store.pages import take_page


class VersionConflict(Exception):
    """The agent has changed since it was read."""


class AgentStore:
    """Create, read, replace, delete and list. What does not exist raises NotFound.

    The latest version is the agent's own item. Each earlier one is an item of its own.
    """

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._clock = clock
        self._deletion = Deletion(table, clock)

    def create(self, tenant: str, agent: Agent, deadline: Deadline, key: IdempotencyKey | None = None) -> Agent:
        """The agent that was created: this one, or the one that the key created before, as it was then.

        Raises IdempotencyMismatch, PayloadTooLarge.
        """
        item = agent_item(keys.agent(tenant, agent.agent_id), agent)
        if key is None:
            self._table.put(item)  # at half the price of a transaction
            return agent
        made_id = create_once(self._table, tenant, [self._table.new(item)], agent.agent_id, key, deadline)
        return agent if made_id == agent.agent_id else self.get(tenant, made_id, 1)

    def get(self, tenant: str, agent_id: str, version: int | None = None) -> Agent:
        """The latest version, or the one that is asked for. A deleted agent has none."""
        if is_id("agent", agent_id):
            item = self._table.get(keys.agent(tenant, agent_id))
            if item is not None and not gone(item, self._clock.time()):
                return self.at(tenant, agent_of(item), version)
        raise NotFound("There is no such agent.", {"agentId": agent_id})

    def at(self, tenant: str, latest: Agent, version: int | None) -> Agent:
        """The agent at `version`. Nothing is read if that is the latest or None."""
        if version is None or version == latest.version:
            return latest
        if 1 <= version < latest.version:
            item = self._table.get(keys.agent_version(tenant, latest.agent_id, version))
            if item is not None:
                return agent_of(item)
        raise NotFound("There is no such version.", {"agentId": latest.agent_id, "version": version})

    def replace(self, tenant: str, before: Agent, after: Agent, deadline: Deadline) -> None:
        """Make `after` the latest version and store `before` as an earlier one. Raises VersionConflict."""
        key = keys.agent(tenant, after.agent_id)
        item = agent_item(key, after)
        update = self._table.change(
            key,
            "SET body = :body, version = :version",
            "version = :before AND attribute_not_exists(deletedAt)",
            {":body": item["body"], ":version": item["version"], ":before": number(before.version)},
        )
        earlier = agent_item(key, before) | keys.agent_version(tenant, before.agent_id, before.version)
        try:
            self._table.transact([update, self._table.new(earlier)], deadline)
        except ConditionFailed as error:
            if (error.item or {}).get("body") != item["body"]:  # else it was done before, and only its answer was lost
                raise VersionConflict from error

    def delete(self, tenant: str, agent_id: str, deadline: Deadline) -> None:
        """Put a tombstone in the agent's place. Its sessions cannot be reached from then on.

        As far as time allows, they get tombstones of their own.
        """
        if not is_id("agent", agent_id):
            raise NotFound("There is no such agent.", {"agentId": agent_id})
        try:
            self._deletion.mark_deleted(keys.agent(tenant, agent_id), deadline)
        except ConditionFailed as error:
            raise NotFound("There is no such agent.", {"agentId": agent_id}) from error
        self._deletion.begin_agent(tenant, agent_id, deadline)

    def page(self, tenant: str, limit: int, after: str | None, order: str) -> "Page[Agent]":
        """By time of creation. Raises InvalidRequest for a bad cursor."""
        start = None if after is None else keys.agent(tenant, keys.id_position(tenant, "agent", after))
        found = self._table.query(
            "pk = :pk",
            {":pk": {"S": keys.agents_partition(tenant)}},
            forward=order == "asc",
            page=limit + 1,
            start=start,
        )
        now = self._clock.time()
        items, more = take_page((item for item in found if not gone(item, now)), limit)
        return Page(
            data=tuple(agent_of(item) for item in items),
            has_more=more,
            next_cursor=keys.cursor(tenant, items[-1]["sk"]["S"]) if more else None,
        )
