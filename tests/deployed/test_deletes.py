"""What was deleted is swept: the table's stream, through its filters, feeds the function that does it."""

from tests.deployed.living import Control, Living
from tests.e2e.hosting import eventually

HOSTS = ("make-run", "emulator")
TOMBSTONE = {"pk", "sk", "deletedAt", "deletion", "expiresAt"}


def test_of_what_was_deleted_only_tombstones_stay(stack: Living, control: Control) -> None:
    agent, keeper = stack.agent(), stack.agent()
    session, kept = stack.session(agent), stack.session(keeper)
    for one in (session, kept):
        assert stack.say(one).status_code == 200
    assert len(control.items(agent)) > 3

    assert stack.client.delete(f"agents/{agent}").status_code == 204

    eventually(lambda: all(set(item) == TOMBSTONE for item in control.items(agent)))
    assert sorted(item["sk"]["S"] for item in control.items(agent)) == ["SESSION", agent]
    assert stack.client.get(session).status_code == 404
    assert len(stack.client.get(f"{kept}/messages").json()["data"]) == 2
    stack.client.delete(f"agents/{keeper}")
