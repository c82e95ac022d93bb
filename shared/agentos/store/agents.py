"""Agents in the table."""

from agentos.clock import Clock, Deadline
from agentos.domain import Agent, IdempotencyKey, Page
from agentos.errors import NotFound
from agentos.ids import is_id
from agentos.store import keys
from agentos.store.dynamodb import ConditionFailed, Table
from agentos.store.idempotency import create_once
from agentos.store.items import agent_item, agent_of, gone, number
from agentos.store.lists import take

TOMBSTONE_SECONDS = 7 * 24 * 3600
"""How long a deleted item still refuses late writers; a turn lasts minutes at most."""


class VersionConflict(Exception):
    """The agent has changed since it was read."""


class AgentStore:
    """Create, read, replace, delete and list. Whatever is not there raises NotFound."""

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._clock = clock

    def create(self, tenant: str, agent: Agent, deadline: Deadline, key: IdempotencyKey | None = None) -> Agent:
        """The agent that was made: this one, or the one that the key made before, as it was then.

        Raises IdempotencyMismatch, PayloadTooLarge.
        """
        item = agent_item(keys.agent(tenant, agent.agent_id), agent)
        if key is None:
            self._table.put(item)  # at half the price of a transaction
            return agent
        made_id = create_once(self._table, tenant, [self._table.new(item)], agent.agent_id, key, deadline)
        return agent if made_id == agent.agent_id else self.get(tenant, made_id)

    def get(self, tenant: str, agent_id: str) -> Agent:
        if is_id("agent", agent_id):
            item = self._table.get(keys.agent(tenant, agent_id))
            if item is not None and not gone(item, self._clock.time()):
                return agent_of(item)
        raise NotFound("There is no such agent.", {"agentId": agent_id})

    def replace(self, tenant: str, agent: Agent) -> None:
        """Store the next version. Raises VersionConflict where the last is not the one before it."""
        item = agent_item(keys.agent(tenant, agent.agent_id), agent)
        try:
            self._table.update(
                keys.agent(tenant, agent.agent_id),
                "SET body = :body, version = :version",
                "version = :before AND attribute_not_exists(deletedAt)",
                {":body": item["body"], ":version": item["version"], ":before": number(agent.version - 1)},
                mark={"body": item["body"]},
            )
        except ConditionFailed as error:
            raise VersionConflict from error

    def delete(self, tenant: str, agent_id: str) -> None:
        """Leave a tombstone. Its sessions are out of reach from then on."""
        if not is_id("agent", agent_id):
            raise NotFound("There is no such agent.", {"agentId": agent_id})
        now = self._clock.time()
        try:
            self._table.update(
                keys.agent(tenant, agent_id),
                "SET deletedAt = :now, expiresAt = :sweep REMOVE body",
                "attribute_exists(pk) AND attribute_not_exists(deletedAt)",
                {":now": {"S": self._clock.now()}, ":sweep": number(int(now) + TOMBSTONE_SECONDS)},
            )
        except ConditionFailed as error:
            raise NotFound("There is no such agent.", {"agentId": agent_id}) from error

    def page(self, tenant: str, limit: int, after: str | None, order: str) -> Page[Agent]:
        """By time of creation. Raises InvalidRequest for a bad cursor."""
        start = None if after is None else keys.agent(tenant, keys.id_position("agent", after))
        found = self._table.query(
            "pk = :pk",
            {":pk": {"S": keys.agents_partition(tenant)}},
            forward=order == "asc",
            page=limit + 1,
            start=start,
        )
        now = self._clock.time()
        items, more = take((item for item in found if not gone(item, now)), limit)
        return Page(
            data=tuple(agent_of(item) for item in items),
            has_more=more,
            next_cursor=keys.cursor(items[-1]["sk"]["S"]) if more else None,
        )
