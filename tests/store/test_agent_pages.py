"""Pages of agents: every page size and both orders, without gaps or duplicates, also when agents change in between."""

import base64

import pytest

from agentos.kernel.errors import InvalidRequest
from agentos.kernel.ids import new_id
from agentos.store import keys
from tests.store.conftest import TENANT, Store, flat


def walk(store: Store, limit: int, order: str, tenant: str = TENANT) -> list[list[str]]:
    """All pages from the first to the last, as ids."""
    pages: list[list[str]] = []
    after: str | None = None
    while True:
        page = store.agents.page(tenant, limit, after, order)
        pages.append([agent.agent_id for agent in page.data])
        assert page.has_more is (page.next_cursor is not None)
        if page.next_cursor is None:
            return pages
        after = page.next_cursor


def agents(store: Store, count: int) -> list[str]:
    """Ids of new agents, oldest first."""
    return sorted(store.agent() for _ in range(count))


@pytest.mark.parametrize("order", ["asc", "desc"])
def test_every_page_size_shows_everything_once_and_in_order(store: Store, order: str) -> None:
    made = agents(store, 7)
    expected = made if order == "asc" else made[::-1]

    for limit in range(1, 9):
        pages = walk(store, limit, order)
        assert flat(pages) == expected
        assert all(len(page) == limit for page in pages[:-1])
        assert 0 < len(pages[-1]) <= limit


def test_an_empty_list_is_one_empty_page(store: Store) -> None:
    assert walk(store, 20, "desc") == [[]]


@pytest.mark.parametrize("order", ["asc", "desc"])
def test_deleted_agents_leave_no_holes(store: Store, order: str) -> None:
    made = agents(store, 9)
    for agent_id in (made[0], *made[3:6], made[8]):
        store.agents.delete(TENANT, agent_id, store.deadline())
    left = [agent_id for agent_id in made if agent_id not in (made[0], *made[3:6], made[8])]
    expected = left if order == "asc" else left[::-1]

    for limit in range(1, 6):
        pages = walk(store, limit, order)
        assert flat(pages) == expected
        assert all(len(page) == limit for page in pages[:-1])


def test_the_last_page_says_so_even_when_only_deleted_ones_follow(store: Store) -> None:
    made = agents(store, 4)
    for agent_id in made[2:]:
        store.agents.delete(TENANT, agent_id, store.deadline())
    assert walk(store, 2, "asc") == [made[:2]]


def test_new_agents_between_pages_neither_repeat_nor_hide_others(store: Store) -> None:
    made = agents(store, 4)
    first = store.agents.page(TENANT, 2, None, "desc")
    store.agent()  # newer than the page that was read already
    second = store.agents.page(TENANT, 2, first.next_cursor, "desc")
    assert [agent.agent_id for agent in (*first.data, *second.data)] == made[::-1]

    oldest = store.agents.page(TENANT, 3, None, "asc")
    rest = store.agents.page(TENANT, 3, oldest.next_cursor, "asc")
    assert len({agent.agent_id for agent in (*oldest.data, *rest.data)}) == 5


def test_a_cursor_holds_even_when_its_agent_is_deleted(store: Store) -> None:
    made = agents(store, 5)
    page = store.agents.page(TENANT, 2, None, "asc")
    store.agents.delete(TENANT, made[1], store.deadline())
    rest = store.agents.page(TENANT, 20, page.next_cursor, "asc")
    assert [agent.agent_id for agent in rest.data] == made[2:]


def test_large_agents_make_shorter_pages_that_say_there_is_more(store: Store) -> None:
    made = sorted(store.agent(config={"instructions": "x" * 390_000}) for _ in range(12))

    pages = walk(store, 100, "asc")

    assert flat(pages) == made
    assert len(pages) > 1
    assert all(pages)


@pytest.mark.parametrize(
    ("mine", "other"), [("acme", "globex"), ("acme", "default"), ("default", "acme"), ("me", "acme")]
)
def test_a_cursor_of_another_tenant_is_refused(store: Store, mine: str, other: str) -> None:
    for tenant in (mine, other):
        for _ in range(2):
            store.agent(tenant=tenant)
    own, theirs = (store.agents.page(tenant, 1, None, "asc").next_cursor for tenant in (mine, other))

    assert len(store.agents.page(mine, 20, own, "asc").data) == 1
    with pytest.raises(InvalidRequest):
        store.agents.page(mine, 20, theirs, "asc")


def test_a_cursor_of_the_default_tenant_is_what_it_was_before_there_were_tenants(store: Store) -> None:
    first, second = (store.agent(tenant="default") for _ in range(2))
    cursor = base64.urlsafe_b64encode(first.encode()).decode().rstrip("=")

    assert store.agents.page("default", 1, None, "asc").next_cursor == cursor
    assert [agent.agent_id for agent in store.agents.page("default", 9, cursor, "asc").data] == [second]


BAD_CURSORS = [
    "",
    "garbage",
    "!!!!",
    "ü",
    "\ud800",
    "=" * 5,
    "A" * 10_000,
    keys.cursor(TENANT, ""),
    keys.cursor(TENANT, "agent_"),
    keys.cursor(TENANT, "1"),
    keys.cursor(TENANT, new_id("sess")),
    keys.cursor(TENANT, new_id("agent") + "#"),
    keys.cursor(TENANT, '{"pk":{"S":"TENANT#other#AGENTS"}}'),
    keys.cursor(TENANT, "TENANT#other#AGENTS"),
]


def test_a_cursor_of_another_origin_is_refused(store: Store) -> None:
    for cursor in BAD_CURSORS:
        with pytest.raises(InvalidRequest) as caught:
            store.agents.page(TENANT, 20, cursor, "desc")
        assert caught.value.details["errors"][0]["field"] == "after"
