"""Turns for which nobody waits: accepted, queued, run by another function, and found again."""

from tests.deployed.living import Living
from tests.e2e.hosting import eventually

HOSTS = ("make-run", "emulator", "given")


def test_a_turn_goes_through_the_queue(stack: Living) -> None:
    agent = stack.agent()
    session = stack.session(agent)
    body, headers = {"content": "Hello"}, {"Prefer": "respond-async", "Idempotency-Key": "once"}

    accepted = stack.client.post(f"{session}/messages", json=body, headers=headers)

    assert accepted.status_code == 202, accepted.text
    turn = f"{session}/turns/{accepted.json()['turnId']}"
    assert accepted.headers["location"].endswith(f"/{turn}")
    eventually(lambda: stack.client.get(turn).json()["state"] == "completed")
    messages = stack.client.get(f"{session}/messages").json()["data"]
    assert [message["role"] for message in messages] == ["user", "assistant"]
    assert stack.client.get(turn).json()["reply"] == messages[1]
    assert stack.client.post(f"{session}/messages", json=body, headers=headers).json() == accepted.json()
    assert stack.client.get(session).json()["messageCount"] == 2
    stack.client.delete(f"agents/{agent}")
